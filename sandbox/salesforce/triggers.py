"""What Salesforce fills in by itself when a row is saved: numbers, sums, the category of a status.

Source: Salesforce fact sheet 5.1, 5.2.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.store import Row


def fill(org: "Org", object_name: str, row: "Row", old: "Row | None") -> None:
    """Set the fields of a row that is about to be saved; `old` is what it was, None for a new one."""
    before_save = _BEFORE.get(object_name)
    if before_save is not None:
        before_save(org, row, old)


def after_save(org: "Org", object_name: str, row: "Row") -> None:
    """Carry a saved row into the sums of its parent."""
    if object_name == "OrderItem" and isinstance(row["OrderId"], str):
        _sum_up(org, row["OrderId"])


def _fill_order(org: "Org", row: "Row", old: "Row | None") -> None:
    if old is None:
        row["OrderNumber"] = row["OrderNumber"] or org.next_number("Order")
        row["OwnerId"] = row["OwnerId"] or org.user_id
        row["TotalAmount"] = 0.0
    if old is None or old["Status"] != row["Status"]:
        row["StatusCode"] = org.status_codes.get(str(row["Status"]), "Draft")
        activated = row["StatusCode"] == "Activated"
        row["ActivatedDate"] = org.now_text() if activated else None
        row["ActivatedById"] = org.user_id if activated else None


def _fill_item(org: "Org", row: "Row", old: "Row | None") -> None:
    if old is None:
        row["OrderItemNumber"] = row["OrderItemNumber"] or org.next_number("OrderItem")
        row["AvailableQuantity"] = row["Quantity"]
    entry = org.tables["PricebookEntry"].get(str(row["PricebookEntryId"]))
    if entry is not None:
        row["Product2Id"] = row["Product2Id"] or entry["Product2Id"]
        row["ListPrice"] = entry["UnitPrice"] if row["ListPrice"] is None else row["ListPrice"]
        row["UnitPrice"] = entry["UnitPrice"] if row["UnitPrice"] is None else row["UnitPrice"]
    row["TotalPrice"] = _product(row["Quantity"], row["UnitPrice"])


def _fill_entry(org: "Org", row: "Row", _old: "Row | None") -> None:
    product = org.tables["Product2"].get(str(row["Product2Id"]))
    if product is not None:
        row["Name"], row["ProductCode"] = product["Name"], product["ProductCode"]


def _sum_up(org: "Org", order_id: str) -> None:
    order = org.tables["Order"].get(order_id)
    if order is not None:
        prices = [item["TotalPrice"] for item in org.store.children("OrderItem", "OrderId", order_id)]
        total = sum(price for price in prices if isinstance(price, float))
        org.store.put("Order", order_id, order | {"TotalAmount": round(total, 2)})


def _product(quantity: object, price: object) -> float | None:
    if isinstance(quantity, float) and isinstance(price, float):
        return round(quantity * price, 2)
    return None


_BEFORE: "dict[str, Callable[[Org, Row, Row | None], None]]" = {
    "Order": _fill_order,
    "OrderItem": _fill_item,
    "PricebookEntry": _fill_entry,
}
