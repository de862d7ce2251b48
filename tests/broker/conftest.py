"""A broker alone with a hand-made stage chain: no Salesforce, no WHMCS, but a real store and real worker threads."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import redis
from dramatiq.worker import Worker

from actors.broker import FulfilmentBroker, make_broker
from actors.housekeeper import DEAD_AFTER_S
from clients.ledger import queues
from clients.ledger.ledger import Ledger
from clients.redis_connection import connect_redis

MakeBroker = Callable[[], FulfilmentBroker]
StartWorker = Callable[..., Worker]


@pytest.fixture
def brokers(redis_url: str) -> Iterator[MakeBroker]:
    """Return a maker of brokers, each as if in a process of its own."""
    with ExitStack() as stack:

        def make() -> FulfilmentBroker:
            broker = make_broker(Ledger(connect_redis(redis_url)))
            stack.callback(broker.client.close)
            stack.callback(broker.close)
            return broker

        yield make


@pytest.fixture
def broker(brokers: MakeBroker) -> FulfilmentBroker:
    return brokers()


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def start_worker() -> Iterator[StartWorker]:
    """Return a starter of worker threads; all of them are stopped at the end."""
    workers: list[Worker] = []

    def start(broker: FulfilmentBroker, *, threads: int = 4) -> Worker:
        worker = Worker(broker, worker_timeout=50, worker_threads=threads)
        worker.start()
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.stop(timeout=5_000)


@pytest.fixture
def round_trips(store: redis.Redis) -> Callable[[], int]:
    """Return a counter of what processes have asked the store for; what a script does inside is no round trip."""

    def count() -> int:
        stats: Any = store.info("commandstats")
        asked = ("evalsha", "eval", "script|load", "ping", "subscribe", "publish", "get", "set", "hget", "hset")
        inside = ("get", "set", "hget", "hset", "publish")
        return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in asked if name not in inside)

    return count


def declare_dead(store: redis.Redis, broker: FulfilmentBroker, *, for_s: float = DEAD_AFTER_S + 1) -> None:
    """Let a worker's last sign of life be long enough ago, and the others have looked a moment ago."""
    store.zadd(queues.HEARTBEATS, {broker.broker_id: int((time.time() - for_s) * 1000)})
    store.set(queues.LOOKED_AT, int(time.time() * 1000))
    store.delete(queues.GRACE)
