"""The small parts of the actors, on a ledger in memory, and what they log."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import redis
import structlog
from structlog.testing import LogCapture

from clients.ledger.troubles import Troubles
from tests.support.fake_store import FakeStoreServer, connect_fake
from tests.support.set_clock import SetClock

LogLines = list[MutableMapping[str, Any]]


@pytest.fixture
def logs() -> Iterator[LogLines]:
    """Return all that is logged from now on, with what is bound to the running thread."""
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.reset_defaults()


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    with connect_fake(FakeStoreServer()) as client:
        yield client


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def troubles(store: redis.Redis, clock: SetClock) -> Troubles:
    return Troubles(store, clock)
