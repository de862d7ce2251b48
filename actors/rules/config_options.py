"""Config options: `{"<option id>": <value>}` as a seller writes it on the product.

Whatever WHMCS would misread in silence is refused here: a key that is no id, a value that is no single number or text.
The texts of refusals name keys, never values.

Source: WHMCS fact sheet 1.4 and 2.7.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Never

from actors.rules.texts import quoted
from actors.rules.whole_numbers import whole

_OPTION_ID = re.compile(r"[1-9][0-9]{0,17}")
_EXAMPLE = 'write {"<option id>": <value>}'


class OptionsRefusedError(ValueError):
    """Config options that cannot be sent to WHMCS; the text says why."""


def parse(text: str | None) -> dict[int, int | str]:
    """Return config options by option id; none when the field is blank, `{}`, or the `[]` that PHP makes of it.

    Raises: OptionsRefusedError.
    """
    if not (text or "").strip():
        return {}
    found = _decode(text or "")
    if found == []:
        return {}
    if not isinstance(found, dict):
        raise OptionsRefusedError(f"is no JSON object: {_EXAMPLE}")
    return {_option_id(key): _value(key, value) for key, value in found.items()}


def _decode(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_constant)
    except OptionsRefusedError:
        raise
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise OptionsRefusedError(f"is no valid JSON: {_EXAMPLE}") from error


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Make an object, but refuse a repeated key: one of its values would be lost without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise OptionsRefusedError(f"has the key {_named(repeated)} twice")
    return found


def _constant(name: str) -> Never:
    raise OptionsRefusedError(f"has the value {name}: write a number or a text")


def _option_id(key: str) -> int:
    if not _OPTION_ID.fullmatch(key):
        raise OptionsRefusedError(f"has the key {_named(key)}: write the option's id in digits")
    return int(key)


def _value(key: str, value: object) -> int | str:
    if isinstance(value, str) and _is_sound(value):
        return value
    number = whole(Decimal(value)) if isinstance(value, bool | int | Decimal) else None
    if number is None:
        raise OptionsRefusedError(
            f"has an unusable value for {_named(key)}: write a whole number, a text, true or false"
        )
    return number


def _is_sound(text: str) -> bool:
    """Tell whether a text can be encoded; half of a surrogate pair, written as an escape, cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _named(key: str) -> str:
    return quoted(key, 20)
