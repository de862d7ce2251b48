"""PHP's base64_decode and unserialize: strict where PHP is strict, lenient where it is lenient.

Source: WHMCS fact sheet 1.4; the PHP manual on unserialize().
"""

import binascii
import re
from typing import TypeAlias

from sandbox.whmcs.php import array_key

SerializedKey: TypeAlias = int | str
SerializedValue: TypeAlias = "bool | int | float | str | dict[SerializedKey, SerializedValue] | None"

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_INTEGER = re.compile(rb"([+-]?[0-9]+);")
_FLOAT = re.compile(rb"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NAN);")
_LENGTH = re.compile(rb"([0-9]+):")


class UnserializeError(ValueError):
    """A text that PHP's unserialize() answers with false."""


def decode_array(packed: str) -> dict[SerializedKey, SerializedValue]:
    """Return the array in a base64(serialize()) text.

    Raises: UnserializeError when it holds anything else.
    """
    value = unserialize(base64_decode(packed))
    if not isinstance(value, dict):
        raise UnserializeError("no array")
    return value


def base64_decode(text: str) -> bytes:
    """Decode as PHP does when not asked to be strict: what is not of the alphabet is passed over."""
    clean = _NOT_BASE64.sub(b"", text.encode("utf-8", "surrogateescape"))
    if len(clean) % 4 == 1:
        # A single last character carries no whole byte.
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def unserialize(data: bytes) -> SerializedValue:
    """Return the value at the beginning of serialized data; what follows it is ignored, as PHP does.

    Raises: UnserializeError.
    """
    return _Reader(data).value()


class _Reader:
    """A place in serialized data."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self) -> SerializedValue:
        kind = self._data[self._at : self._at + 2]
        self._at += 2
        if kind == b"i:":
            return int(self._match(_INTEGER))
        if kind == b"s:":
            return self._string()
        if kind == b"a:":
            return self._array()
        if kind == b"b:":
            return self._boolean()
        if kind == b"d:":
            return float(self._match(_FLOAT).replace(b"INF", b"inf").replace(b"NAN", b"nan"))
        if kind == b"N;":
            return None
        # Objects too: WHMCS has no reason to let a caller make any.
        raise UnserializeError(f"unknown type at byte {self._at - 2}")

    def _boolean(self) -> bool:
        flag = self._data[self._at : self._at + 2]
        self._at += 2
        if flag not in {b"0;", b"1;"}:
            raise UnserializeError(f"no boolean at byte {self._at - 2}")
        return flag == b"1;"

    def _string(self) -> str:
        length = int(self._match(_LENGTH))
        self._expect(b'"')
        raw = self._data[self._at : self._at + length]
        self._at += length
        # A length in characters instead of bytes ends inside the text, and the closing quote is not where it must be.
        self._expect(b'";')
        return raw.decode("utf-8", "surrogateescape")

    def _array(self) -> dict[SerializedKey, SerializedValue]:
        count = int(self._match(_LENGTH))
        self._expect(b"{")
        items: dict[SerializedKey, SerializedValue] = {}
        for _ in range(count):
            key = self._key()
            items[key] = self.value()
        self._expect(b"}")
        return items

    def _key(self) -> SerializedKey:
        key = self.value()
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise UnserializeError(f"no key at byte {self._at}")
        return array_key(key) if isinstance(key, str) else key

    def _match(self, pattern: re.Pattern[bytes]) -> bytes:
        found = pattern.match(self._data, self._at)
        if found is None:
            raise UnserializeError(f"unreadable at byte {self._at}")
        self._at = found.end()
        return found[1]

    def _expect(self, wanted: bytes) -> None:
        if not self._data.startswith(wanted, self._at):
            raise UnserializeError(f"no {wanted.decode()} at byte {self._at}")
        self._at += len(wanted)
