"""What Salesforce says of an order, read once, for commands that show or check it."""

from typing import Any

from clients.salesforce.orders import SalesforceOrders
from clients.salesforce.values import OrderRecord
from config.names import Names
from config.settings import Settings
from pipeline.assembly import make_auth


def read_from_salesforce(settings: Settings, order_id: str) -> OrderRecord | None:
    """Return the order, None when Salesforce has none. Raises: Verdict when it cannot say."""
    auth = make_auth(settings)
    orders = SalesforceOrders(
        auth,
        names=Names(),
        api_version=settings.sf_api_version,
        max_connections=1,
        read_timeout_s=settings.sf_timeout_s,
    )
    try:
        return orders.read_order(order_id)
    finally:
        orders.close()
        auth.close()


def salesforce_facts(record: OrderRecord) -> dict[str, Any]:
    """Return what the JSON document says of an order in Salesforce."""
    return {
        "order_number": record.order_number,
        "status": record.status,
        "activation_status": record.activation_status,
        "error_code": record.error_code,
        "whmcs_order_id": record.whmcs_order_id,
        "last_attempt_at": record.last_attempt_at and record.last_attempt_at.isoformat(),
        "items": [
            {
                "id": item.id,
                "product": item.product and item.product.name,
                "quantity": None if item.quantity is None else f"{item.quantity:f}",
                "whmcs_service_id": item.whmcs_service_id,
            }
            for item in record.items
        ],
    }
