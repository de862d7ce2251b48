"""Billing cycles: from the spellings of people and of WHMCS's answers to the names that AddOrder takes.

WHMCS says nothing to a cycle that it does not know and takes another one: an unknown cycle is refused before any call.

Source: WHMCS fact sheet 3.
"""

_NAMES = {
    "monthly": ("monthly",),
    "quarterly": ("quarterly",),
    "semiannually": ("semiannually", "semiannual", "halfyearly"),
    "annually": ("annually", "annual", "yearly"),
    "biennially": ("biennially", "biennial"),
    "triennially": ("triennially", "triennial"),
    "onetime": ("onetime",),
    "free": ("free", "freeaccount"),
}
_BY_SPELLING = {spelling: name for name, spellings in _NAMES.items() for spelling in spellings}
# Twice a year for some, every two years for others.
_AMBIGUOUS = frozenset({"biannual", "biannually"})


class CycleRefusedError(ValueError):
    """A cycle that cannot be sent to WHMCS; the text says what to write instead."""


def normalise(text: str | None) -> str | None:
    """Return AddOrder's name of a cycle, None when none is given.

    Raises: CycleRefusedError for an ambiguous or unknown one.
    """
    spelling = _spelling(text)
    if spelling in _AMBIGUOUS:
        raise CycleRefusedError("is ambiguous: choose Semi-Annually or Biennially")
    if spelling not in _BY_SPELLING and (text or "").strip():
        raise CycleRefusedError("is no billing cycle of WHMCS")
    return _BY_SPELLING.get(spelling)


def same_cycle(one: str | None, other: str | None) -> bool:
    """Tell whether two spellings mean the same cycle: `One-Time` and `onetime`, `Free Account` and `free`."""
    return cycle_key(one) == cycle_key(other)


def cycle_key(text: str | None) -> str:
    """Return what spellings of one cycle have in common; an unknown cycle only equals itself."""
    spelling = _spelling(text)
    return _BY_SPELLING.get(spelling, spelling)


def _spelling(text: str | None) -> str:
    """Return letters and digits in lower case. Digits stay: "6-Monthly" is refused and not taken for monthly."""
    return "".join(char for char in (text or "").lower() if char.isalnum())
