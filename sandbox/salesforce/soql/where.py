"""Conditions into functions: one look at the tree, then row after row.

SOQL knows no third truth value: `!=` and NOT take rows whose field is empty, `<` and `>` never do.
Source: Salesforce fact sheet 4.1.
"""

import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from sandbox.salesforce.fields import TEXTS, ObjectType
from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql import nodes
from sandbox.salesforce.soql.columns import Column, Read, find_column
from sandbox.salesforce.soql.literals import Bind, Texts, bind_pattern, bind_value, comparable

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.store import Row

Values = list[Any]
Test = Callable[["Row", Values], bool]
InnerQuery = Callable[[nodes.Query], Bind]
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Conditions:
    """Turns the conditions of one query into functions, and gathers what has to be bound for each run."""

    def __init__(self, org: "Org", source: ObjectType, inner: InnerQuery) -> None:
        self._org = org
        self._source = source
        self._inner = inner
        self._binds: list[Bind] = []

    def bind(self, texts: Texts) -> Values:
        """Return the values of all literals of a run."""
        return [bind(texts) for bind in self._binds]

    def test(self, condition: nodes.Condition) -> Test:
        """Return the function that tells whether a row is meant."""
        match condition:
            case nodes.All(conditions):
                tests = [self.test(each) for each in conditions]
                return lambda row, values: all(test(row, values) for test in tests)
            case nodes.Any(conditions):
                tests = [self.test(each) for each in conditions]
                return lambda row, values: any(test(row, values) for test in tests)
            case nodes.Not(inner):
                test = self.test(inner)
                return lambda row, values: not test(row, values)
            case nodes.In():
                return self._one_of(condition)
            case nodes.Compare():
                return self._comparison(condition)

    def literal(self, column: Column, literal: nodes.Literal) -> int:
        """Return the place at which a literal's value will stand."""
        return self._place(bind_value(column.field, literal, self._org.now))

    def column(self, path: nodes.Path) -> Column:
        """Return a field that may be filtered."""
        column = find_column(self._org, self._source, path)
        if not column.field.filterable:
            raise Refused("INVALID_FIELD", f"field '{path}' can not be filtered in a query call")
        return column

    def _comparison(self, condition: nodes.Compare) -> Test:
        column = self.column(condition.path)
        if condition.operator == "LIKE":
            return _like(column.read, self._place(bind_pattern(column.field, condition.literal)))
        place = self.literal(column, condition.literal)
        if condition.literal.kind is nodes.LiteralKind.PERIOD:
            return _in_period(column.read, place, condition.operator)
        if condition.operator in _ORDERED:
            return _ordered(compared(column), place, _ORDERED[condition.operator])
        return _equal(compared(column), place, negated=condition.operator == "!=")

    def _one_of(self, condition: nodes.In) -> Test:
        column = self.column(condition.path)
        if isinstance(condition.values, nodes.Query):
            place = self._place(self._inner(condition.values))
        else:
            binds = [bind_value(column.field, literal, self._org.now) for literal in condition.values]
            place = self._place(lambda texts: {bind(texts) for bind in binds})
        read, negated = compared(column), condition.negated
        return lambda row, values: (read(row) in values[place]) is not negated

    def _place(self, bind: Bind) -> int:
        self._binds.append(bind)
        return len(self._binds) - 1


def compared(column: Column) -> Read:
    """Return the function that reads a field as it is compared and sorted: only texts without regard to case."""
    read = column.read
    return (lambda row: comparable(read(row))) if column.field.kind in TEXTS else read


def _equal(read: Read, place: int, *, negated: bool) -> Test:
    return lambda row, values: bool(read(row) == values[place]) is not negated


def _ordered(read: Read, place: int, holds: Callable[[Any, Any], bool]) -> Test:
    def test(row: "Row", values: Values) -> bool:
        value, limit = read(row), values[place]
        return value is not None and limit is not None and bool(holds(value, limit))

    return test


def _in_period(read: Read, place: int, sign: str) -> Test:
    def test(row: "Row", values: Values) -> bool:
        value = read(row)
        start, end = cast("tuple[str, str]", values[place])
        if not isinstance(value, str):
            return sign == "!="
        inside = start <= value < end
        before, after = value < start, value >= end
        return {"=": inside, "!=": not inside, "<": before, "<=": not after, ">": after, ">=": not before}[sign]

    return test


def _like(read: Read, place: int) -> Test:
    def test(row: "Row", values: Values) -> bool:
        value, pattern = read(row), values[place]
        return isinstance(value, str) and isinstance(pattern, re.Pattern) and pattern.fullmatch(value) is not None

    return test
