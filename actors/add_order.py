"""Add order: make sure that WHMCS holds exactly one live order for this Salesforce order.

AddOrder is the one write that cannot be repeated: WHMCS knows no idempotency key, and two calls make two orders, two
invoices and perhaps two mails. So only a run that can prove to be the first attempt calls it straight away. Everybody
else is in doubt and looks for our marker in WHMCS first:

    the ledger knows the answer of our AddOrder    → adopt it
    provably first: intent newly written, and
      Salesforce shows no earlier attempt          → AddOrder
    in doubt, marker found                         → adopt it
    in doubt, nothing found, and the last AddOrder
      may still be running inside WHMCS            → come back later
    nothing found twice after that                 → AddOrder

Twice is harmless: a second run finds the intent of the first, and looks.
"""

from actors.rules import adoption
from actors.settle import LOOK_AGAIN_S, not_yet, wait_until_settled
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import MappedOrder, PlacedOrder
from clients.errors import ErrorCode, OutcomeUnknown, Retryable, Verdict
from clients.ledger.values import Intent
from clients.whmcs.values import NewOrder, NewOrderLine

# How often a look-up has to come back empty, after the server's own time limit, before AddOrder is sent again.
EMPTY_LOOKS_NEEDED = 2
ACTION = "AddOrder"


@stage(queue="add-order")
def add_order(order: MappedOrder, use: Clients) -> PlacedOrder:
    """Pass the order on with the id of its one WHMCS order."""
    intent = use.claim.intend(ACTION)
    try:
        whmcs_order_id = _answered(use, intent) or _place(order, use, intent)
    except Retryable as verdict:
        raise verdict if intent.is_new else _uncertain(verdict) from verdict
    use.claim.note_answer(ACTION, whmcs_order_id)
    return PlacedOrder(
        **order.run_fields(), client_id=order.client_id, whmcs_order_id=whmcs_order_id, lines=order.lines
    )


def _answered(use: Clients, intent: Intent) -> int | None:
    """Return the order that our AddOrder is known to have made, unless somebody has deleted it since."""
    if intent.answer is None or use.whmcs.order(intent.answer) is None:
        return None
    return intent.answer


def _place(order: MappedOrder, use: Clients, intent: Intent) -> int:
    if intent.is_new and not order.attempted_before:
        return _send(order, use)
    carriers = use.whmcs.find_order_by_marker(order.client_id, order.order_id)
    found = adoption.adopt(carriers, known=order.known_whmcs_order_id)
    return found or _send_again(order, use, intent)


def _send_again(order: MappedOrder, use: Clients, intent: Intent) -> int:
    """Call AddOrder after all, once it is certain that the last one came to nothing."""
    wait_until_settled(use, intent)
    if use.claim.note_empty_look(ACTION) < EMPTY_LOOKS_NEEDED:
        raise not_yet(LOOK_AGAIN_S)
    use.claim.intend(ACTION, again=True)
    return _send(order, use)


def _send(order: MappedOrder, use: Clients) -> int:
    try:
        return use.whmcs.add_order(_new_order(order, use)).order_id
    except OutcomeUnknown:
        raise
    except Verdict:
        # A clean refusal: nothing happened, so that the next attempt is a first one again.
        use.claim.retract(ACTION)
        raise


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


def _uncertain(verdict: Retryable) -> OutcomeUnknown:
    """Say it as it is when an attempt went before: nobody knows whether WHMCS took the order."""
    return OutcomeUnknown(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        "It could not be proved whether WHMCS took the order: search this client's orders there for the Salesforce id.",
        detail=verdict.detail or verdict.message,
        retry_after_s=verdict.retry_after_s,
    )
