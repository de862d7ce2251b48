"""The shapes of answers: lists in lists, many kinds of nothing, escaped texts, ids that are texts or numbers.

Source: WHMCS fact sheet 1.5.
"""

import html
import random
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sandbox.whmcs.params import Params

Answer = dict[str, object]
T = TypeVar("T")

NO_DATE = "0000-00-00"
_PAGE_ROWS = 25
_MISSING = object()
_NOTHINGS: tuple[object, ...] = ("", [], {}, None, _MISSING)


def listed(plural: str, singular: str, rows: Sequence[Answer], chance: random.Random) -> Answer:
    """Return `{plural: {singular: rows}}`, or any kind of nothing when there are none."""
    if rows:
        return {plural: {singular: list(rows)}}
    nothing = chance.choice(_NOTHINGS)
    return {} if nothing is _MISSING else {plural: nothing}


def escaped(text: str) -> str:
    """Return a text as PHP's htmlspecialchars leaves it."""
    return html.escape(text, quote=True).replace("&#x27;", "&#039;")


def money(amount: Decimal) -> str:
    """Return an amount: text with two decimals and no currency."""
    return f"{amount:.2f}"


def moment(at: datetime) -> str:
    """Return a time as WHMCS writes it, without a zone."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def day(at: datetime) -> str:
    """Return a date as WHMCS writes it."""
    return at.strftime("%Y-%m-%d")


def page(params: Params, rows: Sequence[T]) -> tuple[int, Sequence[T]]:
    """Return where the asked page begins, and its rows: 25 when nothing else is asked."""
    start = max(params.integer("limitstart"), 0)
    limit = params.integer("limitnum")
    return start, rows[start : start + (limit if limit > 0 else _PAGE_ROWS)]
