"""A store that is full: it takes no more orders in, and lets those end that have begun."""

from collections.abc import Iterator

import pytest
import redis

from clients.ledger import keys
from clients.ledger.ledger import Ledger
from clients.ledger.values import HandOver, OrderState
from clients.redis_connection import connect_redis
from tests.ledger.hand import FIRST, ORDER, SECOND, Hand, job, request


@pytest.fixture
def hand(redis_url: str) -> Iterator[Hand]:
    """Return a hand on a real store: the one in memory is never full."""
    with connect_redis(redis_url) as client:
        yield Hand(Ledger(client))
        client.config_set("maxmemory", 0)


def _fill(hand: Hand) -> None:
    hand.store.config_set("maxmemory-policy", "noeviction")
    hand.store.config_set("maxmemory", 1)


def test_a_full_store_takes_in_neither_order_nor_position(hand: Hand) -> None:
    _fill(hand)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        hand.ledger.admit([request(event_id="event-1")], position=("position", b"9"))
    assert set(hand.store.scan_iter()) == set()


def test_a_full_store_lets_an_order_in_whose_lost_run_it_remembers(hand: Hand) -> None:
    """Taking over removes the lost run's claim first, and then has begun: it is let through to its end."""
    hand.admit(run_id="run-1")
    hand.lose_messages()
    _fill(hand)
    hand.admit(run_id="run-2")
    assert len(hand.waiting_in(FIRST)) == 1


def test_an_order_that_is_at_work_is_handed_over_in_a_full_store(hand: Hand) -> None:
    delivery, fence = hand.begin()
    _fill(hand)
    assert hand.hand_over(delivery, fence, following=job(SECOND)) is HandOver.HANDED_OVER
    assert len(hand.waiting_in(SECOND)) == 1


def test_an_order_that_is_at_work_ends_in_a_full_store(hand: Hand) -> None:
    delivery, fence = hand.begin()
    _fill(hand)
    assert hand.hand_over(delivery, fence, OrderState.ACTIVATED) is HandOver.HANDED_OVER
    assert not hand.store.exists(keys.claim(ORDER))
