"""The subscriber as what it is in life: a process, with an environment and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
# What the platform grants is 30 s; what we promise is this.
LEAVES_WITHIN_S = 10.0


class Process:
    """A running `python -m pipeline.subscriber` and what it logs."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.logs: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.subscriber"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LOG_FORMAT": "json", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def told(self, event: str) -> dict[str, Any]:
        """Wait until something was logged under this name."""

        def look() -> dict[str, Any] | None:
            return next((log for log in self.logs if log["event"] == event), None)

        return eventually(look, what=f"{event} was logged by the process")

    def send(self, *signals: signal.Signals) -> None:
        for number in signals:
            self._process.send_signal(number)

    def leaves(self, *signals: signal.Signals) -> int:
        """Send signals and return the exit code; fail when the process does not leave in time."""
        asked_at = time.monotonic()
        self.send(*signals)
        code = self._process.wait(LEAVES_WITHIN_S)
        assert time.monotonic() - asked_at < LEAVES_WITHIN_S
        return code

    def complaint(self) -> str:
        """Wait for the end and return what stands on standard error."""
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def end(self) -> None:
        """Kill the process if it is still there, and close everything."""
        self._process.kill()
        self._process.wait()
        self._reader.join(10)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.logs.append(json.loads(line))


@contextmanager
def process(env: Mapping[str, str]) -> Iterator[Process]:
    one = Process(env)
    try:
        yield one
    finally:
        one.end()
