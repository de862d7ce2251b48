"""What happens to orders: placed, accepted, provisioned, cancelled.

Source: WHMCS fact sheet 2.1-2.3, 2.7, 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.whmcs.records import Client, Mail, ModuleFailure, Order, Product, Quantities, Service
from sandbox.whmcs.refusals import Refusal
from sandbox.whmcs.shop import Shop

_NOT_PENDING = "Order ID not found or Status not Pending"
_STOPPED_BY_HOOK = "Function Aborted by Action Hook Code"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order form: what will become one service or several."""

    product: Product
    cycle: str
    quantity: int
    price_override: Decimal | None = None
    domain: str = ""
    custom_fields: dict[int, str] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    asked_options: dict[int | str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """An order form that has passed all checks."""

    client: Client
    gateway: str
    lines: list[Line]
    notes: str = ""
    ip: str = ""
    promo_code: str = ""
    invoice: bool = True
    invoice_mail: bool = True
    mail: bool = True


def place(shop: Shop, form: Form) -> Order:
    """Make the order, then its invoice, then the mails: all inside one request, nothing of it transactional."""
    order = shop.add_order(form.client, gateway=form.gateway, notes=form.notes)
    order.through_api, order.ip, order.promo_code = True, form.ip, form.promo_code
    for line in form.lines:
        for quantity in _pieces(line):
            _add_service(shop, order, line, quantity)
    order.amount = sum((service.amount for service in order.services), Decimal(0))
    if form.invoice and order.amount:
        shop.add_invoice(order, [(each.id, each.product.name, each.amount) for each in order.services])
    if order.invoice_id and form.invoice_mail:
        shop.mails.append(Mail("Invoice Created", form.client.id, order.invoice_id))
    if form.mail:
        shop.mails.append(Mail("Order Confirmation", form.client.id, order.id))
    return order


def accept(shop: Shop, order_id: int, *, setup: bool | None, mail: bool) -> None:
    """Accept a Pending order; `setup` None leaves it to each product whether its module is run.

    Raises: Refusal, also with a module's own text after the order has become Active.
    """
    order = _pending(shop, order_id)
    failed = [
        (service.product.module_failure, error)
        for service in order.services
        if service.status == "Pending" and (error := _set_up(shop, order, service, setup=setup, mail=mail))
    ]
    if not any(failure is ModuleFailure.KEEPS_PENDING for failure, _ in failed):
        order.status = "Active"
    for failure, error in failed:
        if failure is not ModuleFailure.SILENT:
            raise Refusal(error)


def cancel(shop: Shop, order_id: int) -> None:
    """Cancel a Pending order with all that belongs to it."""
    order = _pending(shop, order_id)
    order.status = "Cancelled"
    for service in order.services:
        service.status = "Cancelled"
    if order.invoice_id:
        shop.invoices[order.invoice_id].status = "Cancelled"


def create(shop: Shop, service: Service) -> None:
    """Run the create function of a service's module.

    Raises: Refusal with the module's text.
    """
    if not service.product.module:
        raise Refusal("Service not assigned to a module")
    error = _run_module(shop, shop.orders.get(service.order_id), service)
    if error:
        raise Refusal(error)


def _pending(shop: Shop, order_id: int) -> Order:
    order = shop.orders.get(order_id)
    if order is None or order.status != "Pending":
        raise Refusal(_NOT_PENDING)
    return order


def _pieces(line: Line) -> Iterator[int]:
    """Yield the quantity of each service that a line becomes."""
    if line.product.quantities is Quantities.SEVERAL_SERVICES:
        yield from (1 for _ in range(line.quantity))
    else:
        yield line.quantity if line.product.quantities is Quantities.ONE_SCALING_SERVICE else 1


def _add_service(shop: Shop, order: Order, line: Line, quantity: int) -> None:
    price = line.product.price(line.cycle) if line.price_override is None else line.price_override
    service = shop.add_service(order, line.product, cycle=line.cycle, qty=quantity, price=price)
    service.domain = line.domain
    service.custom_fields = dict(line.custom_fields)
    service.options, service.asked_options = dict(line.options), dict(line.asked_options)


def _set_up(shop: Shop, order: Order, service: Service, *, setup: bool | None, mail: bool) -> str:
    """Provision one service of an accepted order; return the module's error, "" when there is none."""
    if not service.product.module:
        service.status = "Active"
        return ""
    if not (service.product.setup_on_accept if setup is None else setup):
        return ""
    error = _run_module(shop, order, service)
    if mail and not error:
        shop.mails.append(Mail("Welcome", service.client_id, service.id))
    return error


def _run_module(shop: Shop, order: Order | None, service: Service) -> str:
    if shop.notes_stop_setup and order is not None and order.notes:
        return _STOPPED_BY_HOOK
    if service.module_failures_left > 0:
        service.module_failures_left -= 1
        return service.product.module_error
    service.creations += 1
    service.status = "Active"
    service.username = f"user{service.id}"
    return ""
