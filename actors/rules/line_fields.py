"""The fields of one order item: each read by one function that returns what WHMCS gets, or says what is wrong."""

from decimal import Decimal

from actors.rules import billing_cycle, config_options
from actors.rules.texts import letters, quoted
from actors.rules.whole_numbers import positive_id, whole
from actors.values import OrderLine
from clients.errors import ErrorCode
from config.names import ProductNames

FIELDS = ProductNames()
DEFAULT_CYCLE = "monthly"
DEFAULT_CLASS = "service"
_RECURRING_CLASSES = frozenset({"service", "addon"})
_ONE_TIME_CLASS = "activation"


class LineProblemError(ValueError):
    """What is wrong with a field of an order item, with the code it ends the order with and the product's name."""

    def __init__(self, code: ErrorCode, line: OrderLine, text: str) -> None:
        super().__init__(f"{_label(line)}: {text}")
        self.code = code


def product_id(line: OrderLine) -> int:
    """Return the WHMCS product. Raises: LineProblemError(PRODUCT_NOT_MAPPED)."""
    found = positive_id(line.whmcs_product_id)
    if found is None:
        raise LineProblemError(ErrorCode.PRODUCT_NOT_MAPPED, line, _not_mapped(line))
    return found


def cycle(line: OrderLine) -> str:
    """Return AddOrder's billing cycle: one-time for an activation whatever its cycle says, else its own or monthly.

    Raises: LineProblemError(PRODUCT_NOT_MAPPED) for an unknown item class, LineProblemError(BILLING_CYCLE_UNKNOWN).
    """
    item_class = letters(line.item_class or "") if _is_filled(line.item_class) else DEFAULT_CLASS
    if item_class == _ONE_TIME_CLASS:
        return "onetime"
    if item_class not in _RECURRING_CLASSES:
        text = f"{FIELDS.item_class} {quoted(line.item_class or '')} is none of Service, Activation, Add-on"
        raise LineProblemError(ErrorCode.PRODUCT_NOT_MAPPED, line, text)
    try:
        return billing_cycle.normalise(line.billing_cycle) or DEFAULT_CYCLE
    except billing_cycle.CycleRefusedError as refused:
        text = f"{FIELDS.billing_cycle} {quoted(line.billing_cycle or '')} {refused}"
        raise LineProblemError(ErrorCode.BILLING_CYCLE_UNKNOWN, line, text) from refused


def quantity(line: OrderLine) -> int:
    """Return the quantity. Raises: LineProblemError(QUANTITY_INVALID)."""
    found = None if line.quantity is None else whole(line.quantity)
    if found is None or found < 1:
        is_said = "is empty" if line.quantity is None else f"{_short(line.quantity)} is no positive whole number"
        raise LineProblemError(ErrorCode.QUANTITY_INVALID, line, f"Quantity {is_said}")
    return found


def options(line: OrderLine) -> dict[int, int | str]:
    """Return the config options. Raises: LineProblemError(CONFIG_OPTIONS_INVALID)."""
    try:
        return config_options.parse(line.config_options_json)
    except config_options.OptionsRefusedError as refused:
        text = f"{FIELDS.config_options} {refused}"
        raise LineProblemError(ErrorCode.CONFIG_OPTIONS_INVALID, line, text) from refused


def price(line: OrderLine) -> Decimal:
    """Return the price that replaces WHMCS's own.

    Raises: LineProblemError(PRODUCT_NOT_MAPPED) without one, as WHMCS may take an empty override for a price of 0.
    """
    if line.unit_price is None or not line.unit_price.is_finite():
        raise LineProblemError(ErrorCode.PRODUCT_NOT_MAPPED, line, "UnitPrice is empty: enter the price")
    return line.unit_price


def _not_mapped(line: OrderLine) -> str:
    if line.product_id is None:
        return "the order item has no product: choose one"
    if not _is_filled(line.whmcs_product_id):
        return f"{FIELDS.whmcs_product_id} is empty"
    return f"{FIELDS.whmcs_product_id} {quoted(line.whmcs_product_id or '')} is no WHMCS product id"


def _is_filled(text: str | None) -> bool:
    return bool((text or "").strip())


def _short(number: Decimal) -> str:
    return quoted(str(number), 20).strip('"')


def _label(line: OrderLine) -> str:
    return quoted(line.product_name or line.product_id or f"order item {line.item_id}")
