"""What honcho says goes to a log, and what it means to the demo."""

import json
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_STDOUT = 1
_SAID = re.compile(r"(\S+)\.\d+ (started|stopped) \((?:pid|rc)=(-?\d+)\)")


class Message(Protocol):
    """A line that honcho prints."""

    data: str


class Report:
    """What honcho prints to; the lines of the processes themselves never come here."""

    width = 0

    def __init__(self, log: Path, *, on_started: Callable[[], None], expected: int) -> None:
        self._log = log
        self._on_started = on_started
        self._missing = expected
        self._groups: dict[str, int] = {}

    def write(self, message: Message) -> None:
        """Keep a line, and pass on what it means."""
        text = message.data.rstrip()
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        if said := _SAID.match(text):
            name, event, value = said.groups()
            tell(event, name=name, value=int(value))
            self._take(event, name, int(value))

    def kill_all(self) -> None:
        """Kill whatever is left, should honcho itself have failed."""
        for name in list(self._groups):
            self._kill(name)

    def _take(self, event: str, name: str, value: int) -> None:
        if event == "stopped":
            # A worker's main process that was killed leaves its child behind; a platform ends the whole container.
            self._kill(name)
            return
        self._groups[name] = value
        self._missing -= 1
        if not self._missing:
            self._on_started()

    def _kill(self, name: str) -> None:
        with suppress(OSError):
            os.killpg(self._groups.pop(name), signal.SIGKILL)


def tell(event: str, **facts: object) -> None:
    """Tell the demo what has happened, on stdout; when it is gone, end in order all the same."""
    with suppress(BrokenPipeError):
        os.write(_STDOUT, f"{json.dumps({'event': event} | facts)}\n".encode())
