"""The demo's folder: logs, the settings of the running demo, and a command that has them."""

import fcntl
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cli.demo_machine import DemoError
from cli.env_file import as_env_file

_HEAD = "# The settings of the demo that runs, or ran last; written by `provision demo`.\n"
_COMMAND = """#!/bin/sh
# `provision` with the settings of the demo that runs, or ran last; written by `provision demo`.
set -a
. {env}
exec {python} -m cli "$@"
"""


class DemoFolder:
    """The folder, held by one demo at a time; a context that lets it go."""

    def __init__(self, path: Path) -> None:
        """Take the folder and empty its logs. Raises: DemoError."""
        self.path = path.absolute()
        self.logs = self.path / "logs"
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise DemoError(f"{path} cannot be used ({error.strerror}): name another by --folder.") from error
        self._take()
        for log in (*self.logs.glob("*.log"), *self.path.glob("valkey/*.log")):
            log.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def shown(self, name: str) -> str:
        """Return the path of something in the folder as one types it here."""
        path, here = self.path / name, Path.cwd()
        return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))

    def write_settings(self, settings: Mapping[str, str]) -> None:
        """Write the settings, and the command that has them."""
        env = self.path / "env"
        env.write_text(_HEAD + as_env_file(settings), encoding="utf-8")
        command = self.path / "provision"
        text = _COMMAND.format(env=shlex.quote(str(env)), python=shlex.quote(sys.executable))
        command.write_text(text, encoding="utf-8")
        command.chmod(0o755)

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.seek(0)
            owner = self._lock.read().strip()
            text = f"Another demo (process {owner}) runs in {self.path}: end it first, or name a folder by --folder."
            raise DemoError(text) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
