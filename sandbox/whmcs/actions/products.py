"""GetProducts and GetPaymentMethods: what is on offer, and how it can be paid.

Source: WHMCS fact sheet 2.5, 2.7, 3.
"""

from sandbox.whmcs.cycles import RECURRING, setup_key
from sandbox.whmcs.params import Params
from sandbox.whmcs.records import ConfigOption, OptionType, Product
from sandbox.whmcs.shapes import Answer, escaped, listed, money
from sandbox.whmcs.shop import Shop

_NOT_OFFERED = "-1.00"
_CURRENCY = "EUR"


def get_products(shop: Shop, params: Params) -> Answer:
    """List products by id (one, or several with commas) and module; there is no paging."""
    wanted = {text.strip() for text in params.text("pid").split(",") if text.strip()}
    found = [
        product
        for product in shop.products.values()
        if (not wanted or str(product.pid) in wanted)
        and (not params.given("module") or product.module == params.text("module"))
    ]
    return {"totalresults": len(found)} | listed(
        "products", "product", [_product(shop, product) for product in found], shop.chance
    )


def get_payment_methods(shop: Shop, params: Params) -> Answer:  # noqa: ARG001 - every action has this signature
    """List the active gateways: `module` is what AddOrder wants."""
    rows: list[Answer] = [{"module": module, "displayname": name} for module, name in shop.gateways.items()]
    return {"totalresults": str(len(rows))} | listed("paymentmethods", "paymentmethod", rows, shop.chance)


def _product(shop: Shop, product: Product) -> Answer:
    fields: list[Answer] = [
        {"id": str(field.id), "name": escaped(field.name), "description": "", "required": ""}
        for field in product.custom_fields
        if field.on_order_form
    ]
    options = [_option(option) for option in product.config_options]
    return (
        {
            "pid": product.pid,
            "gid": "1",
            "type": "other",
            "name": escaped(product.name),
            "slug": f"product-{product.pid}",
            "module": product.module,
            "paytype": product.paytype,
            "allowqty": int(product.quantities.value),
            "quantity_available": 0,
            "pricing": {_CURRENCY: _prices(product)},
        }
        | listed("customfields", "customfield", fields, shop.chance)
        | listed("configoptions", "configoption", options, shop.chance)
    )


def _prices(product: Product) -> Answer:
    prices: Answer = {
        cycle: money(product.prices[cycle]) if cycle in product.prices else _NOT_OFFERED for cycle in RECURRING
    }
    fees: Answer = {setup_key(cycle): money(product.setup_fee) for cycle in RECURRING}
    return {"prefix": "€", "suffix": f" {_CURRENCY}"} | fees | prices


def _option(option: ConfigOption) -> Answer:
    answer: Answer = {"id": option.id, "name": escaped(option.name), "type": option.type.value}
    if option.type is OptionType.QUANTITY:
        answer |= {"minqty": option.min_qty, "maxqty": option.max_qty}
    choices: list[Answer] = [
        {"id": key, "name": escaped(name), "rawName": escaped(name), "recurring": 0, "required": None}
        for key, name in option.choices.items()
    ]
    return answer | {"options": {"option": choices}}
