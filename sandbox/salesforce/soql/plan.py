"""A query made ready for one org: fields found, conditions compiled.

Queries that differ only in their texts share it.
"""

from typing import TYPE_CHECKING

from sandbox.salesforce.fields import Children, ObjectType
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.columns import find_column, source_type
from sandbox.salesforce.soql.grouping import grouper, is_grouped
from sandbox.salesforce.soql.literals import Bind, Texts
from sandbox.salesforce.soql.lookup import Candidates, candidates
from sandbox.salesforce.soql.nodes import Count, Path, Query
from sandbox.salesforce.soql.projection import ChildPart, Part, Project, projection
from sandbox.salesforce.soql.sorting import sorter
from sandbox.salesforce.soql.where import Conditions, Values

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.soql.projection import Record
    from sandbox.salesforce.soql.run import Run
    from sandbox.salesforce.store import Row


class Plan:
    """One query, ready to run."""

    def __init__(self, org: "Org", query: Query, source: ObjectType) -> None:
        self._org = org
        self._query = query
        self._source = source
        self.conditions = Conditions(org, source, self._semi_join)
        self._candidates: Candidates = candidates(org, source, query.where, self.conditions)
        self._test = self.conditions.test(query.where) if query.where is not None else None
        self._sort = sorter(org, source, query.order_by)
        self._children: list[Plan] = []
        self._group = grouper(org, source, query) if is_grouped(query) else None
        self._project = self._projection() if self._group is None and not query.counts else None

    def records(self, run: "Run") -> "tuple[list[Record], int]":
        """Return the records and their total, which is all that COUNT() has."""
        rows = self.rows(self.conditions.bind(run.texts), include_deleted=run.include_deleted)
        if self._group is not None:
            groups = self._group(rows)
            return groups, len(groups)
        run.child_values = {id(child): child.conditions.bind(run.texts) for child in self._children}
        return ([self._project(row, run) for row in rows], len(rows)) if self._project else ([], len(rows))

    def rows(self, values: Values, *, include_deleted: bool = False) -> "list[Row]":
        """Return the rows that are meant, sorted and cut."""
        rows = list(self._candidates(values))
        if include_deleted:
            rows = [*self._org.tables[self._source.name].values(), *self._org.store.bin[self._source.name].values()]
        return self._picked(rows, values)

    def _picked(self, rows: "list[Row]", values: Values) -> "list[Row]":
        test = self._test
        found = [row for row in rows if test(row, values)] if test is not None else rows
        self._sort(found)
        start, limit = self._query.offset, self._query.limit
        return found if limit is None and not start else found[start : None if limit is None else start + limit]

    def _projection(self) -> Project:
        fields = [self._child(each) if isinstance(each, Query) else each for each in self._query.fields]
        return projection(self._org, self._source, [each for each in fields if not isinstance(each, Count)])

    def _child(self, query: Query) -> ChildPart:
        children = self._source.children.get(query.source.lower())
        if children is None:
            text = f"Didn't understand relationship '{query.source}' in FROM part of query call."
            raise Refused("INVALID_TYPE", text)
        plan = Plan(self._org, query, self._org.objects[children.object_name])
        self._children.append(plan)
        return ChildPart(children.name, plan.as_child(children))

    def as_child(self, children: Children) -> Part:
        """Return the function that makes the result of one parent's children, null if there are none."""
        store, project = self._org.store, self._project
        if project is None or self._children:
            raise Refused("MALFORMED_QUERY", "A child query has neither COUNT() nor children of its own here.")

        def part(row: "Row", run: "Run") -> object:
            rows = store.children(children.object_name, children.lookup, str(row["Id"]))
            found = self._picked(rows, run.child_values[id(self)])
            return run.child_page([project(each, run) for each in found]) if found else None

        return part

    def _semi_join(self, query: Query) -> Bind:
        """Return what gives the values that an inner query finds."""
        if len(query.fields) != 1 or not isinstance(query.fields[0], Path):
            raise Refused("MALFORMED_QUERY", "An inner query of IN selects exactly one field.")
        inner = Plan(self._org, query, source_type(self._org, query.source))
        read = find_column(self._org, inner._source, query.fields[0]).read

        def bind(texts: Texts) -> object:
            return {read(row) for row in inner.rows(inner.conditions.bind(texts))}

        return bind


def make_plan(org: "Org", query: Query) -> Plan:
    """Return the plan of a query."""
    return Plan(org, query, source_type(org, query.source))
