"""What a shop holds: clients, their pay methods, products, orders, services, invoices."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sandbox.whmcs.cycles import FREE, ONE_TIME, RECURRING


class Quantities(StrEnum):
    """A product's "allow multiple quantities"; the codes of `allowqty` are not documented beyond the sample 2."""

    NONE = "0"
    SEVERAL_SERVICES = "1"
    ONE_SCALING_SERVICE = "2"


class ModuleFailure(StrEnum):
    """What AcceptOrder makes of a module that fails; no document says which."""

    SILENT = "success is answered, the order is Active, the service stays Pending"
    SPOKEN = "the module's text is answered, the order is Active, the service stays Pending"
    KEEPS_PENDING = "the module's text is answered, the order stays Pending"


@dataclass(slots=True)
class PayMethod:
    """A stored way to pay. `gateway` is "" when WHMCS itself keeps it; `expiry` is MM/YY, "" for bank accounts."""

    id: int
    type: str
    description: str = ""
    gateway: str = ""
    expiry: str = ""
    last_four: str = ""
    bank_name: str = ""


@dataclass(slots=True)
class Client:
    """A client; `status` is Active, Inactive or Closed."""

    id: int
    first_name: str
    last_name: str
    company: str = ""
    email: str = ""
    status: str = "Active"
    currency: str = "EUR"
    default_gateway: str = ""
    pay_methods: list[PayMethod] = field(default_factory=list)


class OptionType(StrEnum):
    """The numeric texts by which GetProducts names the types of configurable options."""

    DROPDOWN = "1"
    RADIO = "2"
    YES_NO = "3"
    QUANTITY = "4"


@dataclass(frozen=True, slots=True)
class ConfigOption:
    """A configurable option; `choices` maps the ids of its choices to their names."""

    id: int
    name: str
    type: OptionType
    choices: dict[int, str]
    min_qty: int = 0
    max_qty: int = 0


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of a product; only one that is on the order form is listed by GetProducts."""

    id: int
    name: str
    on_order_form: bool = True


@dataclass(slots=True)
class Product:
    """A product. `prices` are the recurring prices by cycle; a cycle without one is not offered.

    `module` is "" for a product that no server provisions. `module_failures` is how often the module's create fails for
    each service, None for always. `order_error` is what a hook on the server answers to every AddOrder of it.
    """

    pid: int
    name: str
    paytype: str = "recurring"
    prices: dict[str, Decimal] = field(default_factory=dict)
    setup_fee: Decimal = Decimal(0)
    quantities: Quantities = Quantities.NONE
    module: str = "autorelease"
    module_failures: int | None = 0
    module_failure: ModuleFailure = ModuleFailure.SILENT
    module_error: str = "Connection to the server failed: timed out"
    setup_on_accept: bool = True
    order_error: str = ""
    custom_fields: tuple[CustomField, ...] = ()
    config_options: tuple[ConfigOption, ...] = ()

    def effective_cycle(self, asked: str) -> str:
        """Return the cycle that an order gets: the asked one if it is offered, else, silently, the shortest one."""
        if self.paytype == "recurring":
            offered = [cycle for cycle in RECURRING if cycle in self.prices]
            return asked if asked in offered else offered[0]
        return ONE_TIME if self.paytype == ONE_TIME else FREE

    def price(self, cycle: str) -> Decimal:
        """Return the price of one piece; that of a one-time product stands under monthly."""
        return self.prices.get("monthly" if cycle == ONE_TIME else cycle, Decimal(0))


@dataclass(slots=True)
class Service:
    """A service ("product of a client"). `asked_options` is what AddOrder decoded, before defaults were put in.

    `creations` counts how often its module has made it: twice is a customer with two of it.
    """

    id: int
    order_id: int
    client_id: int
    product: Product
    cycle: str
    qty: int
    created_at: datetime
    amount: Decimal
    recurring_amount: Decimal
    gateway: str
    module_failures_left: float
    domain: str = ""
    status: str = "Pending"
    notes: str = ""
    username: str = ""
    creations: int = 0
    custom_fields: dict[int, str] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    asked_options: dict[int | str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    """An order. `asked_notes` is what the caller sent, `notes` what this WHMCS kept of it."""

    id: int
    number: int
    client_id: int
    gateway: str
    created_at: datetime
    place: float
    amount: Decimal = Decimal(0)
    status: str = "Pending"
    notes: str = ""
    asked_notes: str = ""
    invoice_id: int = 0
    ip: str = ""
    promo_code: str = ""
    through_api: bool = False
    services: list[Service] = field(default_factory=list)


@dataclass(slots=True)
class Invoice:
    """An invoice of an order."""

    id: int
    client_id: int
    created_at: datetime
    gateway: str
    lines: list[tuple[int, str, Decimal]]
    status: str = "Unpaid"

    @property
    def total(self) -> Decimal:
        """Return the sum of the lines."""
        return sum((amount for _, _, amount in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was sent to a client."""

    template: str
    client_id: int
    related_id: int
