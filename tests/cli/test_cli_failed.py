"""`provision failed`: what failed is seen, mended and closed by people, and every step is written down."""

import pytest

from tests.cli.test_cli_run import mend_account
from tests.support.command_line import provision, provision_here
from tests.support.stack import Stack
from tests.support.waiting import eventually


@pytest.fixture
def env(stack: Stack, redis_url: str) -> dict[str, str]:
    return stack.box.env | {"REDIS_URL": redis_url}


def test_failures_are_listed_with_code_and_remedy_and_can_be_picked_by_code(stack: Stack, env: dict[str, str]) -> None:
    unmapped, empty = stack.run("account_not_mapped").order_id, stack.run("order_empty").order_id
    every = provision("failed", "list", env=env)
    assert every.code == 0
    assert [line.split()[0] for line in every.out.splitlines()[1:]] == [unmapped, empty]
    assert "ACCOUNT_NOT_MAPPED" in every.out
    assert "WHMCS_Client_Id__c" in every.out
    picked = provision_here("failed", "list", "--code", "ORDER_EMPTY", "--json", env=env).document
    assert [each["order_id"] for each in picked["failures"]] == [empty]


def test_no_failure_is_said_to_be_none(stack: Stack, env: dict[str, str]) -> None:
    said = provision_here("failed", "list", env=env)
    assert (said.code, said.out) == (0, "")
    assert "No order has failed" in said.err


def test_one_failure_is_shown_with_its_story(stack: Stack, env: dict[str, str]) -> None:
    order_id = stack.run("client_closed").order_id
    said = provision_here("failed", "show", order_id, "--json", env=env)
    assert said.document["ledger"]["failure"]["code"] == "CLIENT_CLOSED"
    assert provision_here("failed", "show", stack.place("plain_monthly").order_id, env=env).code == 3


def test_failures_are_retried_by_code_and_leave_the_list_when_they_come_through(
    stack: Stack, env: dict[str, str]
) -> None:
    mended, other = stack.run("account_not_mapped").order_id, stack.run("order_empty").order_id
    mend_account(stack, mended)
    said = provision_here("failed", "retry", "--code", "ACCOUNT_NOT_MAPPED", "--json", env=env)
    assert [each["order_id"] for each in said.document["orders"]] == [mended]
    stack.ended(mended)
    assert stack.order(mended)["Activation_Status__c"] == "Activated"
    assert list(stack.ledger.failures()) == [other]


def test_an_order_that_has_not_failed_is_not_retried_and_then_nothing_is(stack: Stack, env: dict[str, str]) -> None:
    failed, fine = stack.run("order_empty").order_id, stack.run("plain_monthly").order_id
    said = provision_here("failed", "retry", failed, fine, env=env)
    assert said.code == 3
    assert fine in said.err
    assert stack.ledger.remember(failed).state == "failed"


def test_a_failure_is_closed_with_who_and_why_in_its_story(stack: Stack, env: dict[str, str]) -> None:
    order_id = stack.run("order_empty").order_id
    said = provision_here("failed", "resolve", order_id, "--why", "ordered by phone", "--by", "Kim", env=env)
    assert (said.code, said.out.split()) == (0, [order_id, "resolved"])
    assert not stack.ledger.failures()
    [closed] = [entry for entry in stack.ledger.remember(order_id).history if entry.get("outcome") == "resolved"]
    assert (closed["by"], closed["message"]) == ("Kim", "ordered by phone")
    assert provision_here("failed", "resolve", order_id, "--why", "again", env=env).code == 3


def test_a_failure_is_not_closed_without_a_reason(stack: Stack, env: dict[str, str]) -> None:
    order_id = stack.run("order_empty").order_id
    assert provision_here("failed", "resolve", order_id, env=env).code == 2
    assert provision_here("failed", "resolve", order_id, "--why", " ", env=env).code == 2
    assert order_id in stack.ledger.failures()


def test_a_new_event_runs_a_failed_order_again(stack: Stack) -> None:
    sample = stack.run("account_not_mapped")
    mend_account(stack, sample.order_id)
    with stack.subscriber():
        stack.box.publish([sample.order_id])
        eventually(
            lambda: stack.order(sample.order_id)["Activation_Status__c"] == "Activated", what="the order was activated"
        )
