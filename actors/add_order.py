"""Add order: make sure that WHMCS holds exactly one live order for this Salesforce order.

AddOrder is the one write that cannot be repeated: WHMCS knows no idempotency key, and two calls make two orders, two
invoices and perhaps two mails. So only a run that can prove to be the first attempt calls it straight away
(`actors.rules.first_attempt`). Everybody else is in doubt and looks for our marker in WHMCS first:

    the ledger knows the answer of our AddOrder    → adopt it
    provably first                                 → AddOrder
    in doubt, marker found                         → adopt it
    in doubt, nothing found, and the last AddOrder
      may still be running inside WHMCS            → come back later
    nothing found twice after that                 → AddOrder, unless this WHMCS may have dropped the marker

Twice is harmless: a second run finds the intent of the first, and looks.
"""

from dataclasses import dataclass
from datetime import timedelta

from actors.rules import adoption
from actors.rules.first_attempt import is_provably_first
from actors.settle import look_again_s, not_yet, renew_when_settled, send_before_s, sending, wait_until_settled
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import MappedOrder, PlacedOrder
from clients.errors import ErrorCode, NeedsHuman, OutcomeUnknown, Retryable
from clients.ledger.values import Intent
from clients.whmcs.values import NewOrder, NewOrderLine

# How often a look-up has to come back empty, after the server's own time limit, before AddOrder is sent again.
EMPTY_LOOKS_NEEDED = 2
ACTION = "AddOrder"


@stage(queue="add-order")
def add_order(order: MappedOrder, use: Clients) -> PlacedOrder:
    """Pass the order on with the id of its one WHMCS order."""
    # Taken before the intent is written: the window may begin too early, never too late.
    until_s = send_before_s(use)
    intent = use.claim.intend(ACTION)
    try:
        made = _answered(order, use, intent) or _place(order, use, intent, until_s)
    except Retryable as verdict:
        raise verdict if intent.is_new else _uncertain(verdict) from verdict
    return PlacedOrder(
        **order.run_fields(),
        client_id=order.client_id,
        whmcs_order_id=made.order_id,
        service_count=made.service_count,
        lines=order.lines,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """The order in WHMCS; `service_count` is what AddOrder said, None for an order that was found."""

    order_id: int
    service_count: int | None = None


def _answered(order: MappedOrder, use: Clients, intent: Intent) -> _Made | None:
    """Return the order that our AddOrder is known to have made, unless somebody has deleted it since.

    Raises: Permanent(WHMCS_ORDER_CANCELLED).
    """
    if intent.known_whmcs_order_id is None:
        return None
    found = use.whmcs.order(intent.known_whmcs_order_id)
    if found is None or found.client_id != order.client_id:
        return None
    if adoption.is_dead(found):
        raise adoption.cancelled(found.id)
    return _Made(found.id)


def _place(order: MappedOrder, use: Clients, intent: Intent, until_s: float) -> _Made:
    if _is_first(order, use, intent):
        return _send(order, use, until_s)
    carriers = use.whmcs.find_order_by_marker(order.client_id, order.order_id)
    found = adoption.adopt(carriers, known=order.known_whmcs_order_id)
    return _Made(found) if found else _send_again(order, use, intent)


def _is_first(order: MappedOrder, use: Clients, intent: Intent) -> bool:
    return is_provably_first(
        intent,
        attempted_before=order.attempted_before,
        known_whmcs_order_id=order.known_whmcs_order_id,
        event_at=order.event_at,
        created_at=order.created_at,
        clock_skew=timedelta(seconds=use.settings.clock_skew_s),
    )


def _send_again(order: MappedOrder, use: Clients, intent: Intent) -> _Made:
    """Call AddOrder after all, once it is certain that the last one came to nothing."""
    wait_until_settled(use, intent)
    if use.claim.note_empty_look(ACTION, seen=intent.empty_looks) < EMPTY_LOOKS_NEEDED:
        raise not_yet(look_again_s(use))
    _ensure_it_would_be_found(order, use)
    return _send(order, use, renew_when_settled(use, ACTION, intent))


def _ensure_it_would_be_found(order: MappedOrder, use: Clients) -> None:
    """Refuse to take "nothing found" for "nothing there" where WHMCS drops the marker by which orders are found."""
    is_kept = use.marker.is_kept()
    # Where nobody can tell yet, an order that Salesforce shows as never attempted is let through.
    if is_kept is False or (is_kept is None and order.attempted_before):
        raise NeedsHuman(ErrorCode.WHMCS_ORDER_UNCERTAIN, _UNCERTAIN)


def _send(order: MappedOrder, use: Clients, until_s: float) -> _Made:
    with sending(use, ACTION):
        made = use.whmcs.add_order(_new_order(order, use), send_before_s=until_s)
    use.marker.read_back(made.order_id, order.order_id)
    return _Made(made.order_id, len(made.service_ids))


def _new_order(order: MappedOrder, use: Clients) -> NewOrder:
    lines = tuple(
        NewOrderLine(
            pid=line.pid,
            billing_cycle=line.billing_cycle,
            quantity=line.quantity,
            config_options=line.config_options,
            price_override=line.price_override,
        )
        for line in order.lines
    )
    return NewOrder(
        client_id=order.client_id,
        payment_method=order.payment_method,
        lines=lines,
        order_id18=order.order_id,
        no_email=use.settings.whmcs_no_email,
        no_invoice=use.settings.whmcs_no_invoice,
    )


_UNCERTAIN = (
    "It could not be proved whether WHMCS took the order: search this client's orders there for the Salesforce id. "
    "If there is none, empty WHMCS_Order_ID__c and place a new order."
)


def _uncertain(verdict: Retryable) -> OutcomeUnknown:
    """Say it as it is when an attempt went before: nobody knows whether WHMCS took the order."""
    return OutcomeUnknown(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        _UNCERTAIN,
        detail=verdict.detail or verdict.message,
        retry_after_s=verdict.retry_after_s,
    )
