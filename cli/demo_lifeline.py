"""The demo's end of a pipe, as the process sees it that runs the others: what comes in, and that it is still held."""

import os
import threading
import time

from honcho.manager import Manager

_STDIN = 0
# From asking to killing: workers take seconds to look up from their waits, and what they held is thrown away here.
_GRACE_S = 0.5


def read_line() -> bytes:
    """Return a line of stdin, nothing at its end; not through Python's own buffer, whose lock a fork would inherit."""
    line = b""
    while not line.endswith(b"\n"):
        if not (piece := os.read(_STDIN, 65536)):
            return b""
        line += piece
    return line


class Lifeline:
    """Ends the processes when the other end of stdin is closed."""

    def __init__(self) -> None:
        self.is_cut = threading.Event()
        self._manager: Manager
        # honcho can end its processes only when all have been started.
        self._may_end = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="lifeline", daemon=True)

    def starting(self, manager: Manager) -> None:
        """Hold an end back: the processes of a manager are about to be started."""
        self._may_end.clear()
        self._manager = manager

    def started(self) -> None:
        """Let an end through; the first time, begin to watch (later than the forks, which threads disturb)."""
        self._may_end.set()
        if self._thread.ident is None:
            self._thread.start()

    def _wait(self) -> None:
        while os.read(_STDIN, 1):
            pass
        self.is_cut.set()
        self._may_end.wait()
        self._manager.terminate()
        time.sleep(_GRACE_S)
        self._manager.kill()
