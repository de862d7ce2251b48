"""The demo's hold on its processes: start them, know whether they live, end them whatever happens."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from cli.demo_news import Crash, News

ROOT = Path(__file__).parents[1]
_LOOK_EVERY_S = 0.05
# Far more than is needed, so that only a real fault meets it, even on a busy machine.
_VALKEY_WITHIN_S = 30.0
# honcho asks, and kills 5 s later; after this long we do it ourselves.
_STOP_WITHIN_S = 9.0
_TAIL_LINES = 12


class DemoError(Exception):
    """The demo cannot go on; the text says why, and what to look at."""


class StoppedError(Exception):
    """The person has seen enough."""


class Machine:
    """The process that runs Valkey and the Procfile's processes (`cli.demo_fleet`); a context that ends it."""

    def __init__(self, folder: Path, stopping: threading.Event) -> None:
        self.stopping = stopping
        self.began_s = time.monotonic()
        self.logs = folder / "logs"
        self.news = News()
        with (self.logs / "honcho.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "cli.demo_fleet", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                text=True,
                # Ctrl-C is for the demo, which ends the processes itself, in its own order.
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self.news.listen, args=[self._process.stdout], daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for_valkey(self) -> str:
        """Return the URL of the store as soon as it is up. Raises: DemoError."""
        self.wait_until(lambda: bool(self.news.valkey_port), within_s=_VALKEY_WITHIN_S, what="Valkey did not start")
        return f"redis://127.0.0.1:{self.news.valkey_port}/0"

    def start_processes(self, env: Mapping[str, str]) -> None:
        """Start every process of the Procfile with exactly this environment."""
        self._pipe.write(json.dumps(dict(env)) + "\n")
        self._pipe.flush()

    def wait_until(self, look: Callable[[], bool], *, within_s: float, what: str) -> None:
        """Return when `look` says so. Raises: DemoError (a process ends before, or it takes too long), StoppedError."""
        deadline_s = time.monotonic() + within_s
        while not look():
            self.check()
            if self.news.crashes:
                raise DemoError(self._with_tail(f"{self.news.crashes[0].text} while the others were starting."))
            if time.monotonic() > deadline_s:
                raise DemoError(self._with_tail(f"{what} within {within_s:.0f} s."))
            self.stopping.wait(_LOOK_EVERY_S)

    def check(self) -> None:
        """Return while the processes run or are being started again. Raises: DemoError, StoppedError."""
        if self.stopping.is_set():
            raise StoppedError
        code = self._process.poll()
        if code is None:
            return
        # Its last words are on their way.
        self._reader.join(0.2)
        if self.news.crashes:
            raise DemoError(self._with_tail(f"{self.news.crashes[-1].text}, too often to start it again."))
        raise DemoError(self._with_tail(f"{Crash('The process that runs the others', code).text}."))

    def stop(self) -> None:
        """End everything; stopping twice is harmless."""
        with suppress(OSError):
            self._pipe.close()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            _kill_group(self._process.pid)
            self._process.wait()
        # Had honcho itself been killed, its processes would still be there, each in a group of its own.
        for pid in (self._process.pid, *self.news.running.values()):
            _kill_group(pid)
        self._reader.join(1)

    @property
    def _pipe(self) -> IO[str]:
        if self._process.stdin is None:
            raise RuntimeError("started without a pipe")
        return self._process.stdin

    def _with_tail(self, text: str) -> str:
        """Return a text with the last lines of the log that tells more."""
        log = self.logs / f"{self.news.crashes[-1].name if self.news.crashes else 'honcho'}.log"
        with suppress(OSError):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
            return "\n".join([text, f"The end of {log}:", *(f"  {line}" for line in lines)])
        return text


def count_workers() -> int:
    """Return how many lines of the Procfile start a worker process."""
    return (ROOT / "Procfile").read_text(encoding="utf-8").count("pipeline.worker")


def _kill_group(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
