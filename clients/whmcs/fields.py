"""Read the fields of a WHMCS answer, whatever shape this version gives them.

Pure. Ids and numbers come as numbers or text; "nothing" is [], {}, "", null or a missing key; lists come as lists, as
objects with numeric keys (a PHP array with gaps), wrapped in their singular name or not, or as one bare object.

Source: WHMCS fact sheet 1.5.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

Fields: TypeAlias = Mapping[str, object]

# 18 digits fit 64 bits; ids are far smaller, order numbers (10 digits, past 32 bits) are kept as text.
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class MalformedError(ValueError):
    """An answer lacks what it must have; the text names the field and never holds its value."""


def rows(fields: Fields, plural: str, singular: str) -> list[Fields]:
    """Return the rows of the list `plural`, in the order they came.

    Raises: MalformedError when the list holds anything but objects.
    """
    found = _as_list(fields.get(plural), singular)
    if not all(isinstance(row, Mapping) for row in found):
        raise MalformedError(f"{plural}: a row is no object")
    return [row for row in found if isinstance(row, Mapping)]


def _as_list(value: object, singular: str) -> list[object]:
    if isinstance(value, Mapping) and value:
        if singular in value:
            return _as_list(value[singular], singular)
        if all(_NUMBER.fullmatch(str(key)) for key in value):
            return list(value.values())
        return [value]
    if isinstance(value, list):
        return value
    return [value] if value else []


def number(value: object) -> int | None:
    """Return a whole number that came as number or text, or None for everything else (booleans are no numbers)."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def required_id(fields: Fields, *names: str) -> int:
    """Return the first positive id found under the names.

    Raises: MalformedError when none of them holds one.
    """
    found = next((value for name in names if (value := optional_id(fields, name)) is not None), None)
    if found is None:
        raise MalformedError(f"{names[0]}: no id")
    return found


def optional_id(fields: Fields, name: str) -> int | None:
    """Return a positive id, or None for a missing one: 0, "0", "", null and no key all mean none."""
    found = number(fields.get(name))
    return found if found is not None and found > 0 else None


def id_list(fields: Fields, name: str) -> tuple[int, ...]:
    """Return ids that came as comma-separated text, as a number, as a list or as "nothing".

    Raises: MalformedError when a part is no number.
    """
    value = fields.get(name)
    parts = value.split(",") if isinstance(value, str) else _as_list(value, "id")
    ids = [number(part) for part in parts if part not in {"", None}]
    if None in ids:
        raise MalformedError(f"{name}: a part is no id")
    return tuple(found for found in ids if found)


def text(fields: Fields, name: str) -> str:
    """Return a text field; null, a missing key and anything but a text or a number are ""."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value)


def money(value: object) -> Decimal | None:
    """Return an amount, or None when there is none to read."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def child(fields: Fields, name: str) -> Fields:
    """Return a nested object, or an empty one for every kind of "nothing"."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}
