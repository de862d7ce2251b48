"""A demo as people see it: a process with two streams, what it printed, and what it leaves behind."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from tests.support.command_line import COMMAND, environment
from tests.support.waiting import eventually

_LONGEST_S = 60.0


class Demo:
    """A running demo whose words go to files of its folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*COMMAND, "demo", "--folder", str(folder / "demo"), *options],
                env=environment({}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """Return what it told the person so far."""
        return self._err.read_text("utf-8")

    @property
    def result(self) -> str:
        """Return what it printed as its result."""
        return self._out.read_text("utf-8")

    def wait_for(self, text: str) -> None:
        """Wait until it has said something."""
        eventually(lambda: text in self.said, what=f"the demo said {text!r}", within_s=_LONGEST_S)

    def line(self, part: str) -> str:
        """Return the first line it said with this in it, from there on."""
        return next(line[line.index(part) :] for line in self.said.splitlines() if part in line)

    def interrupt(self) -> int:
        """Press Ctrl-C, which reaches its whole process group, and return the exit code."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(_LONGEST_S)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to the demo alone and return the exit code."""
        self._process.send_signal(number)
        return self._process.wait(_LONGEST_S)


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[Demo]:
    """Run a demo while the block runs, and end it."""
    demo = Demo(folder, *options)
    try:
        yield demo
    finally:
        demo.interrupt()


def left_behind(folder: Path) -> list[str]:
    """Return what a demo in this folder has left running: processes, and a store that answers."""
    log, env = folder / "demo" / "logs" / "honcho.log", folder / "demo" / "env"
    groups = set(re.findall(r"started \(pid=(\d+)\)", log.read_text("utf-8")))
    processes = [line for line in _processes() if line.split()[4] in groups]
    urls = re.findall(r'REDIS_URL="(redis:.+)"', env.read_text("utf-8")) if env.exists() else []
    return processes + [url for url in urls if _answers(url)]


def _processes() -> Iterator[str]:
    """Yield what Linux tells of every process that has not ended: id, name, state, parent, group and more."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            line = stat.read_text("utf-8")
            if line.rpartition(")")[2].split()[0] != "Z":
                yield re.sub(r"\(.*\)", "name", line)


def _answers(url: str) -> bool:
    with suppress(redis.ConnectionError), redis.Redis.from_url(url) as client:
        return bool(client.ping())
    return False
