"""Results that are too long for one answer, kept for two days so that the rest can be fetched.

Source: Salesforce fact sheet 4.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.refusal import Refused

_LIFE = timedelta(days=2)
_MOST_CURSORS = 2000


@dataclass(frozen=True, slots=True)
class _Cursor:
    records: list[dict[str, Any]]
    page_size: int
    made_at: datetime


class Cursors:
    """The unfinished results of one org."""

    def __init__(self, new_id: Callable[[], str], clock: Callable[[], datetime]) -> None:
        self._new_id = new_id
        self._clock = clock
        self._cursors: dict[str, _Cursor] = {}

    def first_page(self, records: list[dict[str, Any]], total: int, page_size: int, base: str) -> dict[str, Any]:
        """Return the first page of a result; `base` is the path of the API's version."""
        if len(records) <= page_size:
            return {"totalSize": total, "done": True, "records": records}
        cursor_id = self._new_id()
        self._cursors[cursor_id] = _Cursor(records, page_size, self._clock())
        while len(self._cursors) > _MOST_CURSORS:
            del self._cursors[next(iter(self._cursors))]
        return self._page(cursor_id, 0, base)

    def next_page(self, locator: str, base: str) -> dict[str, Any]:
        """Return the page that a locator of an earlier page names; raise Refused if it is none, or too old."""
        cursor_id, _, start = locator.partition("-")
        cursor = self._cursors.get(cursor_id)
        if cursor is None or not start.isdigit() or self._clock() - cursor.made_at > _LIFE:
            raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor_id, int(start), base)

    def _page(self, cursor_id: str, start: int, base: str) -> dict[str, Any]:
        cursor = self._cursors[cursor_id]
        end = start + cursor.page_size
        page: dict[str, Any] = {"totalSize": len(cursor.records), "done": end >= len(cursor.records)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"{base}/query/{cursor_id}-{end}"
        return page | {"records": cursor.records[start:end]}
