"""A sandbox and a store without workers: the tests start those as real processes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sandbox.samples import PlacedSample
from tests.support.dynos import Dyno, running_dyno
from tests.support.stack import QUICK, Stack, running_stack
from tests.support.waiting import eventually

MOST_THREADS = 20
StartWorker = Callable[..., AbstractContextManager[Dyno]]


@pytest.fixture
def stack(redis_url: str) -> Iterator[Stack]:
    """Run everything but the workers."""
    with running_stack(redis_url, workers=False, threads=MOST_THREADS, WHMCS_TIME_LIMIT_S="30") as running:
        yield running


@pytest.fixture
def env(stack: Stack, redis_url: str) -> dict[str, str]:
    """Return the environment of a process that belongs to the stack."""
    return stack.box.env | QUICK | {"REDIS_URL": redis_url, "WHMCS_TIME_LIMIT_S": "30", "LOG_FORMAT": "json"}


@pytest.fixture
def start_worker(env: dict[str, str], tmp_path: Path) -> StartWorker:
    """Return a starter of worker processes by name."""

    def start(name: str, *, threads: int, queues: str) -> AbstractContextManager[Dyno]:
        command = f"exec python -m pipeline.worker -p 1 -t {threads} --queues {queues}"
        return running_dyno(name, command, env=env, folder=tmp_path)

    return start


def ready(dyno: Dyno) -> None:
    """Wait until a worker process takes messages."""
    eventually(lambda: "ready for action" in dyno.said(), what=f"{dyno.name} was up")


def request(stack: Stack, number: int) -> list[PlacedSample]:
    """Request so many orders, as the subscriber does."""
    samples = [stack.place("plain_monthly") for _ in range(number)]
    for sample in samples:
        stack.request(sample.order_id)
    return samples


def calls(stack: Stack, action: str) -> int:
    """Return how often an action of WHMCS was called."""
    return stack.box.calls.counts().get(f"whmcs.{action}", 0)
