"""Outages: an order waits them out, spends nothing on them, and says so only when it is given up."""

import pytest

from sandbox.faults import Fault
from sandbox.samples import PlacedSample
from tests.support.stack import Stack, running_stack
from tests.support.waiting import eventually


def _code(stack: Stack, sample: PlacedSample) -> object:
    return stack.order(sample.order_id)["Activation_Error_Code__c"]


@pytest.mark.parametrize("kind", ["http_503", "html_page", "reset_before", "bad_gateway", "throttle", "http_500"])
@pytest.mark.parametrize("endpoint", ["whmcs.GetPayMethods", "salesforce.query", "whmcs.AcceptOrder", "whmcs.AddOrder"])
def test_a_passing_fault_is_waited_out(stack: Stack, endpoint: str, kind: str) -> None:
    stack.box.faults.add(Fault(endpoint, kind, times=2))
    stack.run("plain_monthly")
    assert stack.box.faults.played() == {f"{endpoint} {kind}": 2}
    assert not stack.box.audit().findings


@pytest.mark.parametrize(
    "endpoint", ["whmcs.AddOrder", "whmcs.AcceptOrder", "salesforce.composite", "salesforce.sobjects", "whmcs.*"]
)
@pytest.mark.parametrize("kind", ["drop_after_effect", "truncated_json", "cut_body"])
def test_an_effect_whose_answer_was_lost_is_found_and_not_repeated(stack: Stack, endpoint: str, kind: str) -> None:
    stack.box.faults.add(Fault(endpoint, kind, times=1))
    stack.run("module_fails_once")
    assert not stack.box.audit().findings


@pytest.mark.parametrize("kind", ["ip_denied", "auth_failed", "permission_denied", "nvp_error"])
def test_an_access_fault_waits_for_a_person_instead_of_failing_the_order(stack: Stack, kind: str) -> None:
    stack.box.faults.add(Fault("whmcs.*", kind))
    sample = stack.place("plain_monthly")
    stack.request(sample.order_id)
    eventually(lambda: stack.ledger.remember(sample.order_id).fields["state"] == "waiting", what="the order waits")
    stack.box.faults.clear()
    stack.ended(sample.order_id)
    assert not stack.box.audit().findings


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [("whmcs.GetPayMethods", "WHMCS_UNAVAILABLE"), ("whmcs.AddOrder", "WHMCS_UNAVAILABLE")],
)
def test_an_order_whose_whmcs_never_answers_is_given_up_at_its_deadline(
    redis_url: str, endpoint: str, code: str
) -> None:
    with running_stack(redis_url, GIVE_UP_AFTER_S="0.5") as stack:
        stack.box.faults.add(Fault(endpoint, "reset_before"))
        sample = stack.run("plain_monthly")
        assert _code(stack, sample) in {code, "WHMCS_ORDER_UNCERTAIN"}
        assert stack.order(sample.order_id)["Activation_Status__c"] == "Failed"


def test_an_order_that_salesforce_cannot_read_is_given_up_and_told_later(redis_url: str) -> None:
    with running_stack(redis_url, GIVE_UP_AFTER_S="0.5") as stack:
        stack.box.faults.add(Fault("salesforce.query", "http_503"))
        sample = stack.run("plain_monthly")
        assert _code(stack, sample) == "SALESFORCE_UNAVAILABLE"
        assert stack.ledger.failures()[sample.order_id]["code"] == "SALESFORCE_UNAVAILABLE"


def test_a_failure_that_cannot_be_written_stays_in_the_ledger_until_somebody_resolves_it(redis_url: str) -> None:
    with running_stack(redis_url, GIVE_UP_AFTER_S="0.3") as stack:
        stack.box.faults.add(Fault("salesforce.*", "http_503"))
        sample = stack.place("plain_monthly")
        stack.request(sample.order_id)
        stack.ended(sample.order_id)
        assert stack.ledger.failures()[sample.order_id]["code"] == "SALESFORCE_UNAVAILABLE"


def test_an_outage_that_strikes_many_orders_fails_none_of_them(redis_url: str) -> None:
    """The deadline passes several times over while WHMCS is away."""
    with running_stack(redis_url, GIVE_UP_AFTER_S="2", RETRY_MAX_S="0.1") as stack:
        stack.box.faults.add(Fault("whmcs.*", "http_503"))
        samples = [stack.place("plain_monthly") for _ in range(8)]
        for sample in samples:
            stack.request(sample.order_id)
        eventually(lambda: stack.ledger.troubles.paused("check-payment"), what="the stage was held back")
        began = stack.assembly.clients.clock.now()
        eventually(lambda: (stack.assembly.clients.clock.now() - began).total_seconds() > 5, what="five seconds passed")
        assert not stack.ledger.failures()
        stack.box.faults.clear()
        for sample in samples:
            stack.ended(sample.order_id)
        assert not stack.box.audit().findings


def test_the_wait_that_the_other_side_asks_for_is_kept(stack: Stack) -> None:
    stack.box.faults.add(Fault("whmcs.GetPayMethods", "throttle", times=1, value=1))
    sample = stack.run("plain_monthly")
    story = stack.ledger.remember(sample.order_id).history
    [retried] = [each for each in story if (each.get("stage"), each.get("outcome")) == ("check-payment", "retry")]
    assert float(str(retried["wait_s"])) >= 1
