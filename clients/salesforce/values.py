"""What we read of an order in Salesforce: ids, states and product lines, no names of people or companies."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class ActivationStatus(StrEnum):
    """The values of `Activation_Status__c`."""

    NOT_STARTED = "Not Started"
    REQUESTED = "Requested"
    ACTIVATING = "Activating"
    ACTIVATED = "Activated"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """A product, with the fields that say what WHMCS sells for it; empty texts are None."""

    id: str
    name: str | None
    sku: str | None
    whmcs_product_id: str | None
    billing_cycle: str | None
    item_class: str | None
    config_options_json: str | None


@dataclass(frozen=True, slots=True)
class OrderItemRecord:
    """A line of an order; prices are in the order's currency, which single-currency orgs do not name."""

    id: str
    quantity: Decimal | None
    unit_price: Decimal | None
    whmcs_service_id: str | None
    product: ProductRecord | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order with its lines; `status` is the org's own label, `status_code` its category (Draft, Activated)."""

    id: str
    order_number: str | None
    status: str | None
    status_code: str | None
    account_id: str | None
    account_whmcs_client_id: str | None
    activation_status: str | None
    error_code: str | None
    last_attempt_at: datetime | None
    whmcs_order_id: str | None
    items: tuple[OrderItemRecord, ...]
    created_at: datetime | None = None
