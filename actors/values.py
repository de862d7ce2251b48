"""The values that flow from stage to stage.

    OrderRequest → ValidatedOrder → PayableOrder → MappedOrder → PlacedOrder → AcceptedOrder → Fulfilment
                                 any of them ──► Failure

Each stage takes the value that the stage before it made and returns a richer one. They are frozen, hold ids, product
lines and decisions, and never names of people, mail addresses or secrets: they travel through Redis as JSON. A message
that today's models cannot read starts the order again from the top.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from clients.errors import ErrorCode

RecordId = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{18}$")]
ConfigOptions = dict[int, int | str]


class Value(BaseModel):
    """Base of all values: frozen and strict about what it carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Run(Value):
    """One run of one order, from the top: what every value of the chain carries.

    `requested_at` is when this run was asked for; the deadline for giving up counts from it. `event_at` is when
    Salesforce published the event, by its own clock, if an event asked.
    """

    order_id: RecordId
    run_id: str
    requested_at: AwareDatetime
    source: Literal["event", "sweep", "operator", "api"]
    event_id: str | None = None
    event_at: AwareDatetime | None = None

    def run_fields(self) -> dict[str, object]:
        """Return the fields of the run itself, to build the next value with."""
        return {name: getattr(self, name) for name in Run.model_fields}


class OrderRequest(Run):
    """Somebody asked for this order to be provisioned."""


class OrderLine(Value):
    """One order item as Salesforce has it, with the fields of its product that decide what WHMCS gets.

    `product_name` is there for error texts only: it is what a seller recognises.
    """

    item_id: RecordId
    quantity: Decimal | None
    unit_price: Decimal | None
    product_id: str | None
    product_name: str | None
    whmcs_product_id: str | None
    billing_cycle: str | None
    item_class: str | None
    config_options_json: str | None


class ValidatedOrder(Run):
    """The order exists, may be provisioned, and belongs to a WHMCS client.

    `attempted_before` is true when Salesforce shows that an earlier run may have reached WHMCS; together with
    `created_at`, when the order was made in Salesforce, it decides whether AddOrder needs a look-up first.
    """

    client_id: int
    known_whmcs_order_id: int | None
    attempted_before: bool
    created_at: AwareDatetime | None
    lines: tuple[OrderLine, ...]


class PayableOrder(ValidatedOrder):
    """The client has a way to pay; `payment_method` is the gateway's module name for AddOrder."""

    payment_method: str


class ProductLine(Value):
    """One line of AddOrder: what one order item becomes in WHMCS."""

    item_id: RecordId
    pid: int
    billing_cycle: str
    quantity: int
    config_options: ConfigOptions = Field(default_factory=dict)
    price_override: Decimal | None = None


class MappedOrder(Run):
    """Everything that AddOrder needs."""

    client_id: int
    known_whmcs_order_id: int | None
    attempted_before: bool
    created_at: AwareDatetime | None
    payment_method: str
    lines: tuple[ProductLine, ...]


class PlacedOrder(Run):
    """WHMCS holds the order and it carries our marker; nothing is provisioned yet.

    `service_count` is how many services AddOrder said it made, None for an order that was found.
    """

    client_id: int
    whmcs_order_id: int
    service_count: int | None = None
    lines: tuple[ProductLine, ...]


class AcceptedOrder(Run):
    """WHMCS accepted the order and every service came up.

    `service_ids` maps an order item to its WHMCS service ids: several when one line became several services.
    """

    whmcs_order_id: int
    service_ids: dict[RecordId, tuple[int, ...]]


class Fulfilment(Run):
    """Salesforce says Activated: the end of a good run."""

    whmcs_order_id: int


class Failure(Run):
    """A verdict ended the run; `record-failure` writes it to Salesforce.

    `detail` is for operators: it goes to the ledger, redacted, never to Salesforce.
    """

    stage: str
    code: ErrorCode
    message: str
    detail: str = ""
