"""The lock: one at a time, not for ever, and never somebody else's to give back."""

import time

import pytest
import redis

from clients.ledger import keys
from clients.ledger.lock import only_one

KEY = keys.lock("sweep")


def test_the_second_is_told_that_it_is_not_its_turn(store: redis.Redis) -> None:
    with only_one(store, "sweep", for_s=60) as first, only_one(store, "sweep", for_s=60) as second:
        assert (first, second) == (True, False)


def test_who_did_not_get_it_does_not_give_it_back(store: redis.Redis) -> None:
    with only_one(store, "sweep", for_s=60):
        with only_one(store, "sweep", for_s=60):
            pass
        assert store.exists(KEY)


def test_afterwards_it_is_free_also_after_an_error(store: redis.Redis) -> None:
    with pytest.raises(KeyError), only_one(store, "sweep", for_s=60):
        raise KeyError("stands for any error")
    with only_one(store, "sweep", for_s=60) as again:
        assert again


def test_locks_of_different_names_do_not_meet(store: redis.Redis) -> None:
    with only_one(store, "sweep", for_s=60), only_one(store, "alerts", for_s=60) as other:
        assert other


def test_it_expires_with_its_holder(store: redis.Redis) -> None:
    with only_one(store, "sweep", for_s=60):
        assert 0 < store.pttl(KEY) <= 60_000


def test_it_is_renewed_for_as_long_as_its_holder_works(store: redis.Redis) -> None:
    with only_one(store, "sweep", for_s=0.3) as first:
        assert first
        until_s = time.monotonic() + 1
        while time.monotonic() < until_s:
            with only_one(store, "sweep", for_s=60) as second:
                assert not second


def test_one_that_expired_and_is_somebody_elses_by_now_is_left_to_him(store: redis.Redis) -> None:
    with only_one(store, "sweep", for_s=60):
        store.delete(KEY)  # its time is over
        store.set(KEY, "theirs")
    assert store.get(KEY) == b"theirs"
