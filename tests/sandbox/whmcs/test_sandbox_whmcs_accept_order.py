"""AcceptOrder, ModuleCreate, CancelOrder: what happens to services, and what is said about it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.whmcs.records import Client, ModuleFailure, Order, Product

if TYPE_CHECKING:
    from tests.sandbox.whmcs.conftest import Wire

_NOT_PENDING = {"result": "error", "message": "Order ID not found or Status not Pending"}


@pytest.fixture
def order(wire: Wire, client: Client, product: Product) -> Order:
    """Hold a Pending order with one service."""
    answer = wire.call(
        "AddOrder", [(f"pid[{0}]", str(product.pid))], clientid=client.id, paymentmethod="stripe", notes="n"
    )
    return wire.shop.orders[answer["orderid"]]


def test_accepting_sets_order_and_services_up(wire: Wire, order: Order) -> None:
    assert wire.call("AcceptOrder", orderid=order.id, autosetup=1) == {"result": "success"}
    assert (order.status, order.services[0].status, order.services[0].creations) == ("Active", "Active", 1)
    assert wire.shop.mails[-1].template == "Welcome"


def test_accepting_twice_says_the_same_as_a_wrong_id(wire: Wire, order: Order) -> None:
    wire.call("AcceptOrder", orderid=order.id, autosetup=1)
    assert wire.call("AcceptOrder", orderid=order.id, autosetup=1) == _NOT_PENDING
    assert wire.call("AcceptOrder", orderid=1) == _NOT_PENDING
    assert order.services[0].creations == 1


def test_setup_follows_the_product_when_not_told(wire: Wire, order: Order, product: Product) -> None:
    product.setup_on_accept = False
    wire.call("AcceptOrder", orderid=order.id)
    assert (order.status, order.services[0].status) == ("Active", "Pending")


def test_a_product_without_a_module_is_active_at_once(wire: Wire, order: Order, product: Product) -> None:
    product.module = ""
    wire.call("AcceptOrder", orderid=order.id, autosetup=1)
    assert order.services[0].status == "Active"
    answer = wire.call("ModuleCreate", serviceid=order.services[0].id)
    assert answer["message"] == "Service not assigned to a module"


@pytest.mark.parametrize(
    ("failure", "answer", "order_status"),
    [
        (ModuleFailure.SILENT, {"result": "success"}, "Active"),
        (ModuleFailure.SPOKEN, {"result": "error", "message": "No route to server"}, "Active"),
        (ModuleFailure.KEEPS_PENDING, {"result": "error", "message": "No route to server"}, "Pending"),
    ],
)
def test_a_module_that_fails_leaves_its_service_pending(
    wire: Wire, order: Order, failure: ModuleFailure, answer: dict[str, str], order_status: str
) -> None:
    product = order.services[0].product
    product.module_failure, product.module_error = failure, "No route to server"
    order.services[0].module_failures_left = 1
    assert wire.call("AcceptOrder", orderid=order.id, autosetup=1) == answer
    assert (order.status, order.services[0].status) == (order_status, "Pending")


def test_module_create_is_the_way_to_try_again(wire: Wire, order: Order) -> None:
    service = order.services[0]
    service.product.module_error, service.module_failures_left = "No route to server", 2
    wire.call("AcceptOrder", orderid=order.id, autosetup=1)
    assert wire.call("ModuleCreate", serviceid=service.id) == {"result": "error", "message": "No route to server"}
    assert wire.call("ModuleCreate", serviceid=service.id) == {"result": "success"}
    assert service.status == "Active"


def test_module_create_runs_the_module_as_often_as_it_is_asked(wire: Wire, order: Order) -> None:
    """It is no harmless call: a second one makes a second account, which the audit has to see."""
    wire.call("AcceptOrder", orderid=order.id, autosetup=1)
    wire.call("ModuleCreate", serviceid=order.services[0].id)
    assert order.services[0].creations == 2


def test_a_product_may_fail_for_ever(wire: Wire, client: Client) -> None:
    wire.shop.add_product(Product(9, "Broken", prices={"monthly": Decimal(1)}, module_failures=None))
    answer = wire.call("AddOrder", [("pid[0]", "9")], clientid=client.id, paymentmethod="stripe")
    wire.call("AcceptOrder", orderid=answer["orderid"], autosetup=1)
    results = {wire.call("ModuleCreate", serviceid=answer["serviceids"])["result"] for _ in range(5)}
    assert results == {"error"}


def test_a_hook_can_stop_the_setup_of_orders_with_notes(wire: Wire, order: Order) -> None:
    wire.shop.notes_stop_setup = True
    wire.call("AcceptOrder", orderid=order.id, autosetup=1)
    answer = wire.call("ModuleCreate", serviceid=order.services[0].id)
    assert answer["message"] == "Function Aborted by Action Hook Code"


def test_module_create_knows_its_services(wire: Wire) -> None:
    assert wire.call("ModuleCreate")["message"] == "Service ID is required"
    assert wire.call("ModuleCreate", serviceid=5)["message"] == "Service ID not found"


def test_only_a_pending_order_can_be_cancelled(wire: Wire, order: Order) -> None:
    assert wire.call("CancelOrder", orderid=order.id) == {"result": "success"}
    assert (order.status, order.services[0].status) == ("Cancelled", "Cancelled")
    assert wire.call("GetInvoice", invoiceid=order.invoice_id)["status"] == "Cancelled"
    assert wire.call("CancelOrder", orderid=order.id) == _NOT_PENDING
    assert wire.call("AcceptOrder", orderid=order.id) == _NOT_PENDING
