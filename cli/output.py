"""How commands speak: data on stdout, talk on stderr, one JSON document with a version where `--json` is given."""

import json
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NoReturn

import typer

# Raised when a document changes in a way that a reader of the old one would misread.
JSON_VERSION = 1


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    BUSY = 4
    UNREACHABLE = 5


def emit(data: dict[str, Any], *, as_json: bool, render: Callable[[dict[str, Any]], None]) -> None:
    """Print data: as one JSON document, or as `render` shows it to a person."""
    if as_json:
        _print_document(data)
    else:
        render(data)


def put(line: str) -> None:
    """Print one line of data, at once: who reads it from a command that goes on must not wait for its end."""
    print(line, flush=True)  # noqa: T201 - data goes to stdout


def say(text: str) -> None:
    """Talk to the person at the terminal."""
    typer.echo(text, err=True)


def fail(text: str, *, code: Exit, as_json: bool = False) -> NoReturn:
    """End the command with a reason; with `--json` the reason is on stdout too."""
    if as_json:
        _print_document({"error": text, "exit_code": int(code)})
    say(text)
    raise typer.Exit(code)


def printable(text: str) -> str:
    """Return a text that moves no cursor and colours nothing: parts of it were typed by strangers."""
    return "".join(character if character.isprintable() else " " for character in text)


def _print_document(data: dict[str, Any]) -> None:
    put(json.dumps({"version": JSON_VERSION} | data, default=str))
