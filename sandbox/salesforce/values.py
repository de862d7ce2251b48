"""What may stand in a field: JSON in, the stored form out, which is the form of the wire.

Numbers are floats, moments are text in Salesforce's own format (so that they sort as text), empty text is null.
Source: Salesforce fact sheet 4.2, 4.7, 5.1.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

from sandbox.salesforce.fields import IDS, NUMBERS, TEXTS, Field, Kind
from sandbox.salesforce.ids import canonical
from sandbox.salesforce.refusal import Refused

_LARGEST_NUMBER = 1e16


def stored(field: Field, value: object) -> object:
    """Return a value of JSON as the field keeps it; what does not fit the field's type is refused, not converted.

    Raises: Refused.
    """
    if value is None or (value == "" and field.kind is not Kind.BOOLEAN):
        return _nothing(field)
    return _STORE[field.kind](field, value)


def lenient(value: object) -> object:
    """Return what the org's own people put into a field, in the form that JSON has."""
    if isinstance(value, datetime):
        return format_moment(value)
    return value.isoformat() if isinstance(value, date) else value


def format_moment(at: datetime) -> str:
    """Return a moment as Salesforce shows it; it keeps whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def parse_moment(text: str) -> datetime | None:
    """Return a moment from its text, None if it is no date with a time and a zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and "T" in text else None


def _nothing(field: Field) -> object:
    if field.kind is Kind.BOOLEAN:
        raise Refused(
            "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.name}: value not of required type: ", fields=[field.name]
        )
    return None


def _text(field: Field, value: object) -> object:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    if field.restricted and value not in field.values:
        text = f"{field.name}: bad value for restricted picklist field: {value}"
        raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, fields=[field.name])
    if len(value) > field.length:
        text = f"{field.name}: data value too large: {value} (max length={field.length})"
        raise Refused("STRING_TOO_LONG", text, fields=[field.name])
    return value


def _number(field: Field, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unreadable(field, value)
    if abs(value) >= _LARGEST_NUMBER:
        text = f"{field.name}: value outside of valid range on numeric field: {value}"
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", text, fields=[field.name])
    return float(value)


def _reference(field: Field, value: object) -> object:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    record_id = canonical(value)
    if record_id is None:
        text = f"{field.name}: id value of incorrect type: {value}"
        raise Refused("MALFORMED_ID", text, fields=[field.name])
    return record_id


def _boolean(field: Field, value: object) -> object:
    if not isinstance(value, bool):
        raise _unreadable(field, value)
    return value


def _date(field: Field, value: object) -> object:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise _unreadable(field, value) from error


def _moment(field: Field, value: object) -> object:
    at = parse_moment(value) if isinstance(value, str) else None
    if at is None:
        raise _unreadable(field, value)
    return format_moment(at)


def _unreadable(field: Field, value: object) -> Refused:
    token = "VALUE_STRING" if isinstance(value, str) else f"VALUE_{type(value).__name__.upper()}"
    return Refused(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {field.kind} from {token} value {value}",
        fields=[field.name],
    )


_STORE: dict[Kind, Callable[[Field, object], object]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(IDS, _reference),
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _moment,
}
