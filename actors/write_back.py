"""Write back: tell Salesforce the good end: Activated, the WHMCS order id, the service ids on the items.

Writes absolute values in one call, the order last; so a second run writes the same again.
"""

from actors.stage import stage
from actors.toolbox import Clients
from actors.values import AcceptedOrder, Fulfilment


@stage(queue="write-back")
def write_back(order: AcceptedOrder, use: Clients) -> Fulfilment:
    """Mark the order Activated in Salesforce; this ends the run."""
    use.claim.hold()
    use.salesforce.write_fulfilment(
        order.order_id,
        whmcs_order_id=order.whmcs_order_id,
        service_ids={item: ",".join(map(str, ids)) for item, ids in order.service_ids.items()},
    )
    return Fulfilment(**order.run_fields(), whmcs_order_id=order.whmcs_order_id)
