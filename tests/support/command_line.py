"""Run `provision` as people do: a process of its own, whose code, stdout and stderr are what counts.

Where only the words count, `provision_here` runs it inside the test's process, which takes a tenth of the time.
"""

import fcntl
import json
import logging
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.main import app
from config.settings import Settings

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "cli")
_LONGEST_S = 60


@dataclass(frozen=True, slots=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Return stdout as the one JSON document that it has to be."""
        found = json.loads(self.out)
        assert self.out.count("\n") == 1
        assert found["version"] == 1
        return dict(found)


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: these settings and none of the machine's own."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT), **env}


def provision(*arguments: str, env: Mapping[str, str], folder: Path | None = None) -> Said:
    """Run one command to its end, in a folder without a .env file."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        env=environment(env),
        cwd=folder or ROOT / "tests",
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def provision_here(*arguments: str, env: Mapping[str, str]) -> Said:
    """Run one command inside this process, with these settings and none of the machine's own."""
    unset = dict.fromkeys(name.upper() for name in Settings.model_fields)
    with _logs_as_before():
        result = CliRunner().invoke(app, arguments, env=unset | dict(env), catch_exceptions=False)
    return Said(result.exit_code, result.stdout, result.stderr)


@contextmanager
def _logs_as_before() -> Iterator[None]:
    """Give the logs back to where they went: commands send them to a stderr that ends with the command."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def provision_on_terminal(*arguments: str, env: Mapping[str, str], columns: int) -> str:
    """Run one command on a terminal so many columns wide and return all that it shows there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, *arguments], env=environment(env), cwd=ROOT / "tests", stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = _read_all(ours)
    process.wait(_LONGEST_S)
    return shown


def _read_all(terminal: int) -> str:
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        try:
            while piece := stream.read(4096):
                shown += piece
        except OSError:  # the other end is closed: Linux says so by an error
            pass
    return shown.decode().replace("\r\n", "\n")
