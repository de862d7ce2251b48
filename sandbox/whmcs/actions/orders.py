"""AddOrder, AcceptOrder, CancelOrder.

Source: WHMCS fact sheet 2.1-2.3.
"""

from decimal import Decimal, InvalidOperation

from sandbox.whmcs import ordering
from sandbox.whmcs.options import chosen_options
from sandbox.whmcs.ordering import Form, Line
from sandbox.whmcs.params import Params
from sandbox.whmcs.records import Client, Product
from sandbox.whmcs.refusals import Refusal
from sandbox.whmcs.shapes import Answer
from sandbox.whmcs.shop import Shop
from sandbox.whmcs.unserialize import SerializedKey, SerializedValue, UnserializeError, decode_array

_ARRAYS = (
    "pid",
    "qty",
    "billingcycle",
    "domain",
    "priceoverride",
    "customfields",
    "configoptions",
    "addons",
    "addonsqty",
    "hostname",
    "ns1prefix",
    "ns2prefix",
    "rootpw",
    "domaintype",
    "regperiod",
    "eppcode",
    "idnlanguage",
    "dnsmanagement",
    "emailforwarding",
    "idprotection",
    "domainfields",
    "domainpriceoverride",
    "domainrenewoverride",
    "domainrenewals",
)


def add_order(shop: Shop, params: Params) -> Answer:
    """Place an order; what is wrong with a single line is passed over or defaulted, and not said."""
    client = _client(shop, params)
    gateway = _gateway(shop, params)
    params.ensure_arrays(_ARRAYS)
    lines = [line for key in params.array("pid") if (line := _line(shop, params, key)) is not None]
    if not lines:
        raise Refusal("No items added to cart so order cannot proceed")
    order = ordering.place(shop, _form(client, gateway, lines, params))
    service_ids = ",".join(str(service.id) for service in order.services)
    return {
        "orderid": order.id,
        "productids": service_ids,
        "serviceids": service_ids,
        "addonids": "",
        "domainids": "",
    } | _invoice_id(shop, order.invoice_id)


def accept_order(shop: Shop, params: Params) -> Answer:
    """Accept an order; the answer holds nothing but the result."""
    setup = params.flag("autosetup") if "autosetup" in params.form else None
    mail = params.flag("sendemail") if "sendemail" in params.form else True
    ordering.accept(shop, params.integer("orderid"), setup=setup, mail=mail)
    return {}


def cancel_order(shop: Shop, params: Params) -> Answer:
    """Cancel a Pending order."""
    ordering.cancel(shop, params.integer("orderid"))
    return {}


def _client(shop: Shop, params: Params) -> Client:
    client = shop.clients.get(params.integer("clientid"))
    if client is None:
        raise Refusal("Client ID Not Found")
    if client.status == "Closed":
        raise Refusal("Unable to add order when client status is Closed")
    return client


def _gateway(shop: Shop, params: Params) -> str:
    gateway = params.text("paymentmethod")
    if gateway not in shop.gateways:
        raise Refusal(f"Invalid Payment Method. Valid options include {','.join(shop.gateways)}")
    return gateway


def _form(client: Client, gateway: str, lines: list[Line], params: Params) -> Form:
    return Form(
        client=client,
        gateway=gateway,
        lines=lines,
        notes=params.text("notes"),
        ip=params.text("clientip") or params.peer,
        promo_code=params.text("promocode"),
        invoice=not params.flag("noinvoice"),
        invoice_mail=not params.flag("noinvoiceemail"),
        mail=not params.flag("noemail"),
    )


def _line(shop: Shop, params: Params, key: int | str) -> Line | None:
    """Return one line, None for a product that is not there: WHMCS leaves it out without a word."""
    product = shop.products.get(_number(params.element("pid", key)))
    if product is None:
        return None
    if product.order_error:
        raise Refusal(product.order_error)
    asked_options = _unpacked(params.element("configoptions", key))
    return Line(
        product=product,
        cycle=product.effective_cycle(params.element("billingcycle", key)),
        quantity=max(_number(params.element("qty", key)), 1) if shop.has_quantities else 1,
        price_override=_price(params.element("priceoverride", key)),
        domain=params.element("domain", key) or params.element("hostname", key),
        custom_fields=_custom_fields(product, _unpacked(params.element("customfields", key))),
        options=chosen_options(product, asked_options),
        asked_options=dict(asked_options),
    )


def _custom_fields(product: Product, values: dict[SerializedKey, SerializedValue]) -> dict[int, str]:
    return {field.id: str(values[field.id]) for field in product.custom_fields if field.id in values}


def _unpacked(packed: str) -> dict[SerializedKey, SerializedValue]:
    """Return the array of a line; what cannot be read counts as nothing, and nobody is told."""
    if not packed:
        return {}
    try:
        return decode_array(packed)
    except UnserializeError:
        return {}


def _number(text: str) -> int:
    return Params({"n": text}).integer("n")


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


def _invoice_id(shop: Shop, invoice_id: int) -> Answer:
    """Return the invoice's id, or any kind of nothing when there is none."""
    if invoice_id:
        return {"invoiceid": invoice_id}
    nothing: list[Answer] = [{"invoiceid": 0}, {"invoiceid": ""}, {"invoiceid": None}, {}]
    return shop.chance.choice(nothing)
