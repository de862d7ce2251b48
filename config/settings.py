"""Read the settings from the environment: once, at the start of a process, all or nothing.

Nothing else in the service looks at the environment, and this module does so only when `load` is called.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.settings_model import Settings
from config.settings_report import SettingRow, as_env_example, as_markdown, describe

__all__ = ["SettingRow", "Settings", "SettingsError", "as_env_example", "as_markdown", "describe", "load"]

_HINT = "To see the service work without any settings: make run."


class SettingsError(Exception):
    """Settings are missing or malformed; the text lists all of them and holds no value."""


@dataclass(frozen=True, slots=True)
class _Problem:
    variable: str
    text: str


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the checked settings of this process, or of the environment given.

    Raises: SettingsError listing everything that is missing or wrong.
    """
    given = _given(os.environ if environ is None else environ)
    problems = _key_problems(given)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problems = [*_field_problems(error), *problems]
    else:
        if not problems:
            return settings
    raise SettingsError(_message(problems))


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    """Take our variables; an empty one counts as unset, since platforms and .env files make empty ones."""
    texts = {name: environ.get(name.upper(), "").strip() for name in Settings.model_fields}
    texts["redis_url"] = texts["redis_tls_url"] or texts["redis_url"]
    return {name: text for name, text in texts.items() if text}


def _key_problems(given: Mapping[str, str]) -> list[_Problem]:
    in_text, in_file = "sf_private_key" in given, "sf_private_key_file" in given
    if in_text and in_file:
        return [_Problem("SF_PRIVATE_KEY and SF_PRIVATE_KEY_FILE", "are both set; unset one of them")]
    if not in_text and not in_file:
        return [_Problem("SF_PRIVATE_KEY or SF_PRIVATE_KEY_FILE", f"is missing; set it: {_meaning('sf_private_key')}")]
    return []


def _field_problems(error: ValidationError) -> list[_Problem]:
    details = error.errors(include_url=False, include_input=False)
    # The audience is worked out from the login URL; when that is wrong, one line about it is enough. The same for
    # REDIS_URL, which has been replaced by a wrong REDIS_TLS_URL.
    wrong = {detail["loc"][0] for detail in details}
    told = [d for d in details if d["type"] != "default_factory_not_called"]
    return [_problem(d) for d in told if not (d["loc"][0] == "redis_url" and "redis_tls_url" in wrong)]


def _problem(detail: ErrorDetails) -> _Problem:
    name = str(detail["loc"][0])
    if detail["type"] == "missing":
        return _Problem(name.upper(), f"is missing; set it: {_meaning(name)}")
    return _Problem(name.upper(), str(detail["ctx"]["error"]))


def _meaning(name: str) -> str:
    return str(Settings.model_fields[name].description)


def _message(problems: list[_Problem]) -> str:
    count = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    lines = [f"  {problem.variable} {problem.text}." for problem in problems]
    return "\n".join([f"{count} missing or wrong:", *lines, _HINT])
