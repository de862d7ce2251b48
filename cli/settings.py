"""`provision settings`: what is set, from where, secrets masked."""

import os
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.context import settings_message
from cli.output import Exit, emit, fail, printable
from cli.screen import make_console, show
from config.settings import SettingsError, describe, load

# Narrower, the meanings would squeeze the values; they stand in .env.example and in the README too.
_ROOM_FOR_MEANINGS = 150
_COLOURS = {"environment": "green", "missing": "red"}


def show_settings(*, as_json: bool) -> None:
    """Print every setting; exit code 2 when something is missing or wrong, which is then told."""
    problem = _problem()
    rows = [asdict(row) for row in describe(os.environ)]
    emit({"settings": rows, "error": problem}, as_json=as_json, render=_render)
    if problem:
        fail(problem, code=Exit.USAGE)


def _problem() -> str | None:
    try:
        load()
    except SettingsError as error:
        return settings_message(error)
    return None


def _render(data: dict[str, Any]) -> None:
    console = make_console()
    with_meaning = console.width >= _ROOM_FOR_MEANINGS
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("variable", "from", "value", "meaning")[: 4 if with_meaning else 3]:
        table.add_column(title, overflow="fold")
    for row in data["settings"]:
        cells = [row["name"], Text(row["source"], _COLOURS.get(row["source"], "dim")), printable(row["value"])]
        table.add_row(*cells, *([row["meaning"]] if with_meaning else []))
    show(console, table)
