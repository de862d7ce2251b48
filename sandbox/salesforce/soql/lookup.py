"""Finds the few rows that a query can mean, where its conditions name ids: nobody reads a whole table for one order."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sandbox.salesforce.fields import IDS, Kind, ObjectType
from sandbox.salesforce.soql import nodes

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.soql.columns import Column
    from sandbox.salesforce.soql.where import Conditions, Values
    from sandbox.salesforce.store import Row

Candidates = Callable[["Values"], "Iterable[Row]"]


def candidates(
    org: "Org", source: ObjectType, condition: nodes.Condition | None, conditions: "Conditions"
) -> Candidates:
    """Return what gives the rows worth testing: all, if the conditions name no ids that every match must have."""
    parts = condition.conditions if isinstance(condition, nodes.All) else (condition,)
    for part in parts:
        found = _by_ids(org, source, part, conditions)
        if found is not None:
            return found
    table = org.tables[source.name]
    return lambda _values: table.values()


def _by_ids(
    org: "Org", source: ObjectType, part: nodes.Condition | None, conditions: "Conditions"
) -> Candidates | None:
    literals = _literals(part)
    if literals is None or not isinstance(part, nodes.Compare | nodes.In):
        return None
    column = conditions.column(part.path)
    if not column.is_own or column.field.kind not in IDS:
        return None
    fetch = _fetcher(org, source, column)
    if fetch is None:
        return None
    places = [conditions.literal(column, literal) for literal in literals]

    def rows(values: "Values") -> "Iterable[Row]":
        for record_id in dict.fromkeys(values[place] for place in places):
            yield from fetch(str(record_id))

    return rows


def _literals(part: nodes.Condition | None) -> tuple[nodes.Literal, ...] | None:
    if isinstance(part, nodes.Compare) and part.operator == "=":
        found: tuple[nodes.Literal, ...] = (part.literal,)
    elif isinstance(part, nodes.In) and not part.negated and not isinstance(part.values, nodes.Query):
        found = part.values
    else:
        return None
    return found if all(literal.kind is nodes.LiteralKind.TEXT for literal in found) else None


def _fetcher(org: "Org", source: ObjectType, column: "Column") -> "Callable[[str], list[Row]] | None":
    name = column.field.name
    if column.field.kind is Kind.ID:
        table = org.tables[source.name]
        return lambda record_id: [table[record_id]] if record_id in table else []
    if org.store.is_indexed(source.name, name):
        return lambda record_id: org.store.children(source.name, name, record_id)
    return None
