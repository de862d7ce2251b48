"""Check payment: let an order on only if its client has a way to pay.

Reads GetPayMethods and, kept for some minutes, the active gateways; GetClientsDetails only where those do not decide.
A client that is closed but could pay is refused by AddOrder, cleanly and with the same code, so that not every order
has to ask for it. Writes nothing, so twice is harmless.
"""

from actors.rules import payment
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import PayableOrder, ValidatedOrder
from clients.whmcs.values import PayMethod


@stage(queue="check-payment")
def check_payment(order: ValidatedOrder, use: Clients) -> PayableOrder:
    """Pass the order on with the gateway that will be charged, or end it as PAYMENT_METHOD_MISSING."""
    methods = use.whmcs.pay_methods(order.client_id)
    gateway = payment.gateway_of_methods(
        methods,
        today=use.clock.today(),
        active_gateways=use.whmcs.payment_gateways(),
        default=use.settings.whmcs_payment_method,
    )
    return PayableOrder(**order.model_dump(), payment_method=gateway or _ask_client(order, methods, use))


def _ask_client(order: ValidatedOrder, methods: list[PayMethod], use: Clients) -> str:
    client = use.whmcs.client_details(order.client_id)
    payment.ensure_open(client)
    return payment.choose_gateway(
        client,
        methods,
        today=use.clock.today(),
        active_gateways=use.whmcs.payment_gateways(fresh=True),
        default=use.settings.whmcs_payment_method,
        no_pay_method_needed=use.settings.payment_free_gateways,
    )
