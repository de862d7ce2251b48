"""Orders, products, clients and services in which nothing is wrong, to be spoiled one field at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from actors.values import OrderLine, OrderRequest, PayableOrder
from clients.salesforce.values import OrderItemRecord, OrderRecord, ProductRecord

ORDER_ID = "801Qy000001234IAAQ"
RUN: dict[str, Any] = {
    "order_id": ORDER_ID,
    "run_id": "run-1",
    "requested_at": datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    "source": "event",
    "event_id": "event-1",
}


@pytest.fixture(scope="session")
def request_() -> OrderRequest:
    return OrderRequest.model_validate(RUN)


@pytest.fixture(scope="session")
def make_order() -> Callable[..., OrderRecord]:
    product = ProductRecord(
        id="01tQy000001234IAAQ",
        name="Fibre 100",
        sku="FIB-100",
        whmcs_product_id="185",
        billing_cycle="Monthly",
        item_class="Service",
        config_options_json='{"4": 12}',
    )
    item = OrderItemRecord(
        id="802Qy000001234IAAQ",
        quantity=Decimal("2.0"),
        unit_price=Decimal("49.90"),
        whmcs_service_id=None,
        product=product,
    )
    order = OrderRecord(
        id=ORDER_ID,
        order_number="00000101",
        status="Ready to deliver",
        status_code="Activated",
        account_id="001Qy000001234IAAQ",
        account_whmcs_client_id="42",
        activation_status="Requested",
        error_code=None,
        last_attempt_at=None,
        whmcs_order_id=None,
        items=(item,),
    )

    def make(**changes: Any) -> OrderRecord:
        return replace(order, **changes)

    return make


@pytest.fixture(scope="session")
def make_line() -> Callable[..., OrderLine]:
    """Make order items; `model_construct` lets in what no parser would, so that the rules are tried with it too."""
    line: dict[str, Any] = {
        "item_id": "802Qy000001234IAAQ",
        "quantity": Decimal("2.0"),
        "unit_price": Decimal("49.90"),
        "product_id": "01tQy000001234IAAQ",
        "product_name": "Fibre 100",
        "whmcs_product_id": "185",
        "billing_cycle": "Monthly",
        "item_class": "Service",
        "config_options_json": None,
    }

    def make(**changes: Any) -> OrderLine:
        return OrderLine.model_construct(**(line | changes))

    return make


@pytest.fixture(scope="session")
def make_payable() -> Callable[..., PayableOrder]:
    def make(*lines: OrderLine) -> PayableOrder:
        return PayableOrder.model_construct(
            **RUN, client_id=42, known_whmcs_order_id=None, attempted_before=False, payment_method="stripe", lines=lines
        )

    return make
