"""Runs a query: its shape's plan, made once for the org, with the texts of this one."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.lexer import shape_of
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.plan import Plan, make_plan
from sandbox.salesforce.soql.where import Values

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

_LONGEST_QUERY = 100_000
_MOST_PLANS = 512
_EVERYTHING = 1_000_000_000
DEFAULT_BASE = "/services/data/v67.0"


@dataclass(slots=True)
class Run:
    """One run of a plan: the texts of the query, and how its answer is made."""

    org: "Org"
    texts: tuple[str, ...]
    base: str
    child_page_size: int
    include_deleted: bool = False
    child_values: dict[int, Values] = field(default_factory=dict)

    def child_page(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the result of one parent's children."""
        return self.org.cursors.first_page(records, len(records), self.child_page_size, self.base)


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found; `total` differs from the number of records only for COUNT()."""

    records: list[dict[str, Any]]
    total: int


def run_query(
    org: "Org",
    soql: str,
    *,
    base: str = DEFAULT_BASE,
    child_page_size: int = _EVERYTHING,
    include_deleted: bool = False,
) -> Result:
    """Run a query and return all that it finds; raise Refused for one that Salesforce would refuse."""
    if len(soql) > _LONGEST_QUERY:
        raise Refused("QUERY_TOO_COMPLICATED", f"SOQL statements may have at most {_LONGEST_QUERY} characters")
    shape, texts = shape_of(soql)
    run = Run(org, texts, base, child_page_size, include_deleted)
    return Result(*_plan(org, shape).records(run))


def _plan(org: "Org", shape: str) -> Plan:
    plan = org.plans.get(shape)
    if plan is None:
        plan = make_plan(org, parse(shape))
        while len(org.plans) >= _MOST_PLANS:
            del org.plans[next(iter(org.plans))]
        org.plans[shape] = plan
    return plan
