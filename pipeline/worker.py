"""A worker process: Dramatiq's own command line, on our broker, for the queues it is told.

    python -m pipeline.worker --processes 1 --threads 8 --queues validate-order

Settings are checked before anything starts, so that a wrong one stops the process with one readable message.
"""

import argparse
import os
import sys

import dramatiq
from dramatiq import cli

from config.logging import configure
from config.settings import Settings, SettingsError, load
from pipeline.assembly import assemble
from pipeline.fulfilment import STAGE_QUEUES, declare_stages
from pipeline.reconcile import RECONCILE_QUEUE, declare_reconcile
from pipeline.settings_notice import tell_settings_problem

QUEUES = (*STAGE_QUEUES, RECONCILE_QUEUE)
# A platform kills 30 s after it asks to stop: end before that.
SHUTDOWN_TIMEOUT_MS = 25_000
# Dramatiq calls the setup function without arguments in each process it starts, maybe in a fresh interpreter: the
# environment is what is sure to come along. It sizes the pools: with fewer connections than threads, calls would queue.
_THREADS, _USUAL_THREADS = "WORKER_THREADS", 8


def main(argv: list[str] | None = None) -> int:
    """Run Dramatiq's command line until it is asked to stop; return its exit code, 2 when a setting is wrong."""
    args = _parser().parse_args(argv)
    settings_or_exit()
    os.environ[_THREADS] = str(args.threads)
    command = [
        "pipeline.worker:set_up",
        "--skip-logging",
        f"--processes={args.processes}",
        f"--threads={args.threads}",
        f"--worker-shutdown-timeout={SHUTDOWN_TIMEOUT_MS}",
        "--queues",
        *args.queues,
    ]
    return int(cli.main(cli.make_argument_parser().parse_args(command)) or 0)


def set_up() -> None:
    """Make this process's clients and broker and declare every stage on it."""
    settings = settings_or_exit()
    assembly = assemble(settings, threads=int(os.environ.get(_THREADS, _USUAL_THREADS)))
    declare_stages(assembly.broker, assembly.clients)
    declare_reconcile(assembly.broker, assembly.clients)
    dramatiq.set_broker(assembly.broker)


def settings_or_exit() -> Settings:
    """Load the settings and configure the logs; leave with code 2 and the whole list when something is wrong."""
    try:
        settings = load()
    except SettingsError as error:
        tell_settings_problem(str(error))
        sys.exit(2)
    configure(settings)
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.worker", description="Run the stages of some queues.")
    parser.add_argument("--processes", "-p", type=int, default=1)
    parser.add_argument("--threads", "-t", type=int, default=_USUAL_THREADS)
    parser.add_argument("--queues", "-Q", nargs="+", choices=QUEUES, default=QUEUES, metavar="QUEUE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
