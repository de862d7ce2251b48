"""`provision run`: a run by hand, at any time, never two at once."""

from collections.abc import Iterator

import pytest

from tests.support.command_line import provision, provision_here
from tests.support.stack import Stack, running_stack


@pytest.fixture
def stack(redis_url: str) -> Iterator[Stack]:
    """Run everything but the workers, which a test starts when it wants the queue to move."""
    with running_stack(redis_url, workers=False) as running:
        yield running


@pytest.fixture
def env(stack: Stack, redis_url: str) -> dict[str, str]:
    return stack.box.env | {"REDIS_URL": redis_url}


def test_a_run_is_queued_once_and_a_second_one_is_told_that_the_order_is_being_worked_on(
    stack: Stack, env: dict[str, str]
) -> None:
    order_id = stack.place("plain_monthly").order_id
    first, second = provision("run", order_id[:15], env=env), provision("run", order_id, "--json", env=env)
    assert (first.code, first.out.split()[:2]) == (0, [order_id, "run"])
    assert f"provision status {order_id}" in first.err
    assert second.code == 4
    assert "(at validate-order); nothing was started" in second.document["error"]
    stack.start_workers()
    assert stack.ended(order_id).fields["source"] == "operator"
    assert stack.order(order_id)["Activation_Status__c"] == "Activated"


def test_a_failed_order_runs_again_from_the_top_when_its_cause_is_mended(stack: Stack, env: dict[str, str]) -> None:
    stack.start_workers()
    order_id = stack.run("account_not_mapped").order_id
    assert stack.order(order_id)["Activation_Error_Code__c"] == "ACCOUNT_NOT_MAPPED"
    mend_account(stack, order_id)
    assert provision_here("run", order_id, "--json", env=env).document["admission"] == "enqueued"
    stack.ended(order_id)
    assert stack.order(order_id)["Activation_Status__c"] == "Activated"
    assert stack.order(order_id)["Activation_Error_Code__c"] is None


def mend_account(stack: Stack, order_id: str) -> None:
    good = stack.order(stack.place("plain_monthly").order_id)
    account = str(good["AccountId"])
    stack.box.call(lambda: stack.box.org.update("Order", order_id, {"AccountId": account}))


def test_an_order_that_salesforce_does_not_have_is_not_run_at_all(stack: Stack, env: dict[str, str]) -> None:
    said = provision_here("run", "801000000000001", env=env)
    assert (said.code, said.out) == (3, "")
    assert "Salesforce has no order 801000000000001AAA" in said.err
    assert not stack.ledger.remember("801000000000001AAA").fields


def test_of_an_activated_order_it_is_told_that_there_is_nothing_to_do(stack: Stack, env: dict[str, str]) -> None:
    said = provision_here("run", stack.place("already_activated").order_id, env=env)
    assert said.code == 0
    assert "Activated already" in said.err


def test_while_salesforce_is_away_the_run_is_queued_and_it_is_told_that_nobody_looked(
    stack: Stack, env: dict[str, str]
) -> None:
    order_id = stack.place("plain_monthly").order_id
    said = provision_here("run", order_id, env=env | {"SF_LOGIN_URL": "http://127.0.0.1:1"})
    assert said.code == 0
    assert "nobody has looked whether the order exists" in said.err
    assert stack.ledger.remember(order_id).state == "queued"


def test_a_redis_that_is_away_is_named_without_its_password(stack: Stack, env: dict[str, str]) -> None:
    order_id = stack.place("plain_monthly").order_id
    said = provision_here("run", order_id, env=env | {"REDIS_URL": "redis://:wrong-password@127.0.0.1:1/0"})
    assert (said.code, said.out) == (5, "")
    assert "Redis at 127.0.0.1:1 does not answer: check REDIS_URL" in said.err
    assert "wrong-password" not in said.err
    assert "Traceback" not in said.err
