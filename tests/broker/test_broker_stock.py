"""Compatible: Dramatiq's own broker and workers put messages on our queues and take them off, and we theirs."""

import time
from collections.abc import Iterator

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.worker import Worker

from actors.broker import FulfilmentBroker
from tests.broker.conftest import StartWorker
from tests.support.waiting import eventually


@pytest.fixture
def stock(store: redis.Redis) -> RedisBroker:
    return RedisBroker(client=store)


@pytest.fixture
def start_stock_worker(stock: RedisBroker) -> Iterator[None]:
    worker = Worker(stock, worker_timeout=50, worker_threads=2)
    worker.start()
    yield
    worker.stop(timeout=5_000)


def _plain(broker: dramatiq.Broker) -> list[float]:
    ran: list[float] = []
    dramatiq.actor(actor_name="plain", queue_name="plain", broker=broker)(lambda: ran.append(time.monotonic()))
    return ran


@pytest.mark.parametrize("delay_ms", [None, 200])
def test_we_run_what_a_stock_broker_enqueued(
    broker: FulfilmentBroker, stock: RedisBroker, start_worker: StartWorker, delay_ms: int | None
) -> None:
    ran = _plain(broker)
    _plain(stock)
    start_worker(broker)
    stock.enqueue(stock.get_actor("plain").message(), delay=delay_ms)
    eventually(lambda: ran, what="our worker ran it")


@pytest.mark.parametrize("delay_ms", [None, 200])
@pytest.mark.usefixtures("start_stock_worker")
def test_a_stock_worker_runs_what_we_enqueued(
    broker: FulfilmentBroker, stock: RedisBroker, delay_ms: int | None
) -> None:
    _plain(broker)
    ran = _plain(stock)
    broker.enqueue(broker.get_actor("plain").message(), delay=delay_ms)
    eventually(lambda: ran, what="the stock worker ran it")
    assert len(ran) == 1


def test_delayed_messages_wait_in_the_store_and_survive_the_worker_that_saw_them(
    broker: FulfilmentBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    _plain(broker)
    worker = start_worker(broker)
    broker.enqueue(broker.get_actor("plain").message(), delay=3_600_000)
    eventually(lambda: store.zcard("dramatiq:plain.due"), what="the housekeeper sorted the message in")
    worker.stop(timeout=5_000)
    assert store.hlen("dramatiq:plain.DQ.msgs") == 1
    assert broker.do_qsize("plain") == 1


def test_a_message_that_nobody_can_read_is_kept_as_a_dead_letter_and_stops_nothing(
    broker: FulfilmentBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    ran = _plain(broker)
    store.hset("dramatiq:plain.msgs", "broken", b"{no json")
    store.rpush("dramatiq:plain", "broken")
    broker.enqueue(broker.get_actor("plain").message())
    start_worker(broker)
    eventually(lambda: ran, what="the message behind it ran")
    eventually(lambda: store.hget("dramatiq:plain.XQ.msgs", "broken") == b"{no json", what="it was kept")
    assert store.hlen("dramatiq:plain.msgs") == 0


def test_a_message_for_an_actor_that_does_not_exist_is_kept_as_a_dead_letter(
    broker: FulfilmentBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    _plain(broker)
    message = broker.get_actor("plain").message().copy(actor_name="gone")
    broker.enqueue(message)
    start_worker(broker)
    eventually(lambda: store.zcard("dramatiq:plain.XQ"), what="it was kept")
