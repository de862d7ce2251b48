"""Tell people about the settings: what is set, a table for the README, and the example file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic.fields import FieldInfo

from config.redaction import redact_text
from config.settings_model import Settings, default_audience

Source = Literal["environment", "default", "unset", "missing"]
# Redis URLs are secret too, but shown with the password in them masked: people need to see which server it is.
_NEVER_SHOWN = frozenset({"sf_private_key", "whmcs_api_identifier", "whmcs_api_secret", "whmcs_access_key"})
_ONE_OF_TWO = {"sf_private_key": "SF_PRIVATE_KEY_FILE", "sf_private_key_file": "SF_PRIVATE_KEY"}
_LONGEST_SHOWN = 200
# Looks like a mail address, is none of a customer's, and people need to see it.
_USER_NAME = re.compile(r"[\w.%+-]{1,80}@[\w.-]{1,80}")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as people see it."""

    name: str
    value: str
    source: Source
    meaning: str


def describe(environ: Mapping[str, str]) -> list[SettingRow]:
    """Return every setting as it stands in an environment, right or wrong, with nothing secret in it."""
    return [_row(name, field, environ) for name, field in Settings.model_fields.items()]


def as_markdown() -> str:
    """Return the README's table of settings."""
    rows = [f"| `{name.upper()}` | {_default_cell(name, field)} | {_plain(field)} |" for name, field in _fields()]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows, ""])


def as_env_example() -> str:
    """Return the text of .env.example: required settings empty, the others commented out at their defaults."""
    head = "# Copy to .env, fill in what is empty, then start. Lines with a leading # show the default.\n"
    return "\n".join([head, *(_example(name, field) for name, field in _fields())])


def default_text(name: str, field: FieldInfo) -> str:
    """Return a setting's default as one writes it, empty when there is none."""
    if name == "sf_jwt_audience":
        return default_audience("")
    default = field.default
    if field.is_required() or default is None or default == frozenset():
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def _plain(field: FieldInfo) -> str:
    """Return what a setting means; Markdown takes `<name>` for a tag and would drop it."""
    return str(field.description).replace("<", "&lt;")


def _default_cell(name: str, field: FieldInfo) -> str:
    if name == "sf_jwt_audience":
        return "see right"
    if name in _ONE_OF_TWO:
        return f"this or {_ONE_OF_TWO[name]}"
    if field.is_required():
        return "required"
    text = default_text(name, field)
    return f"`{text}`" if text else "-"


def _example(name: str, field: FieldInfo) -> str:
    if field.is_required() or name == "sf_private_key":
        return f"# {field.description}\n{name.upper()}=\n"
    # The audience's default depends on the login URL: an example value would be taken over wrongly.
    default = "" if name == "sf_jwt_audience" else default_text(name, field)
    return f"# {field.description}\n# {name.upper()}={default}\n"


def _fields() -> list[tuple[str, FieldInfo]]:
    return list(Settings.model_fields.items())


def _row(name: str, field: FieldInfo, environ: Mapping[str, str]) -> SettingRow:
    given = environ.get(name.upper(), "").strip()
    if given:
        return SettingRow(name.upper(), _shown(name, given), "environment", str(field.description))
    value = default_text(name, field)
    if name == "sf_jwt_audience":
        value = redact_text(default_audience(environ.get("SF_LOGIN_URL", "").strip()))
    source: Source = "default" if value else "missing" if _is_missed(name, field, environ) else "unset"
    return SettingRow(name.upper(), value, source, str(field.description))


def _is_missed(name: str, field: FieldInfo, environ: Mapping[str, str]) -> bool:
    """Tell whether nothing works without this setting, and nothing else stands in for it."""
    substitute = {"sf_private_key": "SF_PRIVATE_KEY_FILE", "redis_url": "REDIS_TLS_URL"}.get(name, "")
    needed = field.is_required() or name == "sf_private_key"
    return needed and not environ.get(substitute, "").strip()


def _shown(name: str, text: str) -> str:
    if name in _NEVER_SHOWN:
        return f"set ({len(text)} characters)"
    shown = text if name == "sf_username" and _USER_NAME.fullmatch(text) else redact_text(text)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "…"
