"""The audit: silent when all is well, and loud about every single thing that is not.

Orders are brought to their end by hand here: a small service that does everything right, which each test then spoils.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import goods
from sandbox.kinds_failing import FAILING
from sandbox.kinds_good import GOOD
from sandbox.samples import Ending, ExpectedLine, PlacedSample, marker
from sandbox.server import Sandbox
from sandbox.whmcs import ordering
from sandbox.whmcs.ordering import Form, Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.audit import AuditReport
    from sandbox.whmcs.records import Order, Service

_GOOD = "several_cycles"


@pytest.fixture
def box() -> Sandbox:
    """Hold a box that is not started: its state is all that is needed here."""
    return Sandbox(seed=5)


def _requested(box: Sandbox, kind: str) -> PlacedSample:
    [sample] = box.make_orders(1, kinds=[kind])
    box.publish([sample.order_id])
    return sample


def _place(box: Sandbox, sample: PlacedSample) -> Order:
    lines = [
        Line(
            product=box.shop.products[line.pid],
            cycle=line.cycle,
            quantity=line.quantity,
            asked_options=dict(line.options.items()),
        )
        for line in sample.lines
    ]
    client = box.shop.clients[sample.client_id]
    return ordering.place(box.shop, Form(client, sample.gateway, lines, notes=marker(sample.order_id)))


def _provision(box: Sandbox, order: Order) -> None:
    for service in order.services:
        service.status, service.creations = "Active", 1
    order.status = "Active"


def _fulfil(box: Sandbox, sample: PlacedSample) -> Order:
    """Do all that a service has to do for a good order."""
    known = box.shop.orders.get(sample.whmcs_order_id or 0)
    order = known or _place(box, sample)
    _provision(box, order)
    free = list(order.services)
    for line in sample.lines:
        ids = [free.pop(free.index(service)).id for service in _services_of(line, free)]
        box.org.update("OrderItem", line.item_id, {"WHMCS_Service_ID__c": ",".join(map(str, ids))})
    fields = {"Activation_Status__c": "Activated", "WHMCS_Order_ID__c": str(order.id)}
    box.org.update("Order", sample.order_id, fields | {"Activation_Last_Attempt_At__c": "2026-01-01T00:00:00.000+0000"})
    return order


def _services_of(line: ExpectedLine, free: list[Service]) -> list[Service]:
    fitting = [service for service in free if (service.product.pid, service.cycle) == (line.pid, line.cycle)]
    one_for_all = fitting[0].qty == line.quantity
    return fitting[:1] if one_for_all else fitting[: line.quantity]


def _fail(box: Sandbox, sample: PlacedSample, message: str = "Add products, then request again.") -> None:
    fields = {
        "Activation_Status__c": "Failed",
        "Activation_Error_Code__c": sample.code,
        "Activation_Error_Message__c": message,
    }
    box.org.update("Order", sample.order_id, fields)


def _only_text(report: AuditReport) -> str:
    assert not report.ok
    return " | ".join(finding.text for finding in report.findings)


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_order_that_is_done_raises_nothing(box: Sandbox, kind: str) -> None:
    sample = _requested(box, kind)
    if sample.ending is Ending.ACTIVATED:
        _fulfil(box, sample)
    report = box.audit()
    assert report.findings == ()
    assert (report.orders, report.activated, report.ok) == (1, 1, True)


@pytest.mark.parametrize("kind", FAILING)
def test_a_failing_order_that_has_failed_raises_nothing(box: Sandbox, kind: str) -> None:
    sample = _requested(box, kind)
    if sample.exists:
        _fail(box, sample)
    if sample.live_orders:
        client = box.shop.clients[sample.client_id]
        line = Line(box.shop.products[goods.BROKEN], "monthly", 1)
        ordering.place(box.shop, Form(client, "authorize", [line], notes=marker(sample.order_id)))
    report = box.audit()
    assert report.findings == ()
    assert report.failed == int(sample.exists)


def test_an_order_that_was_never_requested_is_not_looked_at(box: Sandbox) -> None:
    box.make_orders(1, kinds=[_GOOD])
    assert box.audit().orders == 0


@pytest.mark.parametrize("status", ["Requested", "Activating"])
def test_an_order_that_has_not_ended_is_lost(box: Sandbox, status: str) -> None:
    sample = _requested(box, _GOOD)
    box.org.update("Order", sample.order_id, {"Activation_Status__c": status})
    report = box.audit()
    assert (report.lost, report.doubled, report.wrong) == (1, 0, 0)
    assert f"it has not ended: Activation_Status__c is '{status}'" in _only_text(report)


def test_a_second_live_order_is_a_double(box: Sandbox) -> None:
    sample = _requested(box, _GOOD)
    _fulfil(box, sample)
    second = _place(box, sample)
    report = box.audit()
    assert (report.lost, report.doubled, report.wrong) == (0, 1, 0)
    assert str(second.id) in _only_text(report)
    ordering.cancel(box.shop, second.id)
    assert box.audit().ok


def test_a_double_is_found_even_when_whmcs_drops_notes(box: Sandbox) -> None:
    box.shop.drop_notes = True
    sample = _requested(box, _GOOD)
    _fulfil(box, sample)
    _place(box, sample)
    assert box.audit().doubled == 1


def test_a_double_is_found_by_the_marker_in_a_custom_field(box: Sandbox) -> None:
    sample = _requested(box, _GOOD)
    _fulfil(box, sample)
    order = _place(box, sample)
    order.notes = order.asked_notes = ""
    order.services[0].custom_fields = {1: marker(sample.order_id)}
    assert box.audit().doubled == 1


def test_an_order_through_the_api_without_a_marker_is_a_stray(box: Sandbox) -> None:
    sample = _requested(box, _GOOD)
    _fulfil(box, sample)
    stray = _place(box, sample)
    stray.notes = stray.asked_notes = ""
    report = box.audit()
    assert report.wrong == 1
    assert f"WHMCS order {stray.id}" in _only_text(report)


def _set(field: str, value: object) -> Callable[[Sandbox, PlacedSample, Order], None]:
    return lambda box, sample, _: box.org.update("Order", sample.order_id, {field: value})


def _spoil_item(value: str) -> Callable[[Sandbox, PlacedSample, Order], None]:
    return lambda box, sample, _: box.org.update("OrderItem", sample.lines[0].item_id, {"WHMCS_Service_ID__c": value})


def _swap_items(box: Sandbox, sample: PlacedSample, order: Order) -> None:
    first, second = order.services[0].id, order.services[1].id
    box.org.update("OrderItem", sample.lines[0].item_id, {"WHMCS_Service_ID__c": str(second)})
    box.org.update("OrderItem", sample.lines[1].item_id, {"WHMCS_Service_ID__c": str(first)})


def _on_order(**values: object) -> Callable[[Sandbox, PlacedSample, Order], None]:
    def spoil(_box: Sandbox, _sample: PlacedSample, order: Order) -> None:
        for name, value in values.items():
            setattr(order, name, value)

    return spoil


def _on_service(**values: object) -> Callable[[Sandbox, PlacedSample, Order], None]:
    def spoil(_box: Sandbox, _sample: PlacedSample, order: Order) -> None:
        for name, value in values.items():
            setattr(order.services[0], name, value)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_set("Activation_Status__c", "Failed"), "expected Activated, found Failed"),
        (_set("WHMCS_Order_ID__c", "400001"), "WHMCS_Order_ID__c is '400001'"),
        (_set("WHMCS_Order_ID__c", None), "WHMCS_Order_ID__c is ''"),
        (_set("Activation_Error_Code__c", "WHMCS_REJECTED"), "Activation_Error_Code__c still says"),
        (_set("Activation_Error_Message__c", "x"), "Activation_Error_Message__c still says"),
        (_set("Activation_Last_Attempt_At__c", None), "Activation_Last_Attempt_At__c is empty"),
        (_on_order(status="Pending"), "is Pending, not accepted"),
        (_on_order(status="Cancelled"), "WHMCS holds no live order"),
        (_on_order(gateway="mailin"), "is paid by mailin, expected authorize"),
        (_on_order(client_id=1), "belongs to client 1"),
        (_on_order(invoice_id=0), "has no invoice"),
        (_on_service(status="Pending"), "is Pending"),
        (_on_service(creations=2), "was provisioned 2 times"),
        (_on_service(cycle="annually"), "product 185 monthly: expected quantity 1, found 0"),
        (_on_service(qty=2), "product 185 monthly: expected quantity 1, found 2"),
        (_on_service(asked_options={4: 12}), "was ordered with options {4: '12'}, expected {}"),
        (_spoil_item(""), "expected a quantity of 1"),
        (_spoil_item("400999"), "service 400999 is written on 1 items, it is not its own"),
        (_swap_items, "of another product or cycle"),
    ],
)
def test_whatever_is_wrong_with_a_good_order_is_said(
    box: Sandbox, spoil: Callable[[Sandbox, PlacedSample, Order], None], text: str
) -> None:
    sample = _requested(box, _GOOD)
    spoil(box, sample, _fulfil(box, sample))
    report = box.audit()
    assert (report.lost, report.doubled, report.wrong) == (0, 0, 1)
    assert text in _only_text(report)


def test_a_missing_line_is_wrong(box: Sandbox) -> None:
    sample = _requested(box, _GOOD)
    gone = _fulfil(box, sample).services.pop()
    text = _only_text(box.audit())
    assert f"product {gone.product.pid} {gone.cycle}: expected quantity 1, found 0" in text
    assert f"service {gone.id} is written on 1 items, it is not its own" in text


def test_a_new_order_beside_one_that_should_have_been_adopted_is_wrong(box: Sandbox) -> None:
    sample = _requested(box, "already_in_whmcs")
    ordering.cancel(box.shop, sample.whmcs_order_id or 0)
    order = _place(box, sample)
    _provision(box, order)
    box.org.update("OrderItem", sample.lines[0].item_id, {"WHMCS_Service_ID__c": str(order.services[0].id)})
    box.org.update("Order", sample.order_id, {"Activation_Status__c": "Activated", "WHMCS_Order_ID__c": str(order.id)})
    assert f"yet {order.id} was made" in _only_text(box.audit())


def test_an_order_that_was_done_before_has_to_stay_as_it_was(box: Sandbox) -> None:
    sample = _requested(box, "already_activated")
    box.org.update("Order", sample.order_id, {"Activation_Last_Attempt_At__c": "2026-01-01T00:00:00.000+0000"})
    assert "Activation_Last_Attempt_At__c was changed" in _only_text(box.audit())


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", "Activation_Error_Message__c is empty"),
        ("x" * 256, "the message has 256 characters"),
        ('Traceback (most recent call last): File "x.py"', "talks like a program"),
        ("httpx.ConnectError: refused", "talks like a program"),
        ("no answer from 127.0.0.1:8080", "talks like a program"),
        ("refused: secret sandbox-secret-4f1c", "holds a secret"),
        ("The order of Müller & Söhne GmbH K99999 is in the way", "names another customer (K99999)"),
    ],
)
def test_a_message_that_must_not_be_shown_is_wrong(box: Sandbox, message: str, text: str) -> None:
    sample = _requested(box, "refused_by_whmcs")
    # A field of Salesforce would refuse more than it can hold: the audit must not depend on that.
    _fail(box, sample)
    box.org.tables["Order"][sample.order_id]["Activation_Error_Message__c"] = message
    report = box.audit()
    assert report.wrong == 1
    assert text in _only_text(report)


def test_the_own_customers_name_may_be_told(box: Sandbox) -> None:
    sample = _requested(box, "refused_by_whmcs")
    record = box.org.get("Order", sample.order_id) or {}
    name = (box.org.get("Account", str(record["AccountId"])) or {})["Name"]
    _fail(box, sample, f"Ask {name} to pay.")
    assert box.audit().ok


def test_another_code_than_the_expected_one_is_wrong(box: Sandbox) -> None:
    sample = _requested(box, "order_empty")
    _fail(box, sample)
    box.org.update("Order", sample.order_id, {"Activation_Error_Code__c": "INTERNAL_ERROR"})
    assert "expected Failed ORDER_EMPTY, found Failed INTERNAL_ERROR" in _only_text(box.audit())


def test_an_order_in_whmcs_for_one_that_had_to_fail_is_wrong(box: Sandbox) -> None:
    sample = _requested(box, "product_not_mapped")
    _fail(box, sample)
    client = box.shop.clients[sample.client_id]
    line = Line(box.shop.products[goods.DATA], "monthly", 1)
    ordering.place(box.shop, Form(client, "authorize", [line], notes=marker(sample.order_id)))
    assert "expected 0 live orders in WHMCS, found 1" in _only_text(box.audit())


def test_a_wrong_order_is_counted_once_however_much_is_wrong(box: Sandbox) -> None:
    sample = _requested(box, _GOOD)
    order = _fulfil(box, sample)
    order.status, order.gateway = "Pending", "mailin"
    report = box.audit()
    assert report.wrong == 1
    assert len(report.findings) == 2


def test_the_report_is_json(box: Sandbox) -> None:
    sample = _requested(box, _GOOD)
    assert box.audit().as_json() == {
        "orders": 1,
        "activated": 0,
        "failed": 0,
        "lost": 1,
        "doubled": 0,
        "wrong": 0,
        "ok": False,
        "findings": (
            {
                "verdict": "lost",
                "order_id": sample.order_id,
                "kind": _GOOD,
                "text": "it has not ended: Activation_Status__c is 'Requested'",
            },
        ),
    }
