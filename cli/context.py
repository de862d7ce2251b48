"""What every command needs before it can work: checked settings, and readable ends for what is out of reach."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.output import Exit, fail
from cli.troubles import TROUBLES, explain
from config.logging import configure
from config.settings import Settings, SettingsError, load


def load_settings(*, as_json: bool) -> Settings:
    """Return the settings, logs going to stderr; end the command with the whole list when something is wrong."""
    try:
        settings = load()
    except SettingsError as error:
        fail(settings_message(error), code=Exit.USAGE, as_json=as_json)
    configure(settings, stream=sys.stderr)
    return settings


def settings_message(error: SettingsError) -> str:
    """Return what is wrong with the settings; people who filled a .env file are told who reads it."""
    if not Path(".env").is_file():
        return str(error)
    return f"{error}\nThe .env file here is read by honcho only: honcho run provision …"


@contextmanager
def reachable(settings: Settings, *, as_json: bool) -> Iterator[None]:
    """End the command with one readable line when Redis or Salesforce is out of reach or refuses us."""
    try:
        yield
    except TROUBLES as trouble:
        fail(explain(trouble, settings), code=Exit.UNREACHABLE, as_json=as_json)
