"""Make values of the rows of WHMCS's answers.

Pure. Only what cannot be missing raises MalformedError; what is decoration becomes "" or None.

Source: WHMCS fact sheet 2.1, 2.4-2.7.
"""

from clients.whmcs.fields import (
    Fields,
    MalformedError,
    child,
    id_list,
    money,
    number,
    optional_id,
    required_id,
    rows,
    text,
)
from clients.whmcs.marker import field_name
from clients.whmcs.values import (
    AddedOrder,
    ClientDetails,
    ConfigOption,
    CustomField,
    PayMethod,
    Product,
    Service,
    WhmcsOrder,
)

_RECURRING_CYCLES = ("monthly", "quarterly", "semiannually", "annually", "biennially", "triennially")


def client_details(answer: Fields) -> ClientDetails:
    """Read GetClientsDetails: the `client` object, else the deprecated copy beside it."""
    found = child(answer, "client") or answer
    return ClientDetails(
        id=required_id(found, "client_id", "id", "userid"),
        status=_required_text(found, "status"),
        default_gateway=text(found, "defaultgateway"),
        currency_code=text(found, "currency_code"),
    )


def pay_methods(answer: Fields) -> list[PayMethod]:
    """Read GetPayMethods."""
    return [
        PayMethod(
            id=required_id(row, "id"),
            type=text(row, "type"),
            gateway_name=text(row, "gateway_name"),
            expiry=text(row, "expiry_date"),
        )
        for row in rows(answer, "paymethods", "paymethod")
    ]


def payment_gateways(answer: Fields) -> list[str]:
    """Read GetPaymentMethods: the module names, which AddOrder wants, not the display names."""
    return [_required_text(row, "module") for row in rows(answer, "paymentmethods", "paymentmethod")]


def order(row: Fields) -> WhmcsOrder:
    """Read a row of GetOrders."""
    return WhmcsOrder(
        id=required_id(row, "id"),
        client_id=required_id(row, "userid"),
        status=_required_text(row, "status"),
        notes=text(row, "notes"),
        number=text(row, "ordernum"),
        placed_at=text(row, "date"),
        payment_method=text(row, "paymentmethod"),
        amount=money(row.get("amount")),
        invoice_id=optional_id(row, "invoiceid"),
    )


def service(row: Fields) -> Service:
    """Read a row of GetClientsProducts. A service made by hand belongs to no order: its order id is 0."""
    return Service(
        id=required_id(row, "id"),
        order_id=optional_id(row, "orderid") or 0,
        pid=required_id(row, "pid"),
        qty=optional_id(row, "qty") or 1,
        status=_required_text(row, "status"),
        billing_cycle=text(row, "billingcycle"),
        custom_fields={
            field_name(text(field, "name")): text(field, "value") for field in rows(row, "customfields", "customfield")
        },
    )


def products(answer: Fields) -> list[Product]:
    """Read GetProducts."""
    return [_product(row) for row in rows(answer, "products", "product")]


def _product(row: Fields) -> Product:
    paytype = text(row, "paytype").lower()
    return Product(
        pid=required_id(row, "pid", "id"),
        paytype=paytype,
        allowqty=number(row.get("allowqty")) or 0,
        cycles=_priced_cycles(child(row, "pricing")) if paytype == "recurring" else frozenset({paytype} - {""}),
        custom_fields=tuple(
            CustomField(id=required_id(field, "id"), name=field_name(text(field, "name")))
            for field in rows(row, "customfields", "customfield")
        ),
        config_options=tuple(_config_option(option) for option in rows(row, "configoptions", "configoption")),
    )


def _priced_cycles(pricing: Fields) -> frozenset[str]:
    """Return the cycles with a price in any currency; -1.00 means not offered."""
    per_currency = [child(pricing, currency) for currency in pricing]
    return frozenset(
        cycle
        for prices in per_currency
        for cycle in _RECURRING_CYCLES
        if (price := money(prices.get(cycle))) is not None and price >= 0
    )


def _config_option(row: Fields) -> ConfigOption:
    choices = rows(row, "options", "option")
    return ConfigOption(
        id=required_id(row, "id"),
        type=number(row.get("type")) or 0,
        options=tuple(required_id(choice, "id") for choice in choices),
    )


def version(answer: Fields) -> str:
    """Read WhmcsDetails."""
    return _required_text(child(answer, "whmcs"), "version")


def added_order(answer: Fields) -> AddedOrder:
    """Read AddOrder's answer. `productids` is the old name of `serviceids`: service ids, whatever it is called."""
    return AddedOrder(
        order_id=required_id(answer, "orderid"),
        service_ids=id_list(answer, "serviceids") or id_list(answer, "productids"),
        invoice_id=optional_id(answer, "invoiceid"),
    )


def _required_text(fields: Fields, name: str) -> str:
    found = text(fields, name)
    if not found:
        raise MalformedError(f"{name}: missing")
    return found
