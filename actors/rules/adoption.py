"""Adoption: which WHMCS order, if any, is already the one of this Salesforce order.

Orders that carry our marker are told apart by their status: Cancelled and Fraud are dead, everything else is live
(administrators may add statuses of their own).
"""

from collections.abc import Sequence

from clients.errors import ErrorCode, NeedsHuman, Permanent, Retryable
from clients.whmcs.values import WhmcsOrder

DEAD = frozenset({"cancelled", "fraud"})


def adopt(carriers: Sequence[WhmcsOrder], *, known: int | None) -> int | None:
    """Return the id of the one live order that carries our marker, None when there is none at all.

    `known` is the id that Salesforce shows: it has to be among them.
    Raises: Permanent(WHMCS_ORDER_CANCELLED), NeedsHuman(WHMCS_ORDER_UNCERTAIN).
    """
    live = [order for order in carriers if not is_dead(order)]
    if len(live) > 1:
        raise _several(live)
    if known is not None and known not in {order.id for order in carriers}:
        raise _not_ours(known)
    if live:
        return live[0].id
    if carriers:
        raise cancelled(carriers[0].id)
    return None


def is_accepted(order: WhmcsOrder | None, whmcs_order_id: int) -> bool:
    """Tell whether WHMCS has accepted the order; False while it is Pending.

    Raises: Permanent(WHMCS_ORDER_CANCELLED), NeedsHuman(WHMCS_ORDER_UNCERTAIN) when it is not there.
    """
    if order is None:
        raise _gone(whmcs_order_id)
    if is_dead(order):
        raise cancelled(whmcs_order_id)
    return order.status.strip().lower() != "pending"


def is_dead(order: WhmcsOrder) -> bool:
    """Tell whether the order was cancelled or marked as fraud."""
    return order.status.strip().lower() in DEAD


def still_pending(whmcs_order_id: int, text: str) -> Retryable:
    """Say that AcceptOrder was refused although the order is still Pending."""
    return Retryable(
        ErrorCode.WHMCS_REJECTED,
        f"WHMCS would not accept its order {whmcs_order_id}; it is still Pending: accept it there by hand, then retry.",
        detail=text,
    )


def cancelled(whmcs_order_id: int) -> Permanent:
    """Say that somebody cancelled the order in WHMCS."""
    return Permanent(
        ErrorCode.WHMCS_ORDER_CANCELLED,
        f"WHMCS order {whmcs_order_id} of this order was cancelled or marked as fraud. To order again, delete it in "
        "WHMCS, empty WHMCS_Order_ID__c and request provisioning again.",
    )


def _several(live: Sequence[WhmcsOrder]) -> NeedsHuman:
    ids = ", ".join(str(order.id) for order in sorted(live, key=lambda order: order.id)[:5])
    return NeedsHuman(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        f"WHMCS holds {len(live)} live orders for this order ({ids}). Cancel all but one there, then request again.",
    )


def _not_ours(known: int) -> NeedsHuman:
    return NeedsHuman(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        f"WHMCS order {known}, named in WHMCS_Order_ID__c, is not one of this client that carries this order's id. "
        "Correct or empty the field, then request again.",
    )


def _gone(whmcs_order_id: int) -> NeedsHuman:
    return NeedsHuman(
        ErrorCode.WHMCS_ORDER_UNCERTAIN,
        f"WHMCS order {whmcs_order_id} was made but is not there any more. Look for it in WHMCS, then request again.",
    )
