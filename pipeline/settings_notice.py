"""Say once what is wrong with the settings, although honcho starts many processes that all find it wrong.

Under honcho the first process that comes tells everything and the others keep silent. Elsewhere every process tells: on
a platform each is alone on its machine, with a log of its own.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

# Its processes know by this variable that honcho has started them.
_UNDER_HONCHO = "HONCHO_PROCESS_NAME"
_HINT = "honcho takes them from the file .env: cp .env.example .env, and fill it in."
# By then all processes of a honcho have ended, or gone on.
_FORGOTTEN_AFTER_S = 60.0


def tell_settings_problem(text: str) -> None:
    """Write to stderr what is wrong, unless another process of the same honcho does."""
    if _UNDER_HONCHO not in os.environ:
        sys.stderr.write(f"{text}\n")
        return
    # honcho ends all processes as soon as one has ended: not before this one has spoken. It ends by itself anyway.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if _is_first(_honcho()):
        sys.stderr.write(f"{text}\n{_HINT}\n")


def _honcho() -> str:
    """Return what the processes of one honcho have in common with each other, and with those of no other.

    Between honcho and each of its processes stands a fork of honcho that reads the output.
    """
    try:
        honcho = _stat(os.getppid())[1]
        started = _stat(int(honcho))[19]
    except (OSError, IndexError):
        # No /proc: the fork's process group, which is honcho's; two after each other in one script share it.
        return str(os.getpgid(os.getppid()))
    return f"{honcho}-{started}"


def _stat(pid: int) -> list[str]:
    """Return what Linux tells of a process, from its state on: [1] is its parent, [19] when it was started."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _is_first(honcho: str) -> bool:
    """Leave a mark that others find; when none can be left, rather tell several times than never."""
    folder, prefix = Path(tempfile.gettempdir()), f"provision-settings-{os.getuid()}-"
    try:
        for mark in folder.glob(f"{prefix}*"):
            if time.time() - mark.stat().st_mtime > _FORGOTTEN_AFTER_S:
                mark.unlink()
        os.close(os.open(folder / f"{prefix}{honcho}", os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    except OSError:
        return True
    return True
