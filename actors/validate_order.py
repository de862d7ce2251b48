"""Validate order: let an order on only if it exists, may be provisioned, and belongs to a WHMCS client.

Reads the order with account, items and products. Writes `Activating` and the time of the attempt: absolute values, so
that a second run writes the same again.
"""

from actors.rules import validation
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import OrderRequest, ValidatedOrder


@stage(queue="validate-order")
def validate_order(request: OrderRequest, use: Clients) -> ValidatedOrder | None:
    """Pass the order on as `Activating`; end quietly when it is Activated already."""
    record = use.salesforce.read_order(request.order_id)
    # Before anything of ours shows in Salesforce, a failure included: later nobody could tell whose trace it is.
    use.claim.hold(untouched=record is not None and not validation.was_attempted(record))
    order = validation.validate(record, request)
    if order is not None:
        use.salesforce.mark_activating(order.order_id, at=use.clock.now())
    return order
