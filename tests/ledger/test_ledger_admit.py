"""Admitting: a request becomes a claim and a message together, once, and the position is stored behind it or not."""

import pytest
import redis

from clients.ledger import keys, queues
from clients.ledger.ledger import CLAIM_TTL, EVENT_TTL
from clients.ledger.values import Admission, OrderState
from tests.ledger.hand import FIRST, ORDER, SECOND, Hand, job, request

OTHER_ORDER = "801R00000000002AAA"
POSITION = keys.position("org", "/event/x", "endpoint")


def test_a_request_is_claimed_and_its_message_waits_in_the_queue(hand: Hand) -> None:
    asked = request(event_id="event-1")
    assert hand.ledger.admit([asked]) == [Admission.ENQUEUED]
    memory = hand.ledger.remember(ORDER)
    assert (memory.state, memory.claimed_by, memory.fields["event_id"]) == (OrderState.QUEUED, "run-1", "event-1")
    assert hand.waiting_in(FIRST) == [asked.job.message_id]
    assert hand.store.hget(queues.messages(FIRST), asked.job.message_id) == asked.job.data
    assert [(entry["stage"], entry["outcome"]) for entry in memory.history] == [("request", "event")]


def test_an_event_is_taken_in_once(hand: Hand) -> None:
    hand.run()
    assert hand.admit(run_id="run-2", event_id="event-1") is Admission.ENQUEUED
    assert hand.admit(run_id="run-3", event_id="event-1") is Admission.DUPLICATE_EVENT
    assert len(hand.waiting_in(FIRST)) == 1


def test_an_event_id_that_a_publisher_used_twice_keeps_no_other_order_out(hand: Hand) -> None:
    assert hand.admit(event_id="event-1") is Admission.ENQUEUED
    assert hand.admit(OTHER_ORDER, event_id="event-1") is Admission.ENQUEUED


def test_a_request_that_no_event_asked_for_is_never_a_duplicate(hand: Hand) -> None:
    hand.run(run_id="run-1")
    hand.run(run_id="run-2")


def test_a_claimed_order_gets_no_second_message(hand: Hand) -> None:
    hand.admit(event_id="event-1")
    assert hand.admit(run_id="run-2", event_id="event-2") is Admission.ALREADY_CLAIMED
    assert len(hand.waiting_in(FIRST)) == 1
    assert hand.ledger.remember(ORDER).claimed_by == "run-1"


def test_the_same_order_twice_in_one_batch_is_claimed_by_the_first(hand: Hand) -> None:
    answers = hand.ledger.admit([request(run_id="run-1"), request(run_id="run-2"), request(OTHER_ORDER)])
    assert answers == [Admission.ENQUEUED, Admission.ALREADY_CLAIMED, Admission.ENQUEUED]


def test_a_claim_whose_message_is_nowhere_is_taken_over(hand: Hand) -> None:
    hand.admit()
    hand.lose_messages()
    assert hand.admit(run_id="run-2") is Admission.ENQUEUED
    assert hand.ledger.remember(ORDER).claimed_by == "run-2"
    assert len(hand.waiting_in(FIRST)) == 1


def test_a_message_in_a_workers_hands_keeps_the_claim(hand: Hand) -> None:
    hand.begin()
    assert hand.admit(run_id="run-2") is Admission.ALREADY_CLAIMED


def test_a_delayed_message_keeps_the_claim(hand: Hand) -> None:
    delivery, fence = hand.begin()
    due_at = hand.ledger.touch_mark()
    hand.hand_over(delivery, fence, OrderState.WAITING, job(FIRST, due_at=due_at))
    assert hand.admit(run_id="run-2") is Admission.ALREADY_CLAIMED


def test_the_message_of_a_later_stage_keeps_the_claim(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.hand_over(delivery, fence, following=job(SECOND))
    assert hand.admit(run_id="run-2") is Admission.ALREADY_CLAIMED


def test_an_order_that_ended_may_be_asked_for_again(hand: Hand) -> None:
    hand.run(OrderState.FAILED, code="ORDER_EMPTY", message="It is empty.")
    assert hand.admit(run_id="run-2") is Admission.ENQUEUED
    assert {"code", "message", "finished_at"}.isdisjoint(hand.fields())


def test_the_position_is_stored_with_the_events_before_it(hand: Hand) -> None:
    hand.ledger.admit([request()], position=(POSITION, b"\x00\xff7"))
    assert hand.store.hget(POSITION, "replay_id") == b"\x00\xff7"


def test_a_position_without_events_is_stored_too(hand: Hand) -> None:
    assert hand.ledger.admit([], position=(POSITION, b"8")) == []
    assert hand.store.hget(POSITION, "replay_id") == b"8"


def test_a_request_that_cannot_be_stored_keeps_position_and_event_from_being_stored(hand: Hand) -> None:
    hand.store.set(keys.history(ORDER), "no list: stands for a store that refuses")
    with pytest.raises(redis.ResponseError):
        hand.ledger.admit([request(event_id="event-1")], position=(POSITION, b"9"))
    assert not hand.store.exists(POSITION)
    hand.store.delete(keys.history(ORDER))
    assert hand.admit(event_id="event-1") is not Admission.DUPLICATE_EVENT


def test_a_store_that_forgot_the_scripts_takes_the_request_in_all_the_same(hand: Hand) -> None:
    hand.run()
    hand.store.script_flush()
    assert hand.ledger.admit([request(event_id="event-1")], position=(POSITION, b"9")) == [Admission.ENQUEUED]
    assert len(hand.waiting_in(FIRST)) == 1


def test_claims_and_known_events_expire(hand: Hand) -> None:
    hand.admit(event_id="event-1")
    assert 0 < hand.store.pttl(keys.claim(ORDER)) <= CLAIM_TTL.total_seconds() * 1000
    assert 0 < hand.store.pttl(keys.event("event-1")) <= EVENT_TTL.total_seconds() * 1000
