"""Read a paged list to its end, and know whether all of it was seen.

Pure. Pages are cut by offset while orders arrive and are deleted, so rows repeat and go missing between two pages; in a
look-up for a marker a row gone missing is an order placed twice. So rows are kept by id, and a walk counts only when it
saw as many as WHMCS ever claimed, or when a second walk sees exactly the same.

Source: WHMCS fact sheet 4, "Search".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from clients.errors import ErrorCode, Retryable
from clients.whmcs.fields import Fields, MalformedError, number, rows

# One page for nearly every client; a client in the field caps it at 250, and WHMCS names no maximum.
PAGE_ROWS = 100

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page; `total` is what WHMCS says there is in all, None when it does not say."""

    rows: tuple[T, ...]
    total: int | None


@dataclass(frozen=True)
class _Walk(Generic[T]):
    by_id: dict[int, T]
    claimed: int

    @property
    def saw_all(self) -> bool:
        return len(self.by_id) >= self.claimed


def read_page(answer: Fields, plural: str, singular: str, parse: Callable[[Fields], T], *, offset: int) -> Page[T]:
    """Read one page of an answer.

    Raises: MalformedError when rows were announced and did not come.
    """
    found = rows(answer, plural, singular)
    total = number(answer.get("totalresults"))
    announced = number(answer.get("numreturned")) or 0
    if announced > len(found) or (total and not found and offset == 0):
        raise MalformedError(f"{plural}: rows were announced and did not come")
    return Page(tuple(parse(row) for row in found), total)


def all_rows(fetch: Callable[[int], Page[T]], row_id: Callable[[T], int]) -> list[T]:
    """Return every row once, in the order first seen; `fetch` takes the offset.

    Raises: Retryable when the list changed under two walks, and whatever `fetch` raises.
    """
    first = _walk(fetch, row_id)
    if first.saw_all:
        return list(first.by_id.values())
    second = _walk(fetch, row_id)
    # Twice the same rows and the same claim: WHMCS miscounts, nothing moved.
    if second.saw_all or (second.by_id.keys() == first.by_id.keys() and second.claimed == first.claimed):
        return list(second.by_id.values())
    raise Retryable(
        ErrorCode.WHMCS_UNAVAILABLE,
        "The client's list in WHMCS changed while it was read",
        detail=f"saw {len(second.by_id)} rows of {second.claimed}",
    )


def _walk(fetch: Callable[[int], Page[T]], row_id: Callable[[T], int]) -> _Walk[T]:
    by_id: dict[int, T] = {}
    claimed = offset = 0
    while True:
        page = fetch(offset)
        known = len(by_id)
        by_id.update((row_id(row), row) for row in page.rows)
        claimed = max(claimed, page.total or 0)
        offset += len(page.rows)
        # A page of nothing new ends the walk too: a WHMCS that ignores the offset would never end it.
        if len(by_id) == known or (page.total is not None and offset >= page.total):
            return _Walk(by_id, claimed)
