"""Accept order: have WHMCS accept and provision the order, and see for ourselves that every service came up.

AcceptOrder runs the provisioning modules inside the request, may take minutes, and answers nothing but "success".
Called twice it says "not Pending", which is also its word for a wrong id. So its answer is never believed alone: what
counts is what GetOrders and GetClientsProducts say. That also makes twice harmless.
"""

from actors.rules import adoption, services
from actors.settle import begin_write, is_first_write, renew_when_settled, send_before_s, sending
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import AcceptedOrder, PlacedOrder
from clients.whmcs.values import Service


@stage(queue="accept-order")
def accept_order(order: PlacedOrder, use: Clients) -> AcceptedOrder:
    """Pass the order on with the services it became, or end it as ACTIVATION_INCOMPLETE."""
    # Before anything is provisioned: did WHMCS make what was ordered? It drops a line it does not like without a word.
    # Where AddOrder has just told of as many services as there should be, the look after accepting is enough.
    if order.service_count is None or not services.is_plausible(order.lines, order.service_count):
        services.pair_services(order.lines, _services(order, use))
    _accept(order, use)
    pairs = _bring_up(order, use)
    return AcceptedOrder(**order.run_fields(), whmcs_order_id=order.whmcs_order_id, service_ids=pairs)


def _services(order: PlacedOrder, use: Clients) -> list[Service]:
    return use.whmcs.services_of_client(order.client_id, order_id=order.whmcs_order_id)


def _accept(order: PlacedOrder, use: Clients) -> None:
    action, until_s = f"AcceptOrder:{order.whmcs_order_id}", send_before_s(use)
    intent = use.claim.intend(action)
    if not is_first_write(intent, may_be_first=_is_just_made(order)):
        if _is_accepted(order, use):
            return
        until_s = renew_when_settled(use, action, intent)
    with sending(use, action):
        answer = use.whmcs.accept_order(order.whmcs_order_id, send_before_s=until_s)
    if not answer.accepted and not _is_accepted(order, use):
        use.claim.retract(action)
        raise adoption.still_pending(order.whmcs_order_id, answer.message)


def _is_just_made(order: PlacedOrder) -> bool:
    """Tell whether AddOrder made the order in this very run: then nothing older can be under way for it."""
    return order.service_count is not None


def _is_accepted(order: PlacedOrder, use: Clients) -> bool:
    return adoption.is_accepted(use.whmcs.order(order.whmcs_order_id), order.whmcs_order_id)


def _bring_up(order: PlacedOrder, use: Clients) -> dict[str, tuple[int, ...]]:
    """Run ModuleCreate once for every service that did not come up: WHMCS itself never tries again.

    Returns the services of each order item.
    """
    found = _services(order, use)
    pairs = services.pair_services(order.lines, found)
    down = services.not_active(found)
    for service in down:
        action = f"ModuleCreate:{service.id}"
        until_s = begin_write(use, action, may_be_first=_is_just_made(order))
        with sending(use, action):
            use.whmcs.module_create(service.id, send_before_s=until_s)
    if down:
        services.ensure_up(_services(order, use))
    return pairs
