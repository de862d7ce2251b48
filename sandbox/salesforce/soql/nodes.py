"""What a query says, as a tree."""

from dataclasses import dataclass
from enum import StrEnum


class LiteralKind(StrEnum):
    """The kinds of literals; they decide which fields a literal may be compared with."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    DATE = "date"
    DATETIME = "datetime"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal; of a text only its place among all texts of the query, so that queries of one shape share a tree."""

    kind: LiteralKind
    value: str | float | bool | int | None


@dataclass(frozen=True, slots=True)
class Path:
    """A field, at the end of a way through parents."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a literal; the operator is one of = != < <= > >= LIKE."""

    path: Path
    operator: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class In:
    """A field that is one of a list, or of what a query finds."""

    path: Path
    values: "tuple[Literal, ...] | Query"
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by AND."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """Conditions joined by OR."""

    conditions: "tuple[Condition, ...]"


Condition = Compare | In | Not | All | Any


@dataclass(frozen=True, slots=True)
class Sort:
    """One field to sort by; nulls come first unless asked otherwise, whichever the direction."""

    path: Path
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """An aggregate in a grouped query: COUNT(Id), or COUNT() of the group."""

    path: Path | None
    alias: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query, or one inside another; `counts` marks SELECT COUNT()."""

    source: str
    fields: "tuple[Path | Query | Count, ...]" = ()
    counts: bool = False
    where: Condition | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[Sort, ...] = ()
    limit: int | None = None
    offset: int = 0
