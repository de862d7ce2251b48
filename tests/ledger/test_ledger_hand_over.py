"""Handing over: a message is acknowledged and what follows is enqueued in one step, once, and only by its holder."""

from datetime import UTC, datetime, timedelta

import pytest
import redis

from clients.ledger import keys, queues
from clients.ledger.ledger import HISTORY_LIMIT
from clients.ledger.values import Delivery, HandOver, OrderState
from tests.ledger.hand import FIRST, ORDER, SECOND, Hand, job

DUE_AT = datetime(2035, 1, 1, tzinfo=UTC)


def _acks(hand: Hand, delivery: Delivery) -> int:
    held: object = hand.store.scard(queues.acks(delivery.worker_id, delivery.queue))
    return int(str(held))


def test_the_message_goes_and_its_successor_waits_in_the_next_queue(hand: Hand) -> None:
    delivery, fence = hand.begin()
    following = job(SECOND)
    assert hand.hand_over(delivery, fence, following=following) is HandOver.HANDED_OVER
    assert (hand.stored_in(FIRST), _acks(hand, delivery)) == (set(), 0)
    assert hand.waiting_in(SECOND) == [following.message_id]
    assert hand.fields()["state"] == OrderState.HANDED_OVER
    assert hand.fields()["message_id"] == following.message_id


def test_the_claim_stays_and_lets_the_next_stage_in(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.hand_over(delivery, fence, following=job(SECOND))
    assert int(hand.enter(hand.fetch(SECOND))) > int(fence)


def test_a_call_repeated_after_its_answer_was_lost_changes_nothing(hand: Hand) -> None:
    delivery, fence = hand.begin()
    following = job(SECOND)
    hand.hand_over(delivery, fence, following=following)
    before = hand.ledger.remember(ORDER)
    assert hand.hand_over(delivery, fence, following=following) is HandOver.NOT_OURS
    assert hand.waiting_in(SECOND) == [following.message_id]
    assert hand.ledger.remember(ORDER) == before


def test_a_message_that_was_given_to_another_worker_is_not_ours_to_end(hand: Hand, other: Hand) -> None:
    delivery, fence = hand.begin()
    hand.let_go(delivery)
    theirs = other.fetch()
    assert hand.hand_over(delivery, fence, following=job(SECOND)) is HandOver.NOT_OURS
    assert (hand.waiting_in(SECOND), hand.stored_in(FIRST)) == ([], {theirs.message_id})


def test_a_delivery_that_another_of_its_run_overtook_goes_round_again_and_wakes_its_queue(hand: Hand) -> None:
    """The same worker got its own message a second time, and the second delivery entered too."""
    delivery, fence = hand.begin()
    hand.let_go(delivery)
    hand.enter(hand.fetch())
    assert hand.broker.fetch(FIRST, 1) == []
    assert hand.store.exists(queues.waiting(FIRST))
    assert hand.hand_over(delivery, fence, following=job(SECOND)) is HandOver.GIVEN_BACK
    assert (hand.waiting_in(FIRST), hand.waiting_in(SECOND)) == ([delivery.message_id], [])
    assert not hand.store.exists(queues.waiting(FIRST))


def test_a_run_whose_order_another_run_has_ends_without_a_word(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.store.hset(keys.claim(ORDER), mapping={"run": "run-2", "fence": str(int(fence) + 1)})
    story = hand.outcomes()
    assert hand.hand_over(delivery, fence, following=job(SECOND)) is HandOver.SUPERSEDED
    assert (hand.stored_in(FIRST), hand.waiting_in(SECOND)) == (set(), [])
    assert hand.outcomes() == story


def test_what_never_held_the_claim_ends_its_message_and_writes_nothing(hand: Hand) -> None:
    hand.begin()
    before = hand.ledger.remember(ORDER)
    hand.send(FIRST)
    stray = hand.fetch()
    assert hand.hand_over(stray, "", OrderState.ENDED) is HandOver.HANDED_OVER
    assert stray.message_id not in hand.stored_in(FIRST)
    assert hand.ledger.remember(ORDER) == before


def test_an_orders_own_message_that_never_held_the_claim_says_where_the_order_goes(hand: Hand) -> None:
    """A message that today's models cannot read starts the order from the top: it must not look lost meanwhile."""
    hand.admit()
    following = job(FIRST)
    hand.hand_over(hand.fetch(), "", OrderState.QUEUED, following)
    assert hand.fields()["message_id"] == following.message_id
    assert hand.ledger.idle([ORDER]) == []


def test_a_store_that_refuses_the_successor_keeps_the_message(hand: Hand) -> None:
    """Both or neither: here the next queue cannot be written to."""
    delivery, fence = hand.begin()
    hand.store.set(queues.messages(SECOND), "no hash: stands for a store that refuses")
    with pytest.raises(redis.ResponseError):
        hand.hand_over(delivery, fence, following=job(SECOND))
    hand.store.delete(queues.messages(SECOND))
    assert (hand.stored_in(FIRST), _acks(hand, delivery)) == ({delivery.message_id}, 1)
    assert hand.hand_over(delivery, fence, following=job(SECOND)) is HandOver.HANDED_OVER


def test_a_delayed_successor_goes_to_the_delay_queue(hand: Hand) -> None:
    delivery, fence = hand.begin()
    following = job(FIRST, due_at=DUE_AT)
    hand.hand_over(delivery, fence, OrderState.WAITING, following)
    assert (hand.waiting_in(FIRST), hand.waiting_in(queues.delayed(FIRST))) == ([], [following.message_id])
    assert hand.fields()["due_at"] == str(int(DUE_AT.timestamp() * 1000))


def test_a_stage_that_begins_is_not_due_any_more(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.hand_over(delivery, fence, OrderState.WAITING, job(FIRST, due_at=DUE_AT))
    hand.send(FIRST)
    hand.enter(hand.fetch())
    assert "due_at" not in hand.fields()


def test_the_reason_of_a_retry_is_told_until_the_next_end_of_a_stage(hand: Hand) -> None:
    delivery, fence = hand.begin()
    following = job(FIRST)
    hand.hand_over(delivery, fence, OrderState.WAITING, following, code="WHMCS_UNAVAILABLE", message="It is away.")
    assert hand.fields()["code"] == "WHMCS_UNAVAILABLE"
    again = hand.fetch()
    hand.hand_over(again, hand.enter(again), OrderState.ACTIVATED)
    assert {"code", "message"}.isdisjoint(hand.fields())
    assert [entry.get("code") for entry in hand.ledger.remember(ORDER).history] == [None, "WHMCS_UNAVAILABLE", None]


def test_the_story_keeps_the_last_entries_and_no_more(hand: Hand) -> None:
    hand.admit()
    for number in range(HISTORY_LIMIT + 5):
        delivery = hand.fetch()
        hand.hand_over(delivery, hand.enter(delivery), OrderState.WAITING, job(FIRST), attempt=number)
    history = hand.ledger.remember(ORDER).history
    assert len(history) == HISTORY_LIMIT
    assert [entry.get("attempt") for entry in history[-2:]] == [HISTORY_LIMIT + 3, HISTORY_LIMIT + 4]


def test_handing_over_renews_the_claim(hand: Hand) -> None:
    delivery, fence = hand.begin()
    hand.store.pexpire(keys.claim(ORDER), 1000)
    hand.hand_over(delivery, fence, following=job(SECOND))
    assert hand.store.pttl(keys.claim(ORDER)) > timedelta(hours=1).total_seconds() * 1000
