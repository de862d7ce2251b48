"""Waking: a message is taken up when it comes, not when somebody happens to look; and waiting costs next to nothing."""

import time
from collections.abc import Callable
from typing import Any

import dramatiq
import pytest
import redis

from actors import housekeeper
from actors.broker import FulfilmentBroker
from clients.ledger import queues
from pipeline.fulfilment import STAGE_QUEUES
from tests.broker.chain import FIRST, Chain
from tests.broker.conftest import MakeBroker, StartWorker
from tests.support.waiting import eventually


@pytest.fixture
def _nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the safety net be so wide that whatever runs was woken."""
    monkeypatch.setattr(housekeeper, "LOOK_EVERY_S", 3600.0)


@pytest.mark.usefixtures("_nobody_looks")
def test_messages_that_come_one_by_one_are_taken_up_without_anybody_looking(
    broker: FulfilmentBroker, start_worker: StartWorker
) -> None:
    chain = Chain()
    chain.declare(broker)
    start_worker(broker)
    for number in range(50):
        chain.admit(broker, [number])
        eventually(lambda: len(chain.ran_second) == number + 1, what="the message was taken up")  # noqa: B023


@pytest.mark.usefixtures("_nobody_looks")
def test_a_message_of_another_process_wakes_a_waiting_one(brokers: MakeBroker, start_worker: StartWorker) -> None:
    chain, producer, consumer = Chain(), brokers(), brokers()
    chain.declare(producer)
    chain.declare(consumer)
    start_worker(consumer)
    eventually(lambda: producer.client.exists(queues.waiting(FIRST)), what="the consumer waits")
    chain.admit(producer, [1])
    eventually(lambda: chain.ran_second, what="the other process was woken")


@pytest.mark.usefixtures("_nobody_looks")
def test_a_delayed_message_is_moved_on_when_it_is_due(broker: FulfilmentBroker, start_worker: StartWorker) -> None:
    ran = _count_runs(broker)
    start_worker(broker)
    message = broker.get_actor("plain").message()
    began = time.monotonic()
    broker.enqueue(message, delay=300)
    eventually(lambda: ran, what="the delayed message ran")
    assert time.monotonic() - began >= 0.3


def test_while_nobody_waits_nothing_is_published(broker: FulfilmentBroker, store: redis.Redis) -> None:
    chain = Chain()
    chain.declare(broker)
    before = _calls(store, "publish")
    chain.admit(broker, range(200))
    assert _calls(store, "publish") == before


def test_a_waking_that_was_missed_is_made_up_for(
    broker: FulfilmentBroker, store: redis.Redis, start_worker: StartWorker
) -> None:
    """A connection of the listener that breaks without a word loses what was published meanwhile."""
    chain = Chain()
    chain.declare(broker)
    start_worker(broker)
    eventually(lambda: store.pubsub_numsub(queues.waiting(FIRST))[0][1], what="the listener is there")
    store.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    chain.admit(broker, [1])
    eventually(lambda: chain.ran_second, what="the message was found all the same")


def test_an_idle_process_on_all_queues_asks_less_than_five_times_a_second(
    broker: FulfilmentBroker, start_worker: StartWorker, round_trips: Callable[[], int]
) -> None:
    for queue in STAGE_QUEUES:
        dramatiq.actor(actor_name=queue, queue_name=queue, broker=broker)(lambda: None)
    start_worker(broker)
    eventually(lambda: broker.client.exists(queues.waiting(STAGE_QUEUES[-1])), what="all consumers wait")
    before, began = round_trips(), time.monotonic()
    eventually(lambda: time.monotonic() - began > 6, what="six idle seconds passed")
    per_second = (round_trips() - before) / (time.monotonic() - began)
    assert per_second < 5


def _calls(store: redis.Redis, command: str) -> int:
    stats: Any = store.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def _count_runs(broker: FulfilmentBroker) -> list[float]:
    ran: list[float] = []
    dramatiq.actor(actor_name="plain", queue_name="plain", broker=broker)(lambda: ran.append(time.monotonic()))
    return ran
