"""What the catalogue makes: an order in Salesforce, and how it has to end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """How a run of an order has to end; UNTOUCHED is the quiet end of one that was Activated before."""

    ACTIVATED = "Activated"
    FAILED = "Failed"
    UNTOUCHED = "Untouched"


@dataclass(frozen=True, slots=True)
class Item:
    """One order item as a seller made it, and the line of WHMCS that it means.

    `cycle`, `item_class` and `options_json` are what stands in Salesforce; `means` and `options` what WHMCS must get.
    """

    pid: int | str | None
    cycle: str | None = "Monthly"
    means: str = "monthly"
    item_class: str | None = "Service"
    quantity: float = 1.0
    options_json: str | None = None
    options: Mapping[int, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """What one order item has to become in WHMCS."""

    item_id: str
    pid: int
    cycle: str
    quantity: int
    options: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlacedSample:
    """An order of the catalogue with its expected end.

    Shape:  `order_id` has 18 characters, `event_order_id` is what the event says (15 or 18); `code` is set for FAILED;
            `whmcs_order_id` is the order that WHMCS held before: the one to adopt, or the cancelled one;
            `live_orders` is how many WHMCS orders may carry the marker in the end and not be Cancelled;
            `on_publish` are the fields that the flow sets on the order when the event is published; `keeps` are
            fields that nobody may change.
    """

    kind: str
    order_id: str
    event_order_id: str
    ending: Ending
    code: str = ""
    client_id: int = 0
    gateway: str = ""
    lines: tuple[ExpectedLine, ...] = ()
    whmcs_order_id: int | None = None
    live_orders: int = 0
    exists: bool = True
    on_publish: Mapping[str, object] = field(default_factory=dict)
    keeps: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the sample for the control API."""
        return asdict(self)


def marker(order_id: str) -> str:
    """Return the text by which a WHMCS order names its Salesforce order."""
    return f"sfOrderId={order_id}"
