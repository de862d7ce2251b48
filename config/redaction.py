"""Take secrets and personal data out of whatever is about to be logged or shown.

Two nets: names (what stands under a key like `password` is masked, at any depth) and shapes (what looks like a key, a
token, a session id, a card number or a mail address is masked anywhere in any text, tracebacks included). A third, for
the secrets of this very process, is cast by `redact_values`.

All shapes are one alternation, so that a text is walked once, and none of them can go back further than it went
forward once, so that a long text costs its length and no more.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

MASK = "***"
# Shorter ones would blacken ordinary words and numbers.
_SHORTEST_SECRET = 6
# Deeper than any answer that is logged; also what ends a structure that contains itself.
_DEEPEST = 8
_SMALLEST_CARD = 10**12
_TOLD_BY_STR = (date, timedelta, Decimal, Enum, PurePath, UUID)

_NAMES = (
    r"secrets?|secret_?key|passw(?:or)?ds?2?|passphrase|identifier|access_?key|api_?key|private_?key|token|assertion"
    r"|authorization|cookie|e_?mails?|phones?|phone_?numbers?|address(?:es|[12])?|first_?name|last_?name|full_?name"
    r"|company_?name|user_?name|post_?code|cvv|cvc|iban|(?<![a-zA-Z])card\w{0,20}"
)
_SENSITIVE_KEY = re.compile(rf".*(?:{_NAMES})", re.IGNORECASE | re.DOTALL)
_SHAPES = (
    # The id of an event: it must survive whatever its digits look like.
    r"(?P<keep>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)",
    # A PEM block, also one that was cut short.
    r"-----BEGIN [A-Z0-9 ]{3,40}-----(?s:.*?)(?:-----END [A-Z0-9 ]{3,40}-----|\Z)",
    # Credentials in a URL.
    r"(?<=://)(?P<url>[^\s/\"'<>]*)@",
    r"\b(?i:Bearer)\s+[\w.~+/=!%-]{8,}",
    # A Salesforce session id: the org's id, an exclamation mark, the rest.
    r"\b00D[A-Za-z0-9]{9,15}(?:!|%21)[\w.~%-]+",
    # A JSON web token.
    r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?",
    # name=value in a form body, a URL or a call; "name": "value" in JSON or in Python's repr, also escaped once more.
    rf"(?P<name>(?i:{_NAMES})(?:=|%3D|\\?[\"']\s*:\s*))"  # noqa: ISC004 - one shape
    r"(?:\\[\"'][^\"']*+[\"']?|\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|[^\s&;,\"']+)",
    r"(?P<header>(?i:authorization)\s*:\s*)[^\s\"']+(?:[ ][^\s\"',]+)?",
    r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)+",
    # A card number, as one run or in groups. None begins with 1: milliseconds and nanoseconds since 1970 do.
    r"(?P<card>(?<![0-9A-Za-z])(?<!\d[.-])"  # noqa: ISC004 - one shape
    r"(?:[2-6]\d{12,18}|[2-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}|3\d{3}[ -]\d{6}[ -]\d{5})(?![0-9A-Za-z]))",
)


class Redactor:
    """Masks secrets in texts and nested values; knows the secrets it was told of."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._shapes = self._compiled()

    def learn(self, values: Iterable[str]) -> None:
        """Mask these values from now on, wherever they appear: as they are, in a URL, in Python's repr, in JSON."""
        for value in values:
            if len(value) >= _SHORTEST_SECRET:
                escaped = {repr(value)[1:-1], json.dumps(value)[1:-1]}
                self._known |= {value, quote(value, safe=""), quote_plus(value)} | escaped
        self._shapes = self._compiled()

    def text(self, text: str) -> str:
        """Return the text with every secret and personal datum in it masked."""
        return self._shapes.sub(_masked, text)

    def fields(self, fields: Mapping[Any, object], depth: int = 0) -> dict[str, object]:
        """Return named values masked by their names and by what they look like."""
        return {self.text(str(key)): self._under(str(key), item, depth + 1) for key, item in fields.items()}

    def value(self, value: object, depth: int = 0) -> object:
        """Return a value made of plain types only, masked at any depth; what is no plain type becomes its text."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, int):
            return value if abs(value) < _SMALLEST_CARD or self.text(str(value)) != MASK else MASK
        if isinstance(value, (Mapping, list, tuple, set, frozenset)):
            return self._nested(value, depth)
        return self.text(_told(value))

    def _nested(self, value: Mapping[Any, object] | Collection[object], depth: int) -> object:
        if depth >= _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return self.fields(value, depth)
        return [self.value(item, depth + 1) for item in value]

    def _under(self, key: str, item: object, depth: int) -> object:
        told = item is not None and item != "" and not isinstance(item, bool)
        return MASK if told and is_sensitive(key) else self.value(item, depth)

    def _compiled(self) -> re.Pattern[str]:
        known = "|".join(re.escape(value) for value in sorted(self._known, key=len, reverse=True))
        return re.compile("|".join([_SHAPES[0], *([known] if known else []), *_SHAPES[1:]]))


@lru_cache(maxsize=2048)
def is_sensitive(key: str) -> bool:
    """Tell whether what stands under a key of this name is never shown."""
    return _SENSITIVE_KEY.fullmatch(key.replace("-", "_").replace(" ", "_")) is not None


def is_card_number(text: str) -> bool:
    """Tell whether the digits of a text pass the check that every card number passes (Luhn)."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[1::2]]  # noqa: PLR2004 - 5 doubled has two digits
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _told(value: object) -> str:
    try:
        return str(value) if isinstance(value, _TOLD_BY_STR) else repr(value)
    except Exception:  # noqa: BLE001 - a value that cannot be told must not cost the line that mentions it
        return f"<{type(value).__name__} that cannot be shown>"


def _masked(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups["keep"] or (groups["card"] and not is_card_number(groups["card"])):
        return match[0]
    if groups["url"] is not None:
        return f"{MASK}@"
    return (groups["name"] or groups["header"] or "") + MASK


_redactor = Redactor()


def redact_values(values: Iterable[str]) -> None:
    """Mask these values in everything that this process logs or shows from now on."""
    _redactor.learn(values)


def redact_text(text: str) -> str:
    """Return a text with secrets and personal data masked."""
    return _redactor.text(text)


def redact_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return named values with secrets and personal data masked at any depth, made of plain types only."""
    return _redactor.fields(fields)
