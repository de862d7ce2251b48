"""GROUP BY and COUNT(field): how many there are of each."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sandbox.salesforce.fields import ObjectType
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.columns import Read, find_column
from sandbox.salesforce.soql.nodes import Count, Path, Query

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.soql.projection import Record
    from sandbox.salesforce.store import Row

Grouper = Callable[["Iterable[Row]"], "list[Record]"]


def is_grouped(query: Query) -> bool:
    """Tell whether a query asks for groups, not for records."""
    return bool(query.group_by) or any(isinstance(each, Count) for each in query.fields)


def grouper(org: "Org", source: ObjectType, query: Query) -> Grouper:
    """Return the function that makes one record of each group."""
    keys = [find_column(org, source, path).read for path in query.group_by]
    columns = list(_columns(org, source, query))

    def group(rows: "Iterable[Row]") -> "list[Record]":
        groups: dict[tuple[object, ...], list[Row]] = {} if keys else {(): []}
        for row in rows:
            groups.setdefault(tuple(read(row) for read in keys), []).append(row)
        return [_aggregate(columns, members) for members in groups.values()]

    return group


def _columns(org: "Org", source: ObjectType, query: Query) -> "Iterable[tuple[str, Read | None, bool]]":
    unnamed = 0
    for each in query.fields:
        if isinstance(each, Query) or (isinstance(each, Path) and each not in query.group_by):
            raise Refused("MALFORMED_QUERY", f"Field must be grouped or aggregated: {each}")
        if isinstance(each, Path):
            column = find_column(org, source, each)
            yield column.field.name, column.read, False
            continue
        yield each.alias or f"expr{unnamed}", find_column(org, source, each.path).read if each.path else None, True
        unnamed += each.alias is None


def _aggregate(columns: "list[tuple[str, Read | None, bool]]", members: "list[Row]") -> "Record":
    record: Record = {"attributes": {"type": "AggregateResult"}}
    for name, read, counts in columns:
        if not counts:
            record[name] = read(members[0]) if read else None
        else:
            record[name] = sum(1 for row in members if read is None or read(row) is not None)
    return record
