"""Salesforce record ids: 15 characters that mind their case, or 18 that survive losing it.

The last three of the 18 are check characters: they say which of the first fifteen are upper-case letters.
Everything inside the service uses the 18-character form; the border is the only place that sees 15.
Source: Salesforce fact sheet 4.8.
"""

import re

_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BASE_LENGTH = 15
_GROUP = 5


def to_18(text: str) -> str:
    """Return the 18-character form of a record id.

    An 18-character id that lost its case on the way (all lower or all upper) gets it back from its check characters.
    Raises: ValueError for anything that is no record id, check characters that do not fit included.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError(f"not a Salesforce record id: {text[:30]!r}")
    base, suffix = text[:_BASE_LENGTH], text[_BASE_LENGTH:].upper()
    if not suffix or suffix == _check_characters(base):
        return base + _check_characters(base)
    if text not in {text.lower(), text.upper()}:
        raise ValueError(f"the check characters of the Salesforce record id {text} do not fit")
    return _repaired(base, suffix)


def is_record_id(text: str, prefix: str | None = None) -> bool:
    """Tell whether a text is a record id, and of the object with this three-character prefix if one is given."""
    try:
        record_id = to_18(text)
    except ValueError:
        return False
    return prefix is None or record_id.startswith(prefix)


def _check_characters(base: str) -> str:
    """Return the three characters that say where the upper-case letters are."""
    groups = (base[start : start + _GROUP] for start in range(0, _BASE_LENGTH, _GROUP))
    return "".join(_ALPHABET[sum(1 << i for i, char in enumerate(group) if char.isupper())] for group in groups)


def _repaired(base: str, suffix: str) -> str:
    """Give an id of one case its own case back, which only the right check characters can do."""
    bits = [bool(_ALPHABET.find(mark) >> i & 1) for mark in suffix for i in range(_GROUP)]
    record_id = "".join(char.upper() if upper else char.lower() for char, upper in zip(base, bits, strict=True))
    if _check_characters(record_id) != suffix:
        raise ValueError(f"the check characters of the Salesforce record id {base + suffix} do not fit")
    return record_id + suffix
