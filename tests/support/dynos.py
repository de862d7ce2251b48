"""Lines of the Procfile as real processes, each in a process group of its own, as a platform runs them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The platform's own patience between SIGTERM and SIGKILL.
GRACE_S = 30.0


def procfile() -> dict[str, str]:
    """Return the commands of the Procfile by the names of their process types."""
    lines = (ROOT / "Procfile").read_text("utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in pairs}


class Dyno:
    """One running command: a process group, whose output is added to a file."""

    def __init__(self, name: str, command: str, *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "DYNO": name}
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                ["/bin/sh", "-c", command],
                env=own | dict(env),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def code(self) -> int | None:
        """Return the exit code of the command, None while it runs."""
        return self._process.poll()

    def pids(self) -> list[int]:
        """Return the processes of the group: the command itself first, then its children."""
        return sorted(pid for pid, group in _groups() if group == self._process.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the group."""
        # None may be left.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def wait(self, within_s: float = GRACE_S) -> int:
        """Wait for the end and return the exit code. Raises: subprocess.TimeoutExpired."""
        return self._process.wait(within_s)

    def destroy(self) -> None:
        """Kill what is left of the group and wait for it."""
        self.signal(signal.SIGKILL)
        self._process.wait()

    def said(self) -> str:
        """Return everything that was logged so far."""
        return self.log.read_text("utf-8", errors="replace")


@contextmanager
def running_dyno(name: str, command: str, *, env: Mapping[str, str], folder: Path) -> Iterator[Dyno]:
    """Run a command while the block runs; whatever happens, nothing of it is left afterwards."""
    dyno = Dyno(name, command, env=env, log=folder / f"{name}.log")
    try:
        yield dyno
    finally:
        dyno.destroy()


def _groups() -> Iterator[tuple[int, int]]:
    """Yield process and group ids of everything that runs on this machine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state, _, group = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()[:3]
            except OSError:
                continue  # it has just ended
            # A zombie has ended too; whoever started it has not asked yet.
            if state != "Z":
                yield int(entry.name), int(group)
