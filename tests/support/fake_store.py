"""fakeredis, taught what the ledger asks a server for: INFO, which tells one life of a server from the next."""

import uuid
from typing import Any, cast

import redis
from fakeredis import FakeRedisConnection, FakeServer
from fakeredis._commands import command
from fakeredis._socket import FakeSocket


class FakeStoreServer(FakeServer):
    """A server in memory that can be restarted."""

    def __init__(self) -> None:
        super().__init__(version=(7, 4))
        self.run_id = self.replication_id = ""
        self.restart()

    def restart(self) -> None:
        """Begin a new life with the data of the old one; scripts are not data."""
        self.run_id, self.replication_id = _forty_hex(), _forty_hex()
        self.script_cache.clear()


class _Socket(FakeSocket):
    @command((), (bytes,), name="info")
    def info(self, *sections: bytes) -> bytes:
        """Answer what the memory mark is made of, whatever section is asked for."""
        server = cast("FakeStoreServer", self._server)
        lines = ("# Server", f"run_id:{server.run_id}", f"master_replid:{server.replication_id}", "")
        return "\r\n".join(lines).encode()


class _Connection(FakeRedisConnection):
    def _connect(self) -> _Socket:
        return _Socket(
            cast("FakeStoreServer", self._server),
            client_class=self._client_class,
            db=self.db,
            lua_modules=self._lua_modules,
            client_info=self._client_info,
        )


def connect_fake(server: FakeStoreServer) -> redis.Redis:
    """Return a client of a server in memory."""
    options: dict[str, Any] = {"server": server}
    return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=_Connection, **options))


def _forty_hex() -> str:
    return (uuid.uuid4().hex + uuid.uuid4().hex)[:40]
