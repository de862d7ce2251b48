"""The one query that reads an order: account, lines and products in a single call of the daily allowance."""

from collections.abc import Sequence

from simple_salesforce.format import format_soql

from clients.salesforce.values import ActivationStatus
from config.names import Names


def order_query(order_ids: Sequence[str], names: Names) -> str:
    """Return the query for some orders; their lines come in the order of their ids, the same every time."""
    lines = f"SELECT {', '.join(_line_fields(names))} FROM {names.item.children} ORDER BY Id"  # noqa: S608 - names only
    fields = f"{', '.join(_order_fields(names))}, ({lines})"
    where = format_soql(" WHERE Id = {}", order_ids[0]) if len(order_ids) == 1 else _among(order_ids)
    return f"SELECT {fields} FROM {names.order.object}{where}"  # noqa: S608 - quoted


def _among(order_ids: Sequence[str]) -> str:
    return str(format_soql(" WHERE Id IN {}", list(order_ids)))


def unfinished_query(names: Names, *, quiet_since: str, limit: int) -> str:
    """Return the query for orders that were requested and have not ended, the ones longest unchanged first."""
    order = names.order
    states = ", ".join(f"'{state}'" for state in (ActivationStatus.REQUESTED, ActivationStatus.ACTIVATING))
    where = f"{order.activation_status} IN ({states}) AND SystemModstamp < {quiet_since}"
    return f"SELECT Id FROM {order.object} WHERE {where} ORDER BY SystemModstamp LIMIT {limit}"  # noqa: S608 - ours


def _order_fields(names: Names) -> list[str]:
    order = names.order
    return [
        *("Id", "OrderNumber", "Status", "StatusCode", "AccountId", "CreatedDate"),
        f"Account.{names.account.whmcs_client_id}",
        *(order.activation_status, order.error_code, order.last_attempt_at, order.whmcs_order_id),
    ]


def _line_fields(names: Names) -> list[str]:
    product = names.product
    product_fields = ["Id", "Name", "StockKeepingUnit", product.whmcs_product_id, product.billing_cycle]
    product_fields += [product.item_class, product.config_options]
    own_fields = ["Id", "Quantity", "UnitPrice", names.item.whmcs_service_id]
    return own_fields + [f"Product2.{field}" for field in product_fields]
