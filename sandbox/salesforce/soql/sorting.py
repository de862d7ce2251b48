"""ORDER BY: nulls first unless asked otherwise, whichever the direction; texts without regard to case."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.fields import ObjectType
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.columns import Read, find_column
from sandbox.salesforce.soql.nodes import Sort
from sandbox.salesforce.soql.where import compared

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.store import Row

Sorter = Callable[["list[Row]"], None]


def sorter(org: "Org", source: ObjectType, sorts: Sequence[Sort]) -> Sorter:
    """Return the function that sorts rows in place."""
    keys = [(_key(org, source, sort), sort.descending) for sort in sorts]

    def apply(rows: "list[Row]") -> None:
        for key, descending in reversed(keys):
            rows.sort(key=key, reverse=descending)

    return apply


def _key(org: "Org", source: ObjectType, sort: Sort) -> "Callable[[Row], Any]":
    column = find_column(org, source, sort.path)
    if not column.field.filterable:
        raise Refused("INVALID_FIELD", f"field '{sort.path}' can not be sorted in a query call")
    return _ranked(compared(column), null_rank=int(sort.nulls_last is not sort.descending))


def _ranked(read: Read, *, null_rank: int) -> "Callable[[Row], tuple[int, object]]":
    def key(row: "Row") -> tuple[int, object]:
        value = read(row)
        return (null_rank, "") if value is None else (1 - null_rank, value)

    return key
