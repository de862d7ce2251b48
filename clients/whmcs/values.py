"""The values that the WHMCS client takes and gives: frozen, typed, without names, mails, passwords or card numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """A client: what decides whether and how an order can be placed for it."""

    id: int
    status: str
    default_gateway: str
    currency_code: str


@dataclass(frozen=True, slots=True)
class PayMethod:
    """A stored way to pay, usable or not. `gateway_name` is "" when stored locally; `expiry` is MM/YY or ""."""

    id: int
    type: str
    gateway_name: str
    expiry: str


@dataclass(frozen=True, slots=True)
class WhmcsOrder:
    """An order as GetOrders shows it.

    `placed_at` is the server's local time, as text, without a zone. `marker_values` are the values of the marker's
    custom field on the services of the order; empty when orders are marked in their notes.
    """

    id: int
    client_id: int
    status: str
    notes: str = ""
    number: str = ""
    placed_at: str = ""
    payment_method: str = ""
    amount: Decimal | None = None
    invoice_id: int | None = None
    marker_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a client (a "product" in the words of GetClientsProducts). `billing_cycle` is as WHMCS spells it."""

    id: int
    order_id: int
    pid: int
    qty: int
    status: str
    billing_cycle: str
    custom_fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of a product."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ConfigOption:
    """A configurable option of a product: `type` 1 dropdown, 2 radio, 3 yes/no, 4 quantity; `options` its choices."""

    id: int
    type: int
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A product. `cycles` are the AddOrder names of the cycles with a price in any currency."""

    pid: int
    paytype: str
    allowqty: int
    cycles: frozenset[str]
    custom_fields: tuple[CustomField, ...] = ()
    config_options: tuple[ConfigOption, ...] = ()


@dataclass(frozen=True, slots=True)
class NewOrderLine:
    """One line of AddOrder. `price_override` is in the client's currency and replaces the product's price."""

    pid: int
    billing_cycle: str
    quantity: int = 1
    config_options: Mapping[int, int | str] = field(default_factory=dict)
    custom_fields: Mapping[int, str] = field(default_factory=dict)
    price_override: Decimal | None = None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What AddOrder is asked for. `order_id18` is the Salesforce id that the WHMCS order will carry as its marker."""

    client_id: int
    payment_method: str
    lines: tuple[NewOrderLine, ...]
    order_id18: str
    no_email: bool = False
    no_invoice: bool = False


@dataclass(frozen=True, slots=True)
class AddedOrder:
    """What AddOrder made. One line may have become several services."""

    order_id: int
    service_ids: tuple[int, ...]
    invoice_id: int | None


class AcceptResult(StrEnum):
    """How AcceptOrder ended."""

    ACCEPTED = "accepted"
    # No Pending order of that id: accepted before, cancelled, or unknown. Ask GetOrders which.
    NOT_PENDING = "not_pending"
    # The module of a service failed: the order may be Pending, or Active with a service that is not.
    MODULE_ERROR = "module_error"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The end of AcceptOrder; `message` is what the module said, fit for Salesforce."""

    result: AcceptResult
    message: str = ""

    @property
    def accepted(self) -> bool:
        """Tell whether this very call accepted the order and every module came through."""
        return self.result is AcceptResult.ACCEPTED
