"""What PHP makes of a form body, and of texts that are meant to be numbers or booleans.

Written from PHP's documented behaviour alone: it shares no line with the service's encoder, so that one misreading is
not made twice.

Source: WHMCS fact sheet 1.4; the PHP manual on "Variables From External Sources".
"""

import re
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

PhpValue: TypeAlias = "str | dict[int | str, PhpValue]"
PhpArray: TypeAlias = "dict[int | str, PhpValue]"

# PHP's defaults for max_input_vars and max_input_nesting_level: what exceeds them is dropped without a word.
MAX_INPUT_VARS = 1000
MAX_NESTING = 64

_INTEGER_KEY = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_NUMBER_PREFIX = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", re.ASCII)
_PLAIN_INTEGER = re.compile(r"[0-9]{1,18}", re.ASCII)
_INT64 = 2**63


def parse_form(body: bytes, *, max_vars: int = MAX_INPUT_VARS) -> PhpArray:
    """Return $_POST of an url-encoded body; the keys of the outermost array are always texts.

    Bytes that are no UTF-8 survive as surrogates, as PHP does not care for them either.
    """
    form: PhpArray = {}
    seen = 0
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        if not name:
            continue
        seen += 1
        if seen > max_vars:
            break
        _register(form, _decode(name), _decode(value))
    return form


def array_key(text: str) -> int | str:
    """Return the key that PHP makes of a text: "1" and "-5" become integers, "08" and "1.0" stay texts."""
    if _INTEGER_KEY.fullmatch(text) and -_INT64 <= int(text) < _INT64:
        return int(text)
    return text


def truthy(value: "PhpValue | None") -> bool:
    """Tell whether PHP takes a value as true: every text but "" and "0" is, also "False" and "0.0"."""
    return value not in (None, "", "0", {})


def to_int(value: "PhpValue | None") -> int:
    """Return (int) of a value: the number at its beginning, 0 when there is none."""
    if isinstance(value, dict):
        return 1 if value else 0
    text = value or ""
    if _PLAIN_INTEGER.fullmatch(text):
        return int(text)
    found = _NUMBER_PREFIX.match(text)
    return int(float(found[1])) if found else 0


def to_text(value: "PhpValue | None") -> str:
    """Return (string) of a value; an array becomes the text "Array"."""
    if isinstance(value, dict):
        return "Array"
    return value or ""


def _decode(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "surrogateescape")


def _register(form: PhpArray, name: str, value: str) -> None:
    name = name.lstrip(" ")
    base, path = _split_name(name) if "[" in name else (name, [])
    base = base.replace(".", "_").replace(" ", "_")
    if not base or len(path) > MAX_NESTING:
        return
    target: PhpArray = form
    key: int | str = base
    for part in path:
        target = _enter(target, key)
        key = array_key(part) if part else _next_index(target)
    target[key] = value


def _split_name(name: str) -> tuple[str, list[str]]:
    """Split `a[x][]` into its base and its keys. What follows a closing bracket, if no new one opens, is ignored."""
    base, _, rest = name.partition("[")
    if "]" not in rest:
        # An opening bracket that is never closed becomes an underscore.
        return f"{base}_{rest}", []
    path = []
    while True:
        inside, closed, rest = rest.partition("]")
        if not closed:
            break
        path.append(inside)
        if not rest.startswith("["):
            break
        rest = rest[1:]
    return base, path


def _enter(target: PhpArray, key: int | str) -> PhpArray:
    """Return the array at a key; a scalar that stood there is replaced by an empty one."""
    found = target.get(key)
    if isinstance(found, dict):
        return found
    fresh: PhpArray = {}
    target[key] = fresh
    return fresh


def _next_index(array: PhpArray) -> int:
    # Before PHP 8.3, a negative key is followed by 0.
    return max((key for key in array if isinstance(key, int) and key >= 0), default=-1) + 1
