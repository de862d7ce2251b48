"""In doubt: whoever cannot prove to be the first looks before AddOrder, and nobody sends a second one."""

import pytest

from actors.stage_run import BUG_TRIES
from sandbox.faults import Fault
from sandbox.samples import PlacedSample
from tests.support.stack import Stack, running_stack
from tests.support.waiting import eventually


def _add_orders(stack: Stack) -> int:
    return stack.box.calls.counts().get("whmcs.AddOrder", 0)


def _looks(stack: Stack) -> int:
    return stack.box.calls.counts().get("whmcs.GetOrders", 0)


def _fields(stack: Stack, sample: PlacedSample) -> tuple[object, object]:
    order = stack.order(sample.order_id)
    return order["Activation_Status__c"], order["Activation_Error_Code__c"]


def test_a_first_attempt_calls_add_order_without_looking(stack: Stack) -> None:
    stack.run("plain_monthly")
    assert _add_orders(stack) == 1
    # The marker is read back once in a process's life.
    assert _looks(stack) == 1
    stack.run("plain_monthly")
    assert (_add_orders(stack), _looks(stack)) == (2, 1)


@pytest.mark.parametrize("delay_ms", [0, 100, 250])
def test_an_add_order_that_takes_effect_late_is_waited_for_and_adopted(redis_url: str, delay_ms: int) -> None:
    with running_stack(redis_url, WHMCS_TIME_LIMIT_S="1") as stack:
        stack.box.faults.add(Fault("whmcs.AddOrder", "late_effect", times=1, value=delay_ms))
        stack.run("plain_monthly")
        assert _add_orders(stack) == 1
        assert not stack.box.audit().findings


def test_an_add_order_that_came_to_nothing_is_sent_again_after_two_empty_looks(stack: Stack) -> None:
    stack.box.faults.add(Fault("whmcs.AddOrder", "reset_before", times=1))
    stack.run("plain_monthly")
    assert _add_orders(stack) == 2
    assert not stack.box.audit().findings


def test_orders_older_than_the_ledgers_memory_are_looked_up_first(redis_url: str) -> None:
    with running_stack(redis_url, remembers_s=0) as stack:
        sample = stack.run("already_in_whmcs")
        assert _add_orders(stack) == 0
        assert not stack.box.audit().findings
        assert _fields(stack, sample)[0] == "Activated"


def test_where_the_marker_is_dropped_no_second_add_order_is_sent(stack: Stack) -> None:
    stack.box.shop.drop_notes = True
    stack.run("plain_monthly")
    stack.box.faults.add(Fault("whmcs.AddOrder", "drop_after_effect", times=1))
    sample = stack.run("plain_monthly")
    assert _fields(stack, sample) == ("Failed", "WHMCS_ORDER_UNCERTAIN")
    assert _add_orders(stack) == 2


def test_an_order_that_stays_in_doubt_until_its_deadline_says_so(redis_url: str) -> None:
    with running_stack(redis_url, GIVE_UP_AFTER_S="0.8") as stack:
        stack.box.faults.add(Fault("whmcs.AddOrder", "drop_after_effect", times=1))
        stack.box.faults.add(Fault("whmcs.GetOrders", "http_503"))
        sample = stack.run("plain_monthly")
        assert _fields(stack, sample) == ("Failed", "WHMCS_ORDER_UNCERTAIN")


def test_a_failed_order_that_was_mended_runs_again_and_needs_no_look_up(stack: Stack) -> None:
    """The ledger knows the order's whole life and no AddOrder in it: nobody has to wait out WHMCS's time limit."""
    sample = stack.run("account_not_mapped")
    customer = stack.box.make_orders(1, kinds=["plain_monthly"])[0]
    account_id = stack.order(sample.order_id)["AccountId"]
    stack.box.call(
        lambda: stack.box.org.update("Account", str(account_id), {"WHMCS_Client_Id__c": str(customer.client_id)})
    )
    stack.box.call(lambda: stack.box.play.request(sample.order_id))
    stack.request(sample.order_id)
    eventually(lambda: _fields(stack, sample) == ("Activated", None), what="the mended order was activated")
    assert _add_orders(stack) == 1
    eventually(lambda: sample.order_id not in stack.ledger.failures(), what="the failure was resolved")


def test_our_own_bug_is_tried_a_few_times_and_ends_as_internal_error(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def broken(client_id: int) -> None:
        calls.append(client_id)
        raise KeyError("this stands for a mistake of ours")

    # The client is a port: another one is handed in.
    monkeypatch.setattr(stack.assembly.clients.whmcs, "pay_methods", broken)
    sample = stack.run("plain_monthly")
    assert _fields(stack, sample) == ("Failed", "INTERNAL_ERROR")
    assert len(calls) == BUG_TRIES
    assert "mistake" not in str(stack.order(sample.order_id)["Activation_Error_Message__c"])
