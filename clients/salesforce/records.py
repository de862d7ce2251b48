"""Query rows into values: the shapes of Salesforce's answers are known here and nowhere else.

A parent comes nested, or as null when the look-up is empty; children as a result of their own, or as null when there
are none; numbers as 2.0 where people mean 2. Source: Salesforce fact sheet 4.1.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from clients.salesforce.ids import to_18
from clients.salesforce.values import OrderItemRecord, OrderRecord, ProductRecord
from config.names import Names

Row = Mapping[str, Any]


def order_record(row: Row, items: Iterable[Row], names: Names) -> OrderRecord:
    """Return the value of an order's row and its lines' rows.

    Raises: ValueError, KeyError for a row that is not what was asked for.
    """
    account = row.get("Account") or {}
    return OrderRecord(
        id=to_18(row["Id"]),
        order_number=_text(row, "OrderNumber"),
        status=_text(row, "Status"),
        status_code=_text(row, "StatusCode"),
        account_id=_text(row, "AccountId"),
        created_at=_moment(row, "CreatedDate"),
        account_whmcs_client_id=_text(account, names.account.whmcs_client_id),
        activation_status=_text(row, names.order.activation_status),
        error_code=_text(row, names.order.error_code),
        last_attempt_at=_moment(row, names.order.last_attempt_at),
        whmcs_order_id=_text(row, names.order.whmcs_order_id),
        items=tuple(_item(item, names) for item in items),
    )


def _item(row: Row, names: Names) -> OrderItemRecord:
    product = row.get("Product2")
    return OrderItemRecord(
        id=to_18(row["Id"]),
        quantity=_number(row, "Quantity"),
        unit_price=_number(row, "UnitPrice"),
        whmcs_service_id=_text(row, names.item.whmcs_service_id),
        product=_product(product, names) if product else None,
    )


def _product(row: Row, names: Names) -> ProductRecord:
    return ProductRecord(
        id=to_18(row["Id"]),
        name=_text(row, "Name"),
        sku=_text(row, "StockKeepingUnit"),
        whmcs_product_id=_text(row, names.product.whmcs_product_id),
        billing_cycle=_text(row, names.product.billing_cycle),
        item_class=_text(row, names.product.item_class),
        config_options_json=_text(row, names.product.config_options),
    )


def _text(row: Row, field: str) -> str | None:
    """Return a field as text, None if it is empty; an id kept in a number field comes as 12.0 and means 12."""
    value = row.get(field)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return text or None


def _number(row: Row, field: str) -> Decimal | None:
    value = row.get(field)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{field} is not a number") from error


def _moment(row: Row, field: str) -> datetime | None:
    value = _text(row, field)
    return datetime.fromisoformat(value).astimezone(UTC) if value else None
