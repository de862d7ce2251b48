"""GetClientsProducts, UpdateClientProduct, ModuleCreate.

Source: WHMCS fact sheet 2.7.
"""

from sandbox.whmcs import ordering
from sandbox.whmcs.cycles import from_text, spelled_for_services
from sandbox.whmcs.params import Params
from sandbox.whmcs.records import Service
from sandbox.whmcs.refusals import Refusal
from sandbox.whmcs.shapes import NO_DATE, Answer, day, escaped, listed, money, page
from sandbox.whmcs.shop import Shop
from sandbox.whmcs.unserialize import SerializedKey, SerializedValue, UnserializeError, decode_array


def get_clients_products(shop: Shop, params: Params) -> Answer:
    """List services by client, service, product and domain; there is no filter by order."""
    found = _found(shop, params)
    start, rows = page(params, found)
    return {
        "clientid": params.text("clientid") or None,
        "serviceid": params.text("serviceid") or None,
        "pid": params.text("pid") or None,
        "domain": params.text("domain") or None,
        "totalresults": len(found),
        "startnumber": start,
        "numreturned": len(rows),
    } | listed("products", "product", [_row(shop, service) for service in rows], shop.chance)


def update_client_product(shop: Shop, params: Params) -> Answer:
    """Change a service; its custom fields and options come as one packed text each, and options in another form."""
    service = shop.services.get(params.integer("serviceid"))
    if service is None:
        raise Refusal("Service ID Not Found")
    for name, attribute in {
        "status": "status",
        "notes": "notes",
        "domain": "domain",
        "serviceusername": "username",
    }.items():
        if params.given(name):
            setattr(service, attribute, params.text(name))
    service.cycle = from_text(params.text("billingcycle")) or service.cycle
    _update_packed(service, params)
    return {"serviceid": str(service.id)}


def module_create(shop: Shop, params: Params) -> Answer:
    """Run the module's create function once more."""
    if not params.given("serviceid"):
        raise Refusal("Service ID is required")
    service = shop.services.get(params.integer("serviceid"))
    if service is None:
        raise Refusal("Service ID not found")
    ordering.create(shop, service)
    return {}


def _found(shop: Shop, params: Params) -> list[Service]:
    of_client = params.given("clientid")
    services = shop.services_of(params.integer("clientid")) if of_client else list(shop.services.values())
    return [service for service in services if _matches(service, params)]


def _matches(service: Service, params: Params) -> bool:
    if params.given("serviceid") and service.id != params.integer("serviceid"):
        return False
    if params.given("pid") and service.product.pid != params.integer("pid"):
        return False
    return not params.given("domain") or service.domain == params.text("domain")


def _row(shop: Shop, service: Service) -> Answer:
    order = shop.orders.get(service.order_id)
    product = service.product
    fields: list[Answer] = [
        {"id": field.id, "name": escaped(field.name), "value": escaped(service.custom_fields.get(field.id, ""))}
        for field in product.custom_fields
    ]
    options: list[Answer] = [
        {
            "id": option.id,
            "option": escaped(option.name),
            "type": option.type.value,
            "value": service.options[option.id],
        }
        for option in product.config_options
    ]
    return (
        {
            "id": service.id,
            "qty": service.qty,
            "clientid": str(service.client_id),
            "orderid": str(service.order_id),
            "ordernumber": str(order.number) if order else "",
            "pid": str(product.pid),
            "regdate": day(service.created_at),
            "name": escaped(product.name),
            "translated_name": escaped(product.name),
            "groupname": "Connectivity",
            "domain": service.domain,
            "dedicatedip": "",
            "serverid": 0,
            "servername": "",
            "firstpaymentamount": money(service.amount),
            "recurringamount": money(service.recurring_amount),
            "paymentmethod": service.gateway,
            "paymentmethodname": shop.gateways.get(service.gateway, ""),
            "billingcycle": spelled_for_services(service.cycle),
            "nextduedate": NO_DATE,
            "status": service.status,
            "username": service.username,
            "password": "generated-by-whmcs",
            "subscriptionid": "",
            "promoid": "0",
            "notes": escaped(service.notes),
        }
        | listed("customfields", "customfield", fields, shop.chance)
        | listed("configoptions", "configoption", options, shop.chance)
    )


def _update_packed(service: Service, params: Params) -> None:
    fields = {field.id for field in service.product.custom_fields}
    options = {option.id for option in service.product.config_options}
    service.custom_fields |= {
        key: str(value)
        for key, value in _unpacked(params.text("customfields")).items()
        if isinstance(key, int) and key in fields
    }
    service.options |= {
        key: _option_value(value)
        for key, value in _unpacked(params.text("configoptions")).items()
        if isinstance(key, int) and key in options
    }


def _option_value(value: SerializedValue) -> int:
    """Return the choice, or the quantity out of `{optionid, qty}`."""
    chosen = value.get("qty", value.get("optionid")) if isinstance(value, dict) else value
    return chosen if isinstance(chosen, int) else 0


def _unpacked(packed: str) -> dict[SerializedKey, SerializedValue]:
    try:
        return decode_array(packed) if packed else {}
    except UnserializeError:
        return {}
