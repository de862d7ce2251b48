"""Collapse: reads and writes of orders that come at about the same time share one call of the daily allowance.

A lone caller makes the call that it would have made anyway. A crowd makes one `IN` query, or one collection of rows in
which each order gets its own result. Source: Salesforce fact sheet 4.1 (URI length), 4.4 (collections).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clients.combine import Combiner
from clients.errors import Verdict
from clients.salesforce import verdicts
from clients.salesforce.rest import SalesforceRest
from clients.salesforce.rows import check_rows, row_verdicts
from clients.salesforce.verdicts import Attempt, on_item, on_order

# The most rows that Salesforce takes in one collection; as ids in a query they take a third of the URI's limit.
MAX_ROWS = 200

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderWrite:
    """What is to be written of one order: rows of its items, by item id, and then the fields of the order itself."""

    order_id: str
    order_row: Row
    item_rows: Mapping[str, Row]

    @property
    def attempts(self) -> list[Attempt]:
        """Return what each row is about, the order last."""
        return [*(on_item(item_id, self.order_id) for item_id in self.item_rows), on_order(self.order_id)]


class CollapsedWrites:
    """Writes of orders, each with its own result."""

    def __init__(self, rest: SalesforceRest, *, order_object: str) -> None:
        self._rest = rest
        self._object = order_object
        self._combiner: Combiner[OrderWrite, None] = Combiner(self._write_all, most=MAX_ROWS)

    def write(self, write: OrderWrite) -> None:
        """Write one order; raises its verdict."""
        self._combiner.call(write)

    def _write_all(self, writes: Sequence[OrderWrite]) -> Sequence[Exception | None]:
        if len(writes) == 1:
            return [_caught(lambda: self._write_alone(writes[0]))]
        # Items first and orders in a call of their own: an order shows as done only when all its items are written.
        failed = self._write_rows([(write, rows) for write in writes for rows in _items(write)])
        good = [write for write in writes if write.order_id not in failed]
        failed |= self._write_rows([(write, (write.order_row, on_order(write.order_id))) for write in good])
        return [failed.get(write.order_id) for write in writes]

    def _write_alone(self, write: OrderWrite) -> None:
        """Write one order as one call: a single row by its own address, several as all or none."""
        if not write.item_rows:
            fields = {name: value for name, value in write.order_row.items() if name not in {"attributes", "id"}}
            path = f"sobjects/{self._object}/{write.order_id}"
            self._rest.call("PATCH", path, on_order(write.order_id), body=fields)
            return
        rows, attempts = [*write.item_rows.values(), write.order_row], write.attempts
        for start in range(0, len(rows), MAX_ROWS):
            chunk = slice(start, start + MAX_ROWS)
            check_rows(
                self._collection(rows[chunk], Attempt(f"order {write.order_id}"), all_or_none=True), attempts[chunk]
            )

    def _write_rows(self, parts: Sequence[tuple[OrderWrite, tuple[Row, Attempt]]]) -> dict[str, Exception]:
        """Write rows of several orders; returns the verdict on each order of which a row failed."""
        failed: dict[str, Exception] = {}
        for start in range(0, len(parts), MAX_ROWS):
            chunk = parts[start : start + MAX_ROWS]
            rows = [row for _, (row, _) in chunk]
            try:
                results = self._collection(rows, Attempt(f"{len(rows)} rows"), all_or_none=False)
                found = row_verdicts(results, [attempt for _, (_, attempt) in chunk])
            except Verdict as verdict:
                found = [verdict] * len(chunk)
            for (write, _), verdict_of_row in zip(chunk, found, strict=True):
                if verdict_of_row is not None:
                    failed.setdefault(write.order_id, verdict_of_row)
        return failed

    def _collection(self, rows: Sequence[Row], attempt: Attempt, *, all_or_none: bool) -> object:
        body = {"allOrNone": all_or_none, "records": rows}
        return self._rest.call("PATCH", "composite/sobjects", attempt, body=body)


def collapsed_reads(read_many: Callable[[Sequence[str]], Iterator[Row]]) -> Combiner[str, list[Row]]:
    """Return a combiner that reads rows by id: each caller gets the rows of its id, none if there is no such row."""

    def run(ids: Sequence[str]) -> Sequence[list[Row] | Exception]:
        rows: dict[str, list[Row]] = {order_id: [] for order_id in ids}
        for row in read_many(list(rows)):
            found = rows.get(str(row.get("Id")))
            if found is None:
                raise verdicts.no_answer("a row that was not asked for")
            found.append(row)
        return [rows[order_id] for order_id in ids]

    return Combiner(run, most=MAX_ROWS)


def _items(write: OrderWrite) -> Iterator[tuple[Row, Attempt]]:
    for item_id, row in write.item_rows.items():
        yield row, on_item(item_id, write.order_id)


def _caught(write: Callable[[], None]) -> Exception | None:
    try:
        write()
    except Verdict as verdict:
        return verdict
    return None
