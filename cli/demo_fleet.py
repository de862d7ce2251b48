"""The processes of the demo, in a process of their own: a Valkey server, and every line of the Procfile under honcho.

    python -m cli.demo_fleet FOLDER

`provision demo` starts it and holds the other end of its stdin: the environment of the processes comes in there as one
line of JSON, and when it closes, for whatever reason, everything here ends. What happens is told on stdout, one JSON
object a line; the output of each process goes to a file of its own in FOLDER/logs.

Nothing of the service is imported: honcho forks once for each process, and small is quick to fork.
"""

import json
import shlex
import signal
import sys
from pathlib import Path
from typing import NoReturn

from honcho import environ
from honcho.manager import Manager

from cli.demo_lifeline import Lifeline, read_line
from cli.demo_report import Report, tell
from cli.demo_valkey import start_valkey

ROOT = Path(__file__).parents[1]
# So often a platform's part is played, which starts again what has crashed: honcho ends all processes when one ends.
MOST_RESTARTS = 5


def main() -> int:
    """Run everything until the lifeline is cut; return the exit code of a process that ended too often."""
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, _leave)
    server = start_valkey(folder / "valkey")
    try:
        tell("valkey", value=server.port)
        line = read_line()
        return run_processes(folder / "logs", json.loads(line)) if line else 0
    finally:
        # It keeps nothing on disk: there is nothing to wait for.
        server.terminate()


def run_processes(logs: Path, env: dict[str, str]) -> int:
    """Run every line of the Procfile until one ends; start all again a few times, then return the exit code."""
    lifeline = Lifeline()
    for restarts_left in reversed(range(MOST_RESTARTS + 1)):
        returncode = run_round(logs, env, lifeline)
        if lifeline.is_cut.is_set():
            return 0
        tell("round_ended", value=restarts_left)
    return returncode or 1


def run_round(logs: Path, env: dict[str, str], lifeline: Lifeline) -> int:
    """Run every line of the Procfile once, the output of each in a file of its own; return honcho's exit code."""
    lines = environ.parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8")).processes
    processes = environ.expand_processes(lines, env=env)
    report = Report(logs / "honcho.log", on_started=lifeline.started, expected=len(processes))
    manager = Manager(report)
    for process in processes:
        log = logs / f"{process.name.partition('.')[0]}.log"
        # Under honcho one process speaks for all of what is wrong with settings: not here, where each has its own log.
        command = f"exec >>{shlex.quote(str(log))} 2>&1; unset HONCHO_PROCESS_NAME; {process.cmd}"
        manager.add_process(process.name, command, env=process.env, cwd=str(ROOT))
    lifeline.starting(manager)
    try:
        manager.loop()
    finally:
        report.kill_all()
    return int(manager.returncode or 0)


def _leave(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - the signature of a signal handler
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
