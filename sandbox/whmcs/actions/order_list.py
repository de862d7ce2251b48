"""GetOrders: heavy rows, in no promised order.

Source: WHMCS fact sheet 2.4.
"""

from sandbox.whmcs.cycles import spelled
from sandbox.whmcs.params import Params
from sandbox.whmcs.records import Order, Service
from sandbox.whmcs.shapes import Answer, escaped, listed, moment, money, page
from sandbox.whmcs.shop import Shop


def get_orders(shop: Shop, params: Params) -> Answer:
    """List orders by id, client and status; an unknown id is an empty list."""
    found = _found(shop, params)
    start, rows = page(params, found)
    return {
        "totalresults": str(len(found)),
        "startnumber": start,
        "numreturned": len(rows),
    } | listed("orders", "order", [_row(shop, order) for order in rows], shop.chance)


def _found(shop: Shop, params: Params) -> list[Order]:
    if params.given("id"):
        order = shop.orders.get(params.integer("id"))
        orders = [order] if order is not None else []
    elif params.given("userid"):
        orders = shop.orders_of(params.integer("userid"))
    else:
        orders = sorted(shop.orders.values(), key=lambda order: order.place)
    return [order for order in orders if _matches(order, params)]


def _matches(order: Order, params: Params) -> bool:
    if params.given("userid") and order.client_id != params.integer("userid"):
        return False
    return not params.given("status") or order.status.lower() == params.text("status").lower()


def _row(shop: Shop, order: Order) -> Answer:
    client = shop.clients[order.client_id]
    invoice = shop.invoices.get(order.invoice_id)
    return {
        "id": order.id,
        "ordernum": order.number,
        "userid": str(order.client_id),
        "contactid": "0",
        "requestor_id": 0,
        "admin_requestor_id": 3 if order.through_api else 1,
        "date": moment(order.created_at),
        "nameservers": "",
        "transfersecret": "",
        "renewals": "",
        "renewalsByType": {"domains": [], "services": [], "addons": []},
        "promocode": order.promo_code,
        "promotype": "",
        "promovalue": "",
        "orderdata": "[]",
        "amount": money(order.amount),
        "paymentmethod": order.gateway,
        "invoiceid": str(order.invoice_id),
        "status": order.status,
        "ipaddress": order.ip,
        "fraudmodule": "",
        "fraudoutput": "",
        "notes": escaped(order.notes),
        "paymentmethodname": shop.gateways.get(order.gateway, ""),
        "paymentstatus": invoice.status if invoice else None,
        "name": escaped(f"{client.first_name} {client.last_name}"),
        "currencyprefix": "",
        "currencysuffix": f" {client.currency}",
        "frauddata": "",
        "validationdata": "",
    } | listed("lineitems", "lineitem", [_line(service) for service in order.services], shop.chance)


def _line(service: Service) -> Answer:
    """Return a line item: it names the service, and not the product's id."""
    return {
        "type": "product",
        "relid": str(service.id),
        "producttype": "Other Product/Service",
        "product": escaped(f"Connectivity - {service.product.name}"),
        "domain": service.domain,
        "billingcycle": spelled(service.cycle),
        "amount": money(service.amount),
        "status": service.status,
    }
