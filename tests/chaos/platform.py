"""A platform in small: it runs every line of the Procfile, starts again what ended, and deploys with an overlap."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.dynos import GRACE_S, Dyno, procfile

# Asked to leave while it boots, a process ends by the first signal or, as Dramatiq does, by the second: with code 1.
_LEFT = (0, 1, -signal.SIGTERM)


@dataclass(slots=True)
class _Placed:
    """A dyno and what the platform knows of it: whether we struck it, and until when it may leave."""

    dyno: Dyno
    is_struck: bool = False
    leave_by_s: float | None = None


class Platform:
    """Runs the Procfile; `tick` has to be called often."""

    def __init__(self, env: Mapping[str, str], folder: Path, chance: random.Random) -> None:
        self._env = env
        self._folder = folder
        self._chance = chance
        self._placed: list[_Placed] = []
        self.kills: Counter[str] = Counter()
        self.starts: Counter[str] = Counter()
        # Processes that ended by themselves, or not as they should.
        self.findings: list[str] = []

    def start(self) -> None:
        """Start every line of the Procfile."""
        for name in procfile():
            self._start(name)

    def tick(self) -> None:
        """Look after everything: an ended dyno is replaced, and one that would not leave is killed."""
        for placed in list(self._placed):
            if placed.dyno.code is not None:
                self._replace(placed)
            elif placed.leave_by_s is not None and time.monotonic() > placed.leave_by_s:
                self.findings.append(f"{placed.dyno.name} had not left {GRACE_S:.0f} s after SIGTERM")
                placed.is_struck = True
                placed.dyno.signal(signal.SIGKILL)

    def kill_random(self) -> None:
        """Kill one process, a master or a worker, without a word."""
        placed = self._chance.choice(self._placed)
        pids = placed.dyno.pids()
        if not pids:
            return
        placed.is_struck = True
        self.kills[placed.dyno.name] += 1
        with suppress(ProcessLookupError):
            os.kill(self._chance.choice(pids), signal.SIGKILL)

    def deploy(self) -> None:
        """Ask all to leave and start new ones at once: for some seconds, both are there."""
        for placed in self._placed:
            if placed.leave_by_s is None:
                placed.leave_by_s = time.monotonic() + GRACE_S
                placed.dyno.signal(signal.SIGTERM)
        self.start()

    def stop(self) -> None:
        """End everything, without patience."""
        for placed in self._placed:
            placed.dyno.destroy()
        self._placed.clear()

    def _start(self, name: str) -> None:
        self.starts[name] += 1
        log = self._folder / f"{name}.log"
        self._placed.append(_Placed(Dyno(name, procfile()[name], env=self._env, log=log)))

    def _replace(self, placed: _Placed) -> None:
        """Start a dyno again that has ended; it ends with its first process, so what is left of it goes too."""
        code = placed.dyno.code
        placed.dyno.destroy()
        self._placed.remove(placed)
        if placed.leave_by_s is None:
            self._start(placed.dyno.name)
        if not placed.is_struck and (placed.leave_by_s is None or code not in _LEFT):
            self.findings.append(f"{placed.dyno.name} ended by itself with code {code}")
