"""Record ids: 15 case-sensitive characters, and 3 more that say which of them are capitals.

Source: Salesforce fact sheet 4.8.
"""

import random
import string
from functools import lru_cache

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKS = string.ascii_uppercase + "012345"
_SHORT, _LONG, _GROUP = 15, 18, 5
# Behind the prefix stand the instance and a reserved digit, then a number to the base of 62.
_INSTANCE, _NUMBER_LENGTH = "5e0", 9


def with_checks(short_id: str) -> str:
    """Return the 18-character form of a 15-character id."""
    groups = (short_id[start : start + _GROUP] for start in range(0, _SHORT, _GROUP))
    return short_id + "".join(
        _CHECKS[sum(1 << i for i, char in enumerate(group) if _is_capital(char))] for group in groups
    )


@lru_cache(maxsize=16384)
def canonical(text: str) -> str | None:
    """Return the 18-character form of an id given with 15 or 18 characters, None if it is no id.

    The case of an 18-character id is taken from its last three characters, so it may arrive in any case.
    """
    if len(text) not in {_SHORT, _LONG} or not (text.isascii() and text.isalnum()):
        return None
    if len(text) == _SHORT:
        return with_checks(text)
    checks = text[_SHORT:].upper()
    if any(check not in _CHECKS for check in checks):
        return None
    repaired = "".join(_restored(text[i], checks[i // _GROUP], i % _GROUP) for i in range(_SHORT))
    return repaired + checks if with_checks(repaired) == repaired + checks else None


class IdFactory:
    """Makes new ids, ascending for each prefix, with gaps as in an org that others use too."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._last: dict[str, int] = {}

    def next_id(self, prefix: str) -> str:
        """Return a new 18-character id."""
        start = self._last.get(prefix) or self._chance.randrange(62**6, 62**7)
        number = self._last[prefix] = start + self._chance.randrange(1, 40)
        return with_checks(prefix + _INSTANCE + _base_62(number))


def _base_62(number: int) -> str:
    digits = ""
    for _ in range(_NUMBER_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _is_capital(char: str) -> bool:
    return "A" <= char <= "Z"


def _restored(char: str, check: str, place: int) -> str:
    return char.upper() if _CHECKS.index(check) >> place & 1 else char.lower()
