"""A gate in front of a store: closed, it cuts every connection and refuses new ones, as a store that is away does."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Gate:
    """A TCP relay on a port of its own that can be closed and opened."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open = True
        self._sockets: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        self._listener.close()

    def close(self) -> None:
        """Cut all connections; new ones end at once."""
        with self._lock:
            self._open = False
            sockets, self._sockets = self._sockets, set()
        for each in sockets:
            _cut(each)

    def open(self) -> None:
        """Let everybody through again."""
        with self._lock:
            self._open = True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._open:
                    _cut(client)
                    continue
                server = socket.create_connection(("127.0.0.1", self._target_port))
                self._sockets |= {client, server}
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._relay, args=pair, daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # one of the two is gone: so is the other, at once
            while data := source.recv(65536):
                sink.sendall(data)
        _cut(source)
        _cut(sink)


def _cut(each: socket.socket) -> None:
    with suppress(OSError):  # it may be cut already
        each.shutdown(socket.SHUT_RDWR)
    each.close()
