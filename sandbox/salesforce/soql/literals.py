"""Literals: which fields they fit, and their value in the form in which fields are stored.

Source: Salesforce fact sheet 4.1, 4.8.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sandbox.salesforce.fields import IDS, NUMBERS, TEXTS, Field, Kind
from sandbox.salesforce.ids import canonical
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.lexer import like_pattern, unescaped
from sandbox.salesforce.soql.nodes import Literal, LiteralKind
from sandbox.salesforce.values import format_moment

Texts = Sequence[str]
Bind = Callable[[Texts], object]
Period = tuple[str, str]
_QUOTED = TEXTS | IDS
_LONGEST_TEXT = 4000


def bind_value(field: Field, literal: Literal, now: Callable[[], datetime]) -> Bind:
    """Return what gives the literal's value for each query; raise Refused if it does not fit the field."""
    if literal.kind is LiteralKind.NULL:
        return lambda _texts: None
    if literal.kind not in _fitting(field):
        quotes = "should be" if field.kind in _QUOTED else "should not be"
        text = f"value of filter criterion for field '{field.name}' must be of type {field.kind}"
        raise Refused("INVALID_FIELD", f"{text} and {quotes} enclosed in quotes")
    if literal.kind is LiteralKind.TEXT:
        return _bind_text(field, int(literal.value or 0))
    if literal.kind is LiteralKind.PERIOD:
        return lambda _texts: _period(str(literal.value), now(), field.kind)
    value = literal.value if literal.kind is not LiteralKind.DATETIME else _moment(str(literal.value))
    return lambda _texts: value


def bind_pattern(field: Field, literal: Literal) -> Bind:
    """Return what gives the pattern of a LIKE for each query."""
    if literal.kind is not LiteralKind.TEXT or field.kind not in TEXTS:
        raise Refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.kind} field: {field.name}")
    place = int(literal.value or 0)
    return lambda texts: like_pattern(_bounded(texts[place]))


def comparable(value: object) -> object:
    """Return a value as it is compared: texts without regard to case."""
    return value.casefold() if isinstance(value, str) else value


def _fitting(field: Field) -> frozenset[LiteralKind]:
    if field.kind in _QUOTED:
        return frozenset({LiteralKind.TEXT})
    if field.kind in NUMBERS:
        return frozenset({LiteralKind.NUMBER})
    if field.kind is Kind.BOOLEAN:
        return frozenset({LiteralKind.BOOLEAN})
    return frozenset({LiteralKind.PERIOD, LiteralKind.DATE if field.kind is Kind.DATE else LiteralKind.DATETIME})


def _bind_text(field: Field, place: int) -> Bind:
    if field.kind in IDS:
        return lambda texts: _record_id(texts[place])
    return lambda texts: comparable(unescaped(_bounded(texts[place]))) or None


def _record_id(text: str) -> str:
    found = canonical(unescaped(text))
    if found is None:
        raise Refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
    return found


def _bounded(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise Refused("MALFORMED_QUERY", f"a string literal in WHERE has at most {_LONGEST_TEXT} characters")
    return text


def _moment(text: str) -> str:
    """Return a moment with its milliseconds, which stored ones do not have."""
    at = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text)).astimezone(UTC)
    return format_moment(at).replace(".000", f".{at.microsecond // 1000:03d}")


def _period(name: str, now: datetime, kind: Kind) -> Period:
    """Return the first moment of a period and the first one after it."""
    word, _, count = name.partition(":")
    days, today = int(count or 0), now.astimezone(UTC).date()
    start, length = {
        "TODAY": (today, 1),
        "YESTERDAY": (today - timedelta(days=1), 1),
        "TOMORROW": (today + timedelta(days=1), 1),
        "LAST_N_DAYS": (today - timedelta(days=days), days + 1),
        "NEXT_N_DAYS": (today + timedelta(days=1), days),
        "N_DAYS_AGO": (today - timedelta(days=days), 1),
    }[word]
    end = start + timedelta(days=length)
    return (_edge(start, kind), _edge(end, kind))


def _edge(day: date, kind: Kind) -> str:
    return day.isoformat() if kind is Kind.DATE else format_moment(datetime.combine(day, time(), UTC))
