"""`provision status`: where an order stands."""

from dataclasses import dataclass, field
from typing import Any

from cli.context import load_settings
from cli.ledger_side import read_from_ledger
from cli.order_ids import order_id_18
from cli.output import Exit, emit, fail, say
from cli.salesforce_side import read_from_salesforce, salesforce_facts
from cli.status_text import print_status
from cli.troubles import TROUBLES, explain
from clients.ledger.values import OrderState
from config.settings import Settings


@dataclass(slots=True)
class _Findings:
    """What each side says of the order; a side that could not be asked is in `unreachable`, with the reason."""

    order_id: str
    salesforce: dict[str, Any] | None = None
    ledger: dict[str, Any] | None = None
    unreachable: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the findings as the JSON document has them."""
        known = {"order_id": self.order_id, "salesforce": self.salesforce, "ledger": self.ledger}
        return known | {"unreachable": self.unreachable}


def show_status(order_id: str, *, as_json: bool) -> None:
    """Print what Salesforce says and what we remember; one of them is enough, but the exit code tells (5)."""
    settings = load_settings(as_json=as_json)
    found = _find(settings, order_id_18(order_id, as_json=as_json))
    if found.salesforce is None and found.ledger is None:
        _tell_nothing(found, as_json=as_json)
    emit(found.as_json(), as_json=as_json, render=print_status)
    if found.unreachable:
        fail("\n".join(found.unreachable.values()), code=Exit.UNREACHABLE)
    if not as_json:
        _advise(found)


def _find(settings: Settings, order_id: str) -> _Findings:
    found = _Findings(order_id)
    try:
        record = read_from_salesforce(settings, order_id)
        found.salesforce = salesforce_facts(record) if record else None
    except TROUBLES as trouble:
        found.unreachable["salesforce"] = explain(trouble, settings)
    try:
        found.ledger = read_from_ledger(settings, order_id)
    except TROUBLES as trouble:
        found.unreachable["redis"] = explain(trouble, settings)
    return found


def _tell_nothing(found: _Findings, *, as_json: bool) -> None:
    if found.unreachable:
        fail("\n".join(found.unreachable.values()), code=Exit.UNREACHABLE, as_json=as_json)
    text = (
        f"Order {found.order_id} is not in Salesforce, or the integration user may not see it, and was never run here."
    )
    fail(text, code=Exit.NOT_FOUND, as_json=as_json)


def _advise(found: _Findings) -> None:
    if found.ledger and found.ledger["failure"] and found.ledger["state"] is OrderState.FAILED:
        say(f"When the cause is mended: provision run {found.order_id}")
