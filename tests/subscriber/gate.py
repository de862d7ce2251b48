"""A gate in front of Redis, at the socket: closed it refuses, held it says nothing, and it can break an admission."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

_CHUNK = 65_536


class Break(Enum):
    """What becomes of an admission at the gate."""

    NONE = auto()
    BEFORE = auto()  # the line is cut, and Redis never sees it
    AFTER = auto()  # Redis does it, and the answer is lost with the line


class Gate:
    """Forwards connections to the Redis on a port; `on_admission` is asked for each, before Redis has it."""

    def __init__(self, redis_port: int) -> None:
        self.admission = b"digest of the script that takes orders in"
        self.on_admission: Callable[[], Break] = lambda: Break.NONE
        self.held = 0  # requests that met a gate that holds them
        self.refused = 0  # lines that met a gate that is closed
        self._redis_port = redis_port
        self._is_open = True
        self._may_pass = threading.Event()
        self._may_pass.set()
        self._lines: set[_Line] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def close(self) -> None:
        """Cut every line, and every new one at once, as a Redis that is away."""
        with self._lock:
            self._is_open = False
            lines = list(self._lines)
        for line in lines:
            line.cut()

    def hold(self) -> None:
        """Let nothing through, and say nothing, as a Redis that hangs."""
        self._may_pass.clear()

    def open(self) -> None:
        """Let everything through."""
        self._is_open = True
        self._may_pass.set()

    def stop(self) -> None:
        self.close()
        self._may_pass.set()
        # Closing alone does not wake the thread that waits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def wait_until_open(self) -> None:
        if not self._may_pass.is_set():
            self.held += 1
        self._may_pass.wait()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        with self._lock:
            if not self._is_open:
                self.refused += 1
                client.close()
                return
            line = _Line(self, client, socket.create_connection(("127.0.0.1", self._redis_port)))
            self._lines.add(line)
        for work in (line.carry_requests, line.carry_answers):
            thread = threading.Thread(target=work)
            thread.start()
            self._threads.append(thread)


class _Line:
    """One connection through the gate."""

    def __init__(self, gate: Gate, client: socket.socket, server: socket.socket) -> None:
        self._gate = gate
        self._client = client
        self._server = server
        self._loses_answer = False

    def carry_requests(self) -> None:
        with suppress(OSError):
            while data := self._client.recv(_CHUNK):
                self._gate.wait_until_open()
                # The digest stands at the beginning of a command, which no chunk boundary cuts.
                broken = self._gate.on_admission() if self._gate.admission in data else Break.NONE
                if broken is Break.BEFORE:
                    break
                self._loses_answer = broken is Break.AFTER
                self._server.sendall(data)
        self._end(self._client)

    def carry_answers(self) -> None:
        with suppress(OSError):
            while data := self._server.recv(_CHUNK):
                if self._loses_answer:
                    break
                self._client.sendall(data)
        self._end(self._server)

    def cut(self) -> None:
        for each in (self._client, self._server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _end(self, own: socket.socket) -> None:
        """Cut both ends, and close the one that this thread reads: the other belongs to the other thread."""
        self.cut()
        own.close()
