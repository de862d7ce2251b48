"""Whole numbers as people and number fields write them: ` 185 `, `185.0`."""

import re
from decimal import Decimal

# 18 digits fit into the 64 bits that PHP has for an integer.
_MOST_DIGITS = 18
_POSITIVE = re.compile(r"0*([1-9][0-9]*)(?:\.0+)?")


def positive_id(text: str | None) -> int | None:
    """Return an id that was kept as text, None when it is no positive whole number."""
    found = _POSITIVE.fullmatch((text or "").strip())
    return int(found[1]) if found and len(found[1]) <= _MOST_DIGITS else None


def whole(number: Decimal) -> int | None:
    """Return a number as an integer, None when it has a fraction, is infinite, or is too large for PHP."""
    # Size first: an integer with a million digits is worth nobody's time.
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
        return None
    return int(number) if number == number.to_integral_value() else None
