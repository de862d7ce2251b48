"""Endings: the claim goes back, a good order expires, a failure stays until a later run or a person resolves it."""

from datetime import timedelta

import pytest

from clients.ledger import keys
from clients.ledger.ledger import Ledger
from clients.ledger.values import Admission, OrderState
from tests.ledger.hand import ORDER, SECOND, Hand, job

KEPT_MS = timedelta(days=30).total_seconds() * 1000
FAILURE = {"code": "ORDER_EMPTY", "message": "It has no items."}
NEVER = -1


@pytest.mark.parametrize("state", [OrderState.ACTIVATED, OrderState.FAILED, OrderState.ENDED])
def test_a_final_state_gives_the_claim_back(hand: Hand, state: OrderState) -> None:
    hand.run(state)
    memory = hand.ledger.remember(ORDER)
    assert (memory.state, memory.claimed_by) == (state, None)
    assert {"queue", "message_id"}.isdisjoint(memory.fields)
    assert not hand.store.zscore(keys.UNFINISHED, ORDER)
    assert hand.admit(run_id="run-2") is Admission.ENQUEUED


def test_a_failure_is_kept_and_nothing_of_it_expires(hand: Hand) -> None:
    hand.run(OrderState.FAILED, **FAILURE, detail="count was 0")
    failure = hand.ledger.remember(ORDER).failure
    assert failure is not None
    assert {**failure, "at": ""} == {"at": "", "stage": "first", **FAILURE, "detail": "count was 0"}
    assert hand.ledger.failures() == {ORDER: failure}
    ttls = [hand.store.pttl(key) for key in (keys.FAILURES, keys.order(ORDER), keys.history(ORDER))]
    assert ttls == [NEVER, NEVER, NEVER]


@pytest.mark.parametrize("state", [OrderState.ACTIVATED, OrderState.ENDED])
def test_a_later_good_run_resolves_the_failure(hand: Hand, state: OrderState) -> None:
    hand.run(OrderState.FAILED, **FAILURE)
    hand.run(state, run_id="run-2")
    assert hand.ledger.failures() == {}
    assert hand.ledger.remember(ORDER).failure is None
    assert 0 < hand.store.pttl(keys.order(ORDER)) <= KEPT_MS


def test_a_later_failure_replaces_the_earlier_one(hand: Hand) -> None:
    hand.run(OrderState.FAILED, **FAILURE)
    hand.run(OrderState.FAILED, run_id="run-2", code="WHMCS_REJECTED")
    assert [failure["code"] for failure in hand.ledger.failures().values()] == ["WHMCS_REJECTED"]


def test_a_finished_order_expires(hand: Hand) -> None:
    hand.run()
    assert 0 < hand.store.pttl(keys.order(ORDER)) <= KEPT_MS
    assert 0 < hand.store.pttl(keys.history(ORDER)) <= KEPT_MS


def test_how_long_a_finished_order_is_kept_can_be_set(hand: Hand) -> None:
    Hand(Ledger(hand.store, keep_finished=timedelta(days=2))).run()
    assert 0 < hand.store.pttl(keys.order(ORDER)) <= timedelta(days=2).total_seconds() * 1000


def test_an_order_that_runs_again_does_not_expire_meanwhile(hand: Hand) -> None:
    hand.run()
    hand.admit(run_id="run-2")
    assert (hand.store.pttl(keys.order(ORDER)), hand.store.pttl(keys.history(ORDER))) == (NEVER, NEVER)


def test_a_run_that_ends_badly_after_its_order_had_ended_well_keeps_the_story(hand: Hand) -> None:
    """Its claim had expired, another run was quicker, and then it went on all the same."""
    hand.admit(run_id="run-1")
    late = hand.fetch()
    hand.store.delete(keys.claim(ORDER))
    hand.run(run_id="run-2")
    assert hand.store.pttl(keys.history(ORDER)) != NEVER
    hand.hand_over(late, hand.enter(late, "run-1"), OrderState.FAILED, run_id="run-1", code=FAILURE["code"])
    assert (hand.store.pttl(keys.order(ORDER)), hand.store.pttl(keys.history(ORDER))) == (NEVER, NEVER)


def test_a_person_resolves_a_failure_and_is_written_down(hand: Hand) -> None:
    hand.run(OrderState.FAILED, **FAILURE)
    assert hand.ledger.resolve(ORDER, by="ann", why="It was a test.")
    assert hand.ledger.failures() == {}
    last = hand.ledger.remember(ORDER).history[-1]
    assert (last["outcome"], last["by"], last["message"]) == ("resolved", "ann", "It was a test.")
    assert 0 < hand.store.pttl(keys.history(ORDER)) <= KEPT_MS
    assert not hand.ledger.resolve(ORDER, by="ann", why="It was a test.")


def test_what_a_stage_learned_is_remembered_with_the_order(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.hand_over(delivery, fence, following=job(SECOND), fields={"whmcs_order_id": "77"})
    assert hand.fields()["whmcs_order_id"] == "77"


def test_nothing_of_a_finished_good_order_stays_for_ever(hand: Hand) -> None:
    hand.admit(event_id="event-1")
    delivery = hand.fetch()
    fence = hand.enter(delivery)
    hand.ledger.intend(ORDER, "AddOrder", fence=fence)
    hand.hand_over(delivery, fence, OrderState.ACTIVATED, fields={"whmcs_order_id": "77"})
    lasting = {key.decode() for key in hand.store.scan_iter() if hand.store.pttl(key) == NEVER}
    # One key each for the whole ledger and its broker, whatever the number of orders.
    assert lasting <= {keys.FENCE, keys.MARK, "dramatiq:__heartbeats__"}
