"""How the demo shows orders travelling: live on a terminal, in plain lines elsewhere.

It is talk, on stderr: stdout is kept for the result.
"""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console

from cli.demo_watch import Watch

_LINE_EVERY_S = 1.0


class Screen(Protocol):
    """Shows where the orders are."""

    def show(self, watch: Watch) -> None:
        """Show them as they are now."""


def make_screen(console: Console, orders: int) -> AbstractContextManager[Screen]:
    """Return the screen that suits the terminal and the number of orders."""
    if not console.is_terminal or console.is_dumb_terminal:
        return nullcontext(Lines(console))
    from cli.demo_live import make_live_screen  # noqa: PLC0415 - a log needs nothing of it

    return make_live_screen(console, orders)


class Lines:
    """A line a second, when something has changed: for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""
        self._again_at_s = 0.0

    def show(self, watch: Watch) -> None:
        """Print a line, if it is time for one and there is anything new."""
        text = watch.counts
        if text == self._said or (time.monotonic() < self._again_at_s and not watch.is_over):
            return
        self._said, self._again_at_s = text, time.monotonic() + _LINE_EVERY_S
        self._console.print(f"{watch.seconds:6.1f} s  {text}", soft_wrap=True)
