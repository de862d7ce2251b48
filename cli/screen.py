"""How data looks on stdout: on a terminal coloured and no wider than it, elsewhere plain and never cut."""

import sys

from rich.console import Console, RenderableType

from cli.output import put

# Whoever reads a pipe or a file wants whole lines.
_UNCUT = 10_000


def make_console() -> Console:
    """Return a console on stdout; colours follow the terminal, NO_COLOR and FORCE_COLOR."""
    # A line's words get their colour from us alone: guessed ones make ids and codes look like different things.
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _UNCUT)


def show(console: Console, *parts: RenderableType) -> None:
    """Print tables and texts, without the blanks with which tables fill their lines."""
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    put("\n".join(line.rstrip() for line in capture.get().rstrip("\n").split("\n")))
