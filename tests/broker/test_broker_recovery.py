"""Recovery: what a dead worker held runs again, by a look and not by chance; and nobody is dead who lives."""

import time
from typing import Any

import dramatiq
import pytest
import redis

from actors import housekeeper
from actors.broker import FulfilmentBroker
from clients.ledger import queues
from tests.broker.chain import FIRST, Chain
from tests.broker.conftest import MakeBroker, StartWorker, declare_dead
from tests.support.waiting import eventually


def _die_holding(broker: FulfilmentBroker, chain: Chain, count: int) -> list[str]:
    """Let a process fetch messages and never be heard of again."""
    chain.declare(broker)
    wanted = chain.admit(broker, range(count))
    assert len(broker.fetch(FIRST, count)) == count
    return wanted


def test_what_a_dead_worker_held_runs_again(brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker) -> None:
    chain, dead, heir = Chain(), brokers(), brokers()
    wanted = _die_holding(dead, chain, 12)
    chain.declare(heir)
    start_worker(heir)
    declare_dead(store, dead)
    eventually(lambda: sorted(chain.ran_second) == sorted(wanted), what="the heir ran them all")


def test_what_a_long_dead_worker_held_waits_for_a_worker_of_its_queue(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    """A process of other queues must not forget the dead one: nobody else would give its messages back."""
    chain, dead, stranger, heir = Chain(), brokers(), brokers(), brokers()
    wanted = _die_holding(dead, chain, 3)
    dramatiq.actor(actor_name="other", queue_name="other", broker=stranger)(lambda: None)
    start_worker(stranger)
    store.sadd(queues.NAMES, FIRST)
    declare_dead(store, dead, for_s=100_000)
    for _ in range(3):
        stranger.housekeeper.run_once()
    chain.declare(heir)
    start_worker(heir)
    eventually(lambda: sorted(chain.ran_second) == sorted(wanted), what="the heir ran them all")


def test_a_worker_whose_life_signs_are_fresh_keeps_what_it_holds(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    chain, alive, other = Chain(), brokers(), brokers()
    _die_holding(alive, chain, 3)
    chain.declare(other)
    start_worker(other)
    store.set(queues.LOOKED_AT, int(time.time() * 1000))
    other.housekeeper.run_once()
    assert store.scard(queues.acks(alive.broker_id, FIRST)) == 3


def test_after_the_store_was_away_everybody_gets_the_time_to_show_life(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    chain, silent, other = Chain(), brokers(), brokers()
    _die_holding(silent, chain, 3)
    chain.declare(other)
    start_worker(other)
    declare_dead(store, silent)
    store.set(queues.LOOKED_AT, int(time.time() * 1000) - int(housekeeper.LOOK_EVERY_S * 3000))
    for _ in range(3):
        other.housekeeper.run_once()
    assert store.scard(queues.acks(silent.broker_id, FIRST)) == 3


def test_what_was_lost_in_an_answer_that_never_came_is_given_back(
    broker: FulfilmentBroker, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeper, "LOOK_EVERY_S", 0.2)
    chain = Chain()
    chain.declare(broker)
    wanted = chain.admit(broker, range(5))
    assert len(broker.fetch(FIRST, 5)) == 5  # as if the answer had never reached the consumer
    start_worker(broker)
    eventually(lambda: sorted(chain.ran_second) == sorted(wanted), what="the strays ran")


def test_looking_for_the_dead_never_walks_through_all_keys(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    """Stock Dramatiq runs KEYS, which takes longer the more the ledger remembers."""
    chain, dead, heir = Chain(), brokers(), brokers()
    wanted = _die_holding(dead, chain, 2)
    before = _keys_calls(store)
    chain.declare(heir)
    start_worker(heir)
    declare_dead(store, dead)
    eventually(lambda: sorted(chain.ran_second) == sorted(wanted), what="the heir ran them")
    assert _keys_calls(store) == before


def test_a_worker_that_was_believed_dead_does_not_begin_what_was_given_to_another(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    chain, sleeper, heir = Chain(), brokers(), brokers()
    chain.declare(sleeper)
    chain.admit(sleeper, [1])
    consumer = sleeper.consume(FIRST, prefetch=4, timeout=50)
    message = eventually(lambda: next(consumer), what="the sleeper fetched the message")
    sleeper.housekeeper.stop()
    chain.declare(heir)
    start_worker(heir)
    declare_dead(store, sleeper)
    eventually(lambda: chain.ran_second, what="the heir ran it")
    sleeper.emit_before("process_message", message)
    sleeper.get_actor(message.actor_name)(*message.args)
    consumer.ack(message)
    assert len(chain.ran_first) == 1


def test_an_end_that_comes_too_late_has_the_order_looked_at_once_more(
    brokers: MakeBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    """Whatever the sleeper wrote to Salesforce when it woke up, a new run puts right."""
    chain, sleeper, heir = Chain(), brokers(), brokers()
    chain.declare(sleeper)
    chain.admit(sleeper, [1])
    consumer = sleeper.consume(FIRST, prefetch=4, timeout=50)
    message = eventually(lambda: next(consumer), what="the sleeper fetched the message")
    sleeper.housekeeper.stop()
    sleeper.emit_before("process_message", message)
    sleeper.get_actor(message.actor_name)(*message.args)
    chain.declare(heir)
    start_worker(heir)
    declare_dead(store, sleeper)
    eventually(lambda: chain.ran_second, what="the heir brought the order to its end")
    eventually(lambda: not heir.ledger.unfinished_count(), what="the run ended")
    consumer.ack(message)
    eventually(lambda: len(chain.ran_second) == 2, what="the order was looked at again")


def _keys_calls(store: redis.Redis) -> int:
    stats: Any = store.info("commandstats")
    return int(stats.get("cmdstat_keys", {"calls": 0})["calls"])
