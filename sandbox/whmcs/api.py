"""POST includes/api.php: from a form body to an action, and from what it says to an answer.

Source: WHMCS fact sheet 1.1-1.3.
"""

from collections.abc import Callable

from aiohttp import web

from sandbox.faults import Fault
from sandbox.whmcs import mishaps
from sandbox.whmcs.access import ensure_allowed
from sandbox.whmcs.actions import billing, clients, order_list, orders, products, services
from sandbox.whmcs.encode import encoded
from sandbox.whmcs.params import Params
from sandbox.whmcs.refusals import BadRequest, Refusal
from sandbox.whmcs.shapes import Answer
from sandbox.whmcs.shop import Shop

Action = Callable[[Shop, Params], Answer]

ACTIONS: dict[str, Action] = {
    "AddOrder": orders.add_order,
    "AcceptOrder": orders.accept_order,
    "CancelOrder": orders.cancel_order,
    "GetOrders": order_list.get_orders,
    "GetClientsDetails": clients.get_clients_details,
    "GetPayMethods": clients.get_pay_methods,
    "GetProducts": products.get_products,
    "GetPaymentMethods": products.get_payment_methods,
    "GetClientsProducts": services.get_clients_products,
    "UpdateClientProduct": services.update_client_product,
    "ModuleCreate": services.module_create,
    "GetInvoice": billing.get_invoice,
    "WhmcsDetails": billing.whmcs_details,
}
# Names are taken in any case: old clients send `addorder`.
_CANONICAL = {name.lower(): name for name in ACTIONS}
UNKNOWN = "Unknown"


def action_of(params: Params) -> str:
    """Return the action that is asked for, in its canonical spelling, `Unknown` for what this version does not have."""
    return _CANONICAL.get(params.text("action").lower(), UNKNOWN)


def perform(shop: Shop, action: str, params: Params, fault: Fault | None) -> web.Response:
    """Run one call and answer it, with a fault of WHMCS's own or without."""
    if fault is None:
        return _run(shop, action, params)
    return mishaps.play(fault, action, params.peer, lambda: _run(shop, action, params))


def _run(shop: Shop, action: str, params: Params) -> web.Response:
    response_type = params.text("responsetype").lower()
    try:
        answer = _outcome(shop, action, params)
    except Refusal as refusal:
        return encoded({"result": "error", "message": refusal.message}, response_type, status=refusal.status)
    return encoded({"result": "success"} | answer, response_type)


def _outcome(shop: Shop, action: str, params: Params) -> Answer:
    if not params.given("action"):
        raise BadRequest("Empty action request")
    ensure_allowed(shop, params, action if action in ACTIONS else params.text("action"))
    if action not in ACTIONS:
        raise Refusal("API Function Not Found")
    return ACTIONS[action](shop, params)
