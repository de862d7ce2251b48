"""Encode requests as PHP reads them: bracket arrays, and `base64(serialize(array))` inside them.

Pure. The traps it closes, all of which fail silently on the other side: a name repeated without brackets keeps only its
last value; Python's `False` and `None` become the texts "False" and "None", which PHP takes as true; `serialize` counts
bytes, not characters.

Source: WHMCS fact sheet 1.4.
"""

import base64
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import urlencode

Php: TypeAlias = (
    "bool | int | float | str | Sequence[Php] | Mapping[int, Php] | Mapping[str, Php] | Mapping[int | str, Php] | None"
)
Scalar: TypeAlias = bool | int | str | Decimal | None
FormValue: TypeAlias = Scalar | Sequence[Scalar] | Mapping[str, Scalar]

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
# What PHP turns from a text key into an integer key: no sign but minus, no leading zero, no "-0".
_DECIMAL_KEY = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)


def packed(value: Php) -> str:
    """Return `base64(serialize(value))`, the form of one line's options or custom fields."""
    return base64.b64encode(serialize(value)).decode("ascii")


def serialize(value: Php) -> bytes:
    """Return the bytes that PHP's `serialize()` makes of a value.

    Raises: ValueError for what PHP cannot hold (an integer past 64 bits) or we do not send (an infinite float),
            TypeError for other types.
    """
    if isinstance(value, Mapping):
        return _serialize_array({_array_key(key): item for key, item in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return _serialize_array(dict(enumerate(value)))
    return _serialize_scalar(value)


def _serialize_scalar(value: object) -> bytes:
    match value:
        case None:
            return b"N;"
        case bool():
            return b"b:%d;" % value
        case int():
            return b"i:%d;" % _int64(value)
        case float():
            return b"d:%s;" % repr(_finite(value)).encode("ascii")
        case str():
            text = value.encode()
            return b's:%d:"%s";' % (len(text), text)
    raise TypeError(f"{type(value).__name__} has no PHP form here")


def _serialize_array(items: Mapping[int | str, Php]) -> bytes:
    body = b"".join(serialize(key) + serialize(item) for key, item in items.items())
    return b"a:%d:{%s}" % (len(items), body)


def _array_key(key: int | str) -> int | str:
    if isinstance(key, int):
        return _int64(int(key))
    if _DECIMAL_KEY.fullmatch(key) and _INT64_MIN <= int(key) <= _INT64_MAX:
        return int(key)
    return key


def _int64(number: int) -> int:
    if not _INT64_MIN <= number <= _INT64_MAX:
        raise ValueError("PHP integers have 64 bits")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("only finite floats are sent")
    return number


def form_pairs(fields: Mapping[str, FormValue]) -> list[tuple[str, str]]:
    """Return the name-value pairs of a form body, arrays with explicit indexes.

    Shape: True is "1"; False and None are left out as fields, but are "" inside an array, where leaving one out
           would shift the lines against each other. Mappings become `name[key]`.
    """
    return [pair for name, value in fields.items() for pair in _pairs(name, value)]


def form_body(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return the pairs as `application/x-www-form-urlencoded` in UTF-8."""
    return urlencode(pairs, encoding="utf-8").encode("ascii")


def _pairs(name: str, value: FormValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from ((f"{name}[{key}]", _text(item)) for key, item in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield from ((f"{name}[{index}]", _text(item)) for index, item in enumerate(value))
    elif value is not None and value is not False:
        yield name, _text(value)


def _text(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case int() | str():
            return str(value)
        case Decimal() if value.is_finite():
            return f"{value:f}"
    raise TypeError(f"{type(value).__name__} is not sent to WHMCS: say it as text, integer or finite Decimal")
