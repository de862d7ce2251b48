"""Never lost: whatever goes missing between the event and the end, the sweep finds the order and starts it again."""

import threading

import pytest

from clients.ledger import keys
from clients.ledger.lock import only_one
from sandbox.faults import Fault
from tests.support.stack import Stack, running_stack
from tests.support.waiting import eventually


def _swept(stack: Stack, order_id: str) -> None:
    """Sweep, as every minute, until the order has ended."""

    def look() -> bool:
        stack.sweep()
        memory = stack.ledger.remember(order_id)
        return "finished_at" in memory.fields and memory.claimed_by is None

    eventually(look, what=f"sweeps brought order {order_id} to its end")


def test_an_order_whose_event_never_came_is_found_in_salesforce(stack: Stack) -> None:
    sample = stack.place("plain_monthly")
    _swept(stack, sample.order_id)
    assert stack.box.audit().ok


def test_an_order_whose_message_was_lost_is_found_in_the_ledger(redis_url: str) -> None:
    with running_stack(redis_url, workers=False, SWEEP_GRACE_S="0.05") as stack:
        sample = stack.place("plain_monthly")
        stack.request(sample.order_id)
        stack.ledger.redis.delete("dramatiq:validate-order", "dramatiq:validate-order.msgs")
        stack.box.faults.add(Fault("salesforce.query", "http_503", times=1))
        eventually(lambda: stack.sweep().from_ledger, what="a sweep found the order in the ledger")
        stack.start_workers()
        stack.ended(sample.order_id)
        assert stack.box.audit().ok


def test_everything_is_found_again_after_the_store_was_emptied(redis_url: str) -> None:
    with running_stack(redis_url, workers=False, SWEEP_GRACE_S="0.05") as stack:
        samples = [stack.place("plain_monthly") for _ in range(20)]
        for sample in samples:
            stack.request(sample.order_id)
        stack.ledger.redis.flushall()
        stack.start_workers()
        for sample in samples:
            _swept(stack, sample.order_id)
        assert stack.box.audit().ok


def test_an_order_that_waits_its_turn_is_left_alone(redis_url: str) -> None:
    with running_stack(redis_url, workers=False, SWEEP_GRACE_S="0.05") as stack:
        sample = stack.place("plain_monthly")
        stack.request(sample.order_id)
        eventually(
            lambda: stack.ledger.redis.zcount(keys.UNFINISHED, 0, "+inf") == 1 and stack.sweep().from_salesforce == 0,
            what="a sweep looked",
        )
        assert stack.ledger.redis.llen("dramatiq:validate-order") == 1


def test_an_order_that_waits_for_its_next_try_is_left_alone(redis_url: str) -> None:
    with running_stack(redis_url, RETRY_MIN_S="3600", RETRY_MAX_S="3600", SWEEP_GRACE_S="0.05") as stack:
        stack.box.faults.add(Fault("whmcs.*", "http_503"))
        sample = stack.place("plain_monthly")
        stack.request(sample.order_id)
        eventually(lambda: stack.ledger.remember(sample.order_id).fields["state"] == "waiting", what="the order waits")
        for _ in range(3):
            counts = stack.sweep()
            assert (counts.from_ledger, counts.from_salesforce) == (0, 0)


def test_a_second_sweep_at_the_same_time_does_nothing(stack: Stack) -> None:
    with only_one(stack.ledger.redis, "reconcile", for_s=60):
        assert stack.sweep().skipped
    assert not stack.sweep().skipped


def test_two_schedulers_start_an_order_once(stack: Stack) -> None:
    samples = [stack.place("plain_monthly") for _ in range(10)]
    sweeps = [threading.Thread(target=stack.sweep) for _ in range(8)]
    for sweep in sweeps:
        sweep.start()
    for sweep in sweeps:
        sweep.join()
    for sample in samples:
        _swept(stack, sample.order_id)
    assert stack.box.audit().ok
    assert stack.box.calls.counts()["whmcs.AddOrder"] == len(samples)


def test_more_orders_than_one_answer_of_salesforce_holds_are_all_found(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_stack(redis_url, workers=False, SWEEP_GRACE_S="0.05") as stack:
        samples = stack.box.make_orders(450, kinds=["plain_monthly"])
        for sample in samples:
            stack.box.call(lambda order_id=sample.order_id: stack.box.play.request(order_id))  # type: ignore[misc]
        eventually(lambda: stack.sweep().from_salesforce, what="the orders were found")
        assert stack.ledger.redis.llen("dramatiq:validate-order") == len(samples)


def test_a_salesforce_that_does_not_answer_costs_a_sweep_and_nothing_else(stack: Stack) -> None:
    sample = stack.place("plain_monthly")
    stack.box.faults.add(Fault("salesforce.query", "http_503", times=1))
    _swept(stack, sample.order_id)
    assert stack.box.audit().ok


def test_an_order_that_is_asked_for_while_its_run_fails_runs_once_more(redis_url: str) -> None:
    """Somebody mended it and published again; the run under way had read what was wrong before."""
    with running_stack(redis_url, workers=False) as stack:
        sample = stack.place("order_empty")
        stack.request(sample.order_id, event_id="first")
        assert stack.request(sample.order_id, event_id="second") == "already_claimed"
        stack.start_workers()
        eventually(
            lambda: (
                sum(entry.get("outcome") == "recorded" for entry in stack.ledger.remember(sample.order_id).history) == 2
            ),
            what="the order ran twice",
        )
        stack.ended(sample.order_id)
        assert stack.box.audit().ok
