"""How a process that must not be cut off leaves: once asked, in time, however often it is asked."""

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import NoReturn

import structlog

log = structlog.get_logger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def leave_on_signals(stop: Callable[[], None], *, within_s: float) -> None:
    """Have the first SIGTERM or SIGINT call `stop`, and end the process if it is still there `within_s` later.

    A thread waits for the signals; a handler would interrupt the main thread anywhere, also while that holds the very
    lock that `stop` needs. Later signals find them blocked and are ignored. Call it before other threads start: they
    inherit what is blocked.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    threading.Thread(target=_wait_and_leave, args=(stop, within_s), name="signals", daemon=True).start()


def _wait_and_leave(stop: Callable[[], None], within_s: float) -> NoReturn:
    number = signal.sigwait(_SIGNALS)
    log.info("process.stopping", signal=signal.Signals(number).name)
    stop()
    # The process is usually gone long before: then this thread goes with it.
    time.sleep(within_s)
    log.warning("process.left_in_the_middle", reason=f"something has not answered for {within_s:g} s")
    os._exit(0)
