"""Validation: whether an order of Salesforce may become an order of WHMCS at all, and for which client.

The words of `Status` are the org's own, so no word of it lets an order through; only words for "cancelled" stop one.
Draft orders pass: portals request them before anybody activates them.

Source: Salesforce fact sheet 5.
"""

from collections.abc import Sequence
from decimal import Decimal

from actors.rules.texts import fit, letters, quoted
from actors.rules.whole_numbers import positive_id
from actors.values import OrderLine, OrderRequest, ValidatedOrder
from clients.errors import ErrorCode, NeedsHuman, Permanent
from clients.salesforce.values import ActivationStatus, OrderItemRecord, OrderRecord
from config.names import Names

NAMES = Names()
_DEAD_STATUS_CODES = frozenset({"expired", "superseded"})
# An earlier run that got this far may have called AddOrder.
_ATTEMPTED = frozenset({letters(ActivationStatus.ACTIVATING), letters(ActivationStatus.FAILED)})


def validate(order: OrderRecord | None, request: OrderRequest) -> ValidatedOrder | None:
    """Return the order with its WHMCS client, None when it is Activated already and nothing is left to do.

    Raises: Permanent(ORDER_NOT_FOUND, ORDER_NOT_PROVISIONABLE, ORDER_EMPTY, ACCOUNT_NOT_MAPPED),
            NeedsHuman(WHMCS_ORDER_UNCERTAIN) when the WHMCS order id that Salesforce holds cannot be read.
    """
    if order is None:
        raise _not_found(request)
    if _activation(order) == letters(ActivationStatus.ACTIVATED):
        return None
    _ensure_alive(order)
    if not order.items:
        raise Permanent(
            ErrorCode.ORDER_EMPTY, fit(f"{_name(order)} has no order items: add products, then request again.")
        )
    known = _known_whmcs_order_id(order)
    return ValidatedOrder(
        **request.run_fields(),
        client_id=_client_id(order),
        known_whmcs_order_id=known,
        attempted_before=was_attempted(order),
        created_at=order.created_at,
        lines=_lines(order.items),
    )


def was_attempted(order: OrderRecord) -> bool:
    """Tell whether Salesforce shows that an earlier run may have got as far as AddOrder."""
    return bool(order.whmcs_order_id) or order.last_attempt_at is not None or _activation(order) in _ATTEMPTED


def _ensure_alive(order: OrderRecord) -> None:
    for field, value in (("StatusCode", order.status_code), ("Status", order.status)):
        word = letters(value or "")
        if word.startswith("cancel") or (field == "StatusCode" and word in _DEAD_STATUS_CODES):
            is_dead = f"its {field} is {quoted(value or '')}"
            text = f"{_name(order)} is not to be provisioned: {is_dead}. Set another one, then request again."
            raise Permanent(ErrorCode.ORDER_NOT_PROVISIONABLE, fit(text))


def _client_id(order: OrderRecord) -> int:
    field, value = NAMES.account.whmcs_client_id, (order.account_whmcs_client_id or "").strip()
    found = positive_id(value)
    if found is None:
        wrong = f"holds {quoted(value)}, which is no WHMCS client id" if value else "is empty"
        text = (
            f"{_name(order)}: {field} of its account {wrong}. Enter the id of the client in WHMCS, then request again."
        )
        raise Permanent(ErrorCode.ACCOUNT_NOT_MAPPED, fit(text))
    return found


def _known_whmcs_order_id(order: OrderRecord) -> int | None:
    field, value = NAMES.order.whmcs_order_id, (order.whmcs_order_id or "").strip()
    found = positive_id(value)
    if value and found is None:
        wrong = f"{field} holds {quoted(value)}, which is no WHMCS order id"
        text = f"{_name(order)}: {wrong}. Correct or empty the field, then request again."
        raise NeedsHuman(ErrorCode.WHMCS_ORDER_UNCERTAIN, fit(text))
    return found


def _lines(items: Sequence[OrderItemRecord]) -> tuple[OrderLine, ...]:
    return tuple(_line(item) for item in items)


def _line(item: OrderItemRecord) -> OrderLine:
    product = item.product
    return OrderLine(
        item_id=item.id,
        quantity=_finite(item.quantity),
        unit_price=_finite(item.unit_price),
        product_id=product and product.id,
        product_name=product and product.name,
        whmcs_product_id=product and product.whmcs_product_id,
        billing_cycle=product and product.billing_cycle,
        item_class=product and product.item_class,
        config_options_json=product and product.config_options_json,
    )


def _finite(number: Decimal | None) -> Decimal | None:
    """Return a number, None for NaN and infinity, which are no values: mapping says then what is missing."""
    return number if number is not None and number.is_finite() else None


def _activation(order: OrderRecord) -> str:
    return letters(order.activation_status or "")


def _not_found(request: OrderRequest) -> Permanent:
    text = f"Salesforce shows no order {request.order_id}: it was deleted, or the integration user may not see it."
    return Permanent(ErrorCode.ORDER_NOT_FOUND, text)


def _name(order: OrderRecord) -> str:
    return f"Order {quoted(order.order_number or order.id).strip(chr(34))}"
