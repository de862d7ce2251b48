"""The state of one WHMCS installation, and the switches that say what kind of an installation it is."""

import random
from bisect import insort
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

from sandbox.whmcs.records import Client, Invoice, Mail, Order, PayMethod, Product, Service

# The kinds of ids start far apart, so that one that is taken for another is never right by accident.
_FIRST_CLIENT, _FIRST_PAY_METHOD, _FIRST_ORDER, _FIRST_SERVICE, _FIRST_INVOICE = 1_001, 7_001, 20_001, 400_001, 90_001


class Shop:
    """One WHMCS: clients, pay methods, gateways, products, orders, services, invoices.

    Switches: `access_key` lets a caller skip the IP list; `allowed_ips` and `allowed_actions` are None for "all";
    `drop_notes` ignores AddOrder's notes, as some versions may; `notes_stop_setup` is the published hook that stops the
    provisioning of orders with notes; `version` below 8.12 ignores quantities.
    """

    def __init__(self, seed: int = 1) -> None:
        self.chance = random.Random(seed)
        self.version = "8.13.1-release.1"
        self.identifier, self.secret = "sandbox-identifier", "sandbox-secret-4f1c"
        self.access_key = ""
        self.allowed_ips: frozenset[str] | None = None
        self.allowed_actions: frozenset[str] | None = None
        self.drop_notes = False
        self.notes_stop_setup = False
        self.gateways = {"stripe": "Credit Card", "paypalcheckout": "PayPal", "mailin": "Mail In Payment"}
        self.clients: dict[int, Client] = {}
        self.products: dict[int, Product] = {}
        self.orders: dict[int, Order] = {}
        self.services: dict[int, Service] = {}
        self.invoices: dict[int, Invoice] = {}
        self.mails: list[Mail] = []
        self._orders_of: defaultdict[int, list[Order]] = defaultdict(list)
        self._services_of: defaultdict[int, list[Service]] = defaultdict(list)
        self._pay_methods = 0

    @property
    def has_quantities(self) -> bool:
        """Tell whether this version knows `qty`."""
        major, minor = self.version.split(".")[:2]
        return (int(major), int(minor)) >= (8, 12)

    def now(self) -> datetime:
        """Return the time of the server, which its answers show without a zone."""
        return datetime.now(UTC).replace(tzinfo=None)

    def add_client(self, first_name: str, last_name: str, *, company: str = "", status: str = "Active") -> Client:
        """Make a client."""
        client = Client(_FIRST_CLIENT + len(self.clients), first_name, last_name, company, status=status)
        client.email = f"client{client.id}@example.com"
        self.clients[client.id] = client
        return client

    def add_pay_method(self, client: Client, type: str, **fields: str) -> PayMethod:  # noqa: A002 - WHMCS's own word
        """Store a way to pay with a client."""
        method = PayMethod(_FIRST_PAY_METHOD + self._pay_methods, type, **fields)
        self._pay_methods += 1
        client.pay_methods.append(method)
        return method

    def add_product(self, product: Product) -> Product:
        """Put a product on offer."""
        self.products[product.pid] = product
        return product

    def add_order(self, client: Client, *, gateway: str, notes: str = "", status: str = "Pending") -> Order:
        """Make an order without services; WHMCS keeps its notes or, with `drop_notes`, does not."""
        order = Order(
            id=_FIRST_ORDER + len(self.orders),
            number=self.chance.randrange(10**9, 10**10),
            client_id=client.id,
            gateway=gateway,
            created_at=self.now(),
            place=self.chance.random(),
            status=status,
            notes="" if self.drop_notes else notes,
            asked_notes=notes,
        )
        self.orders[order.id] = order
        # Rows come in an order that means nothing, yet the same for every page.
        insort(self._orders_of[client.id], order, key=lambda each: each.place)
        return order

    def add_service(self, order: Order, product: Product, *, cycle: str, qty: int, price: Decimal) -> Service:
        """Make a Pending service of an order; `price` is that of one piece per cycle."""
        service = Service(
            id=_FIRST_SERVICE + len(self.services),
            order_id=order.id,
            client_id=order.client_id,
            product=product,
            cycle=cycle,
            qty=qty,
            created_at=order.created_at,
            amount=price * qty + product.setup_fee,
            recurring_amount=price * qty,
            gateway=order.gateway,
            module_failures_left=float("inf") if product.module_failures is None else product.module_failures,
        )
        self.services[service.id] = service
        self._services_of[order.client_id].append(service)
        order.services.append(service)
        return service

    def add_invoice(self, order: Order, lines: list[tuple[int, str, Decimal]]) -> Invoice:
        """Bill the services of an order."""
        invoice_id = _FIRST_INVOICE + len(self.invoices)
        invoice = Invoice(invoice_id, order.client_id, order.created_at, order.gateway, lines)
        self.invoices[invoice.id] = invoice
        order.invoice_id = invoice.id
        return invoice

    def orders_of(self, client_id: int) -> list[Order]:
        """Return a client's orders as GetOrders lists them."""
        return self._orders_of.get(client_id, [])

    def services_of(self, client_id: int) -> list[Service]:
        """Return a client's services."""
        return self._services_of.get(client_id, [])
