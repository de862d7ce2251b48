"""Check payment: let an order on only if its client is open and has a way to pay.

Reads GetClientsDetails, GetPayMethods and, cached, the active gateways. Writes nothing, so twice is harmless.
"""

from actors.rules import payment
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import PayableOrder, ValidatedOrder


@stage(queue="check-payment")
def check_payment(order: ValidatedOrder, use: Clients) -> PayableOrder:
    """Pass the order on with the gateway that will be charged, or end it as PAYMENT_METHOD_MISSING."""
    client = use.whmcs.client_details(order.client_id)
    payment.ensure_open(client)
    gateway = payment.choose_gateway(
        client,
        use.whmcs.pay_methods(order.client_id),
        today=use.clock.today(),
        active_gateways=use.whmcs.payment_gateways(),
        default=use.settings.whmcs_payment_method,
        no_pay_method_needed=use.settings.payment_free_gateways,
    )
    return PayableOrder(**order.model_dump(), payment_method=gateway)
