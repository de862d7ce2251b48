"""`provision settings`: what is set, from where, secrets masked."""

import os
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.output import Exit, emit, fail
from config.settings import SettingsError, describe, load


def show_settings(*, as_json: bool) -> None:
    """Print every setting; exit code 2 when something is missing or wrong, which is then told."""
    emit({"settings": [asdict(row) for row in describe(os.environ)]}, as_json=as_json, render=_render)
    try:
        load()
    except SettingsError as error:
        fail(str(error), code=Exit.USAGE)


def _render(data: dict[str, Any]) -> None:
    table = Table("variable", "value", "from", "meaning")
    for row in data["settings"]:
        table.add_row(row["name"], row["value"], row["source"], row["meaning"])
    Console().print(table)
