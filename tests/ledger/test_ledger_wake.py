"""Waking: a message that comes wakes who waits for it, and costs no signal while nobody does."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis.client import PubSub

from clients.ledger import queues
from clients.ledger.values import OrderState
from tests.ledger.hand import FIRST, SECOND, Hand, job
from tests.support.waiting import eventually


@pytest.fixture
def signals(hand: Hand) -> Iterator[PubSub]:
    """Listen on the channels of both queues."""
    with hand.store.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(queues.waiting(FIRST), queues.waiting(SECOND), queues.waiting(queues.delayed(FIRST)))
        eventually(lambda: len(listener.channels) == 3 and not listener.pending_unsubscribe_channels, what="it listens")
        while listener.get_message(timeout=0.05):
            pass
        yield listener


def _heard(hand: Hand, signals: PubSub) -> list[str]:
    """Return the channels on which a signal came, up to a last one of our own that says that no more will come."""
    hand.store.publish(queues.waiting(SECOND), "that was all")
    heard: list[str] = []

    def listen() -> bool:
        message: Any = signals.get_message(timeout=0.05)
        if message:
            heard.append(message["channel"].decode())
        return bool(message and message["data"] == b"that was all")

    eventually(listen, what="our own signal came")
    return heard[:-1]


def test_nobody_is_signalled_while_nobody_waits(hand: Hand, signals: PubSub) -> None:
    hand.admit()
    assert _heard(hand, signals) == []


def test_who_found_a_queue_empty_is_woken_by_the_next_request(hand: Hand, signals: PubSub) -> None:
    assert hand.broker.fetch(FIRST, 1) == []
    hand.admit()
    assert _heard(hand, signals) == [queues.waiting(FIRST)]


def test_one_signal_is_sent_however_many_messages_follow(hand: Hand, signals: PubSub) -> None:
    assert hand.broker.fetch(FIRST, 1) == []
    hand.admit("801R00000000001AAA")
    hand.admit("801R00000000002AAA")
    assert _heard(hand, signals) == [queues.waiting(FIRST)]


def test_who_waits_for_the_next_stage_is_woken_by_the_hand_over(hand: Hand, signals: PubSub) -> None:
    delivery, fence = hand.begin()
    assert hand.broker.fetch(SECOND, 1) == []
    hand.hand_over(delivery, fence, following=job(SECOND))
    assert _heard(hand, signals) == [queues.waiting(SECOND)]


def test_a_delayed_message_wakes_who_looks_after_the_delay_queue_and_no_worker(hand: Hand, signals: PubSub) -> None:
    delivery, fence = hand.begin()
    assert hand.broker.fetch(FIRST, 1) == []
    hand.store.set(queues.waiting(queues.delayed(FIRST)), "housekeeper")
    hand.hand_over(delivery, fence, OrderState.WAITING, job(FIRST, due_at=hand.ledger.touch_mark()))
    assert _heard(hand, signals) == [queues.waiting(queues.delayed(FIRST))]
