"""The settings that reach the sandbox as a .env file, which never replaces one that a person filled."""

from collections.abc import Mapping
from pathlib import Path

from cli.output import Exit, fail

_HEAD = "# Written by `provision sandbox`, and again by the next one.\n"


def as_env_file(env: Mapping[str, str]) -> str:
    """Return settings as lines that honcho and a shell read alike."""
    return "".join(f'{name}="{value}"\n' for name, value in sorted(env.items()))


def ensure_replaceable(path: Path, *, as_json: bool) -> None:
    """End the command, before anything is started, when the file holds what somebody else wrote."""
    try:
        is_foreign = path.exists() and not path.read_text(encoding="utf-8").startswith(_HEAD)
    except (OSError, ValueError):
        is_foreign = True
    if is_foreign:
        text = f"{path} was not written by `provision sandbox` and is left alone: name another file, or remove it."
        fail(text, code=Exit.USAGE, as_json=as_json)


def write_env_file(path: Path, env: Mapping[str, str], *, as_json: bool) -> None:
    """Write the file; end the command when its place cannot be written to."""
    try:
        path.write_text(_HEAD + as_env_file(env), encoding="utf-8")
    except OSError as error:
        fail(f"{path} cannot be written ({error.strerror}): name another file.", code=Exit.USAGE, as_json=as_json)
