"""The audit: do both systems hold what was expected? Orders lost, doubled, or wrong, each finding in words.

It looks at the state itself and never asks the service. An order counts once, under the worst that is wrong with it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from sandbox.audit_checks import activated_problems, failed_problems, text_of, untouched_problems
from sandbox.salesforce.org import Org
from sandbox.samples import Ending, PlacedSample
from sandbox.whmcs.records import Order
from sandbox.whmcs.shop import Shop

_MARKER = re.compile(r"(?<![A-Za-z0-9_])sfOrderId=([A-Za-z0-9]{18})(?![A-Za-z0-9_])")
_ENDED = frozenset({"Activated", "Failed"})


class Verdict(StrEnum):
    """What can be wrong with an order, the worst first."""

    DOUBLED = "doubled"
    LOST = "lost"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as expected."""

    verdict: Verdict
    order_id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How many orders were looked at, how they ended, and what is not as expected."""

    orders: int
    activated: int
    failed: int
    lost: int
    doubled: int
    wrong: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether everything is as expected."""
        return not self.findings

    def as_json(self) -> dict[str, object]:
        """Return the report for JSON."""
        return asdict(self) | {"ok": self.ok}


def audit(org: Org, shop: Shop, samples: Iterable[PlacedSample]) -> AuditReport:
    """Compare what both systems hold with what was expected of these orders, all of them published."""
    samples = list(samples)
    carriers = _carriers(shop)
    findings = [finding for sample in samples for finding in _examine(org, shop, sample, carriers[sample.order_id])]
    findings += _strays(shop, samples)
    worst = [next(each for each in Verdict if each in verdicts) for verdicts in _by_order(findings)]
    statuses = [text_of(org.get("Order", sample.order_id), "Activation_Status__c") for sample in samples]
    return AuditReport(
        orders=len(samples),
        activated=statuses.count("Activated"),
        failed=statuses.count("Failed"),
        lost=worst.count(Verdict.LOST),
        doubled=worst.count(Verdict.DOUBLED),
        wrong=worst.count(Verdict.WRONG),
        findings=tuple(findings),
    )


def _examine(org: Org, shop: Shop, sample: PlacedSample, carriers: list[Order]) -> Iterator[Finding]:
    live = [order for order in carriers if order.status != "Cancelled"]
    if len(live) > 1:
        ids = ", ".join(str(order.id) for order in live)
        yield _finding(Verdict.DOUBLED, sample, f"WHMCS holds {len(live)} live orders for it: {ids}")
    record = org.get("Order", sample.order_id)
    status = text_of(record, "Activation_Status__c")
    if sample.exists and status not in _ENDED:
        yield _finding(Verdict.LOST, sample, f"it has not ended: Activation_Status__c is {status!r}")
    elif record is not None or not sample.exists:
        check = _CHECKS[sample.ending]
        for text in check(org, shop, sample, live):
            yield _finding(Verdict.WRONG, sample, text)
    else:
        yield _finding(Verdict.LOST, sample, "it is not in Salesforce any more")


_CHECKS: Mapping[Ending, Callable[[Org, Shop, PlacedSample, list[Order]], Iterator[str]]] = {
    Ending.ACTIVATED: activated_problems,
    Ending.FAILED: failed_problems,
    Ending.UNTOUCHED: untouched_problems,
}


def _carriers(shop: Shop) -> defaultdict[str, list[Order]]:
    """Return the WHMCS orders that name each Salesforce order, in the notes that were sent or in a service's field."""
    found: defaultdict[str, list[Order]] = defaultdict(list)
    for order in shop.orders.values():
        values = [value for service in order.services for value in service.custom_fields.values()]
        for order_id in {found_id for text in (order.asked_notes, *values) for found_id in _MARKER.findall(text)}:
            found[order_id].append(order)
    return found


def _strays(shop: Shop, samples: Iterable[PlacedSample]) -> Iterator[Finding]:
    """Find orders that came through the API for a client of the catalogue and name no Salesforce order."""
    clients = {sample.client_id: sample for sample in samples if sample.client_id}
    marked = {order.id for orders in _carriers(shop).values() for order in orders}
    for order in shop.orders.values():
        if order.through_api and order.id not in marked and order.client_id in clients:
            sample = clients[order.client_id]
            text = f"WHMCS order {order.id} of its client {order.client_id} names no Salesforce order"
            yield _finding(Verdict.WRONG, sample, text)


def _by_order(findings: Iterable[Finding]) -> Iterable[set[Verdict]]:
    verdicts: defaultdict[str, set[Verdict]] = defaultdict(set)
    for finding in findings:
        verdicts[finding.order_id].add(finding.verdict)
    return verdicts.values()


def _finding(verdict: Verdict, sample: PlacedSample, text: str) -> Finding:
    return Finding(verdict, sample.order_id, sample.kind, text)
