"""A worker that does nothing leaves soon: its threads look up from their waits often."""

from collections.abc import Iterator

import pytest
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker

from actors.middleware.leave_promptly import LOOK_UP_EVERY_MS, LeavePromptly


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    broker = StubBroker(middleware=[LeavePromptly()])
    broker.declare_queue("any")
    yield broker
    broker.close()


@pytest.mark.parametrize(("asked_ms", "wait_ms"), [(1000, LOOK_UP_EVERY_MS), (10, 10)])
def test_threads_wait_no_longer_than_a_quarter_of_a_second(broker: StubBroker, asked_ms: int, wait_ms: int) -> None:
    worker = Worker(broker, worker_timeout=asked_ms, worker_threads=1)
    worker.start()
    try:
        assert [thread.timeout for thread in worker.workers] == [wait_ms / 1000]
        assert {consumer.worker_timeout for consumer in worker.consumers.values()} == {wait_ms}
    finally:
        worker.stop()
