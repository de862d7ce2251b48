"""Turns rows into records of an answer: own fields, parents nested in each other, children as results of their own.

Source: Salesforce fact sheet 4.1.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.fields import ObjectType
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.columns import find_field, find_parent, own_parts, reader
from sandbox.salesforce.soql.nodes import Path

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.soql.run import Run
    from sandbox.salesforce.store import Row

Record = dict[str, Any]
Part = Callable[["Row", "Run"], object]
Project = Callable[["Row", "Run"], Record]


@dataclass(frozen=True, slots=True)
class ChildPart:
    """The children of a record under the name of their relationship."""

    name: str
    part: Part


def projection(org: "Org", source: ObjectType, fields: Iterable[Path | ChildPart]) -> Project:
    """Return the function that makes a record of a row, its fields in the order in which they were asked for."""
    parts: dict[str, Part] = {}
    nested: dict[str, list[Path]] = {}
    for each in fields:
        if isinstance(each, ChildPart):
            parts[each.name] = each.part
            continue
        first, *rest = own_parts(source, each.parts)
        if rest:
            lookup = find_parent(source, first)
            nested.setdefault(lookup.parent, []).append(Path(tuple(rest)))
            parts.setdefault(lookup.parent, _pending)
        else:
            _add_field(parts, source, first)
    for parent, paths in nested.items():
        lookup = find_parent(source, parent)
        inner = projection(org, org.objects[lookup.to], paths)
        parts[parent] = _parent(lookup.name, org.tables[lookup.to], inner)
    return _record(source.name, list(parts.items()))


def _add_field(parts: dict[str, Part], source: ObjectType, name: str) -> None:
    field = find_field(source, name)
    if field.name in parts:
        raise Refused("MALFORMED_QUERY", f"duplicate field selected: {name}")
    read = reader(field)
    parts[field.name] = lambda row, _run: read(row)


def _record(object_name: str, parts: list[tuple[str, Part]]) -> Project:
    def project(row: "Row", run: "Run") -> Record:
        attributes = {"type": object_name, "url": f"{run.base}/sobjects/{object_name}/{row['Id']}"}
        record: Record = {"attributes": attributes}
        for name, part in parts:
            record[name] = part(row, run)
        return record

    return project


def _parent(lookup: str, table: "dict[str, Row]", project: Project) -> Part:
    def part(row: "Row", run: "Run") -> object:
        parent = table.get(str(row[lookup]))
        return None if parent is None else project(parent, run)

    return part


def _pending(_row: "Row", _run: "Run") -> object:
    raise AssertionError("the parent's own projection takes this place before any row is read")
