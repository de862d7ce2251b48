"""Finish what runs although SIGTERM comes more than once.

A platform sends SIGTERM to every process of a dyno, and Dramatiq's master passes its own on: so each worker gets two,
and Dramatiq exits at once on the second, in the middle of an outside call. Here the first one counts and the others do
not; the platform's SIGKILL stays the last word.
"""

import signal
from contextlib import suppress
from types import FrameType
from typing import Any

from dramatiq import Broker
from dramatiq.middleware import Middleware


class IgnoreRepeatedSigterm(Middleware):
    """Pass the first SIGTERM of a worker process on to Dramatiq and drop the rest."""

    def after_process_boot(self, broker: Broker) -> None:  # noqa: ARG002 - Dramatiq's signature
        """Replace the handler that Dramatiq has just set."""
        original: Any = signal.getsignal(signal.SIGTERM)
        stopping = False

        def handle(number: int, frame: FrameType | None) -> None:
            nonlocal stopping
            if not stopping:
                stopping = True
                # The first may have come before we were here: then Dramatiq takes this one for a second, and exits.
                with suppress(SystemExit):
                    original(number, frame)

        signal.signal(signal.SIGTERM, handle)
