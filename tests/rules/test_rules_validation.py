"""An order is let on, ended quietly, or ended with a code and a text that names the order, the field and the remedy."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rules.validation import validate
from actors.values import OrderRequest, ValidatedOrder
from clients.errors import ErrorCode, NeedsHuman, Permanent, Verdict
from clients.salesforce.values import OrderRecord

MakeOrder = Callable[..., OrderRecord]
EARLIER = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def passed(order: OrderRecord, request: OrderRequest) -> ValidatedOrder:
    found = validate(order, request)
    assert found is not None
    return found


def verdict_on(order: OrderRecord | None, request: OrderRequest) -> Verdict:
    with pytest.raises(Verdict) as caught:
        validate(order, request)
    return caught.value


def test_a_good_order_passes_with_its_client_and_its_lines(make_order: MakeOrder, request_: OrderRequest) -> None:
    found = passed(make_order(), request_)
    assert (found.client_id, found.known_whmcs_order_id, found.attempted_before) == (42, None, False)
    assert found.run_fields() == request_.run_fields()
    line = found.lines[0]
    assert (line.item_id, line.quantity, line.unit_price) == ("802Qy000001234IAAQ", Decimal(2), Decimal("49.90"))
    assert (line.product_id, line.product_name, line.whmcs_product_id) == ("01tQy000001234IAAQ", "Fibre 100", "185")
    assert (line.billing_cycle, line.item_class, line.config_options_json) == ("Monthly", "Service", '{"4": 12}')


def test_a_passed_order_survives_the_journey_through_redis(make_order: MakeOrder, request_: OrderRequest) -> None:
    found = passed(make_order(), request_)
    assert ValidatedOrder.model_validate_json(found.model_dump_json()) == found


def test_an_item_without_product_passes_with_nothing_said_of_it(make_order: MakeOrder, request_: OrderRequest) -> None:
    item = replace(make_order().items[0], product=None)
    line = passed(make_order(items=(item,)), request_).lines[0]
    assert (line.product_id, line.product_name, line.whmcs_product_id, line.item_class) == (None, None, None, None)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_becomes_nothing(make_order: MakeOrder, request_: OrderRequest, number: str) -> None:
    item = replace(make_order().items[0], quantity=Decimal(number), unit_price=Decimal(number))
    line = passed(make_order(items=(item,)), request_).lines[0]
    assert (line.quantity, line.unit_price) == (None, None)


def test_an_order_that_salesforce_does_not_show_is_not_found(request_: OrderRequest) -> None:
    verdict = verdict_on(None, request_)
    assert (type(verdict), verdict.code) == (Permanent, ErrorCode.ORDER_NOT_FOUND)
    assert request_.order_id in verdict.message


@pytest.mark.parametrize("status", ["Activated", " activated", "ACTIVATED"])
def test_an_activated_order_ends_quietly(make_order: MakeOrder, request_: OrderRequest, status: str) -> None:
    assert validate(make_order(activation_status=status), request_) is None


def test_an_activated_order_ends_quietly_whatever_became_of_it(make_order: MakeOrder, request_: OrderRequest) -> None:
    done = make_order(activation_status="Activated", status="Cancelled", items=(), account_whmcs_client_id=None)
    assert validate(done, request_) is None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("StatusCode", {"status_code": "Cancelled"}),
        ("StatusCode", {"status_code": "Canceled"}),
        ("StatusCode", {"status_code": "Expired"}),
        ("StatusCode", {"status_code": " SUPERSEDED"}),
        ("Status", {"status": "Cancelled"}),
        ("Status", {"status": "canceled by customer"}),
        ("Status", {"status": "9. CANCELLED"}),
        ("Status", {"status": "Cancellation requested", "status_code": None}),
    ],
)
def test_a_cancelled_order_is_not_provisionable(
    make_order: MakeOrder, request_: OrderRequest, field: str, changes: dict[str, Any]
) -> None:
    verdict = verdict_on(make_order(**changes), request_)
    assert (type(verdict), verdict.code) == (Permanent, ErrorCode.ORDER_NOT_PROVISIONABLE)
    assert f"its {field} is" in verdict.message
    assert "00000101" in verdict.message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Draft", "Draft"),
        (None, None),
        ("Expired", "Activated"),
        ("Superseded by renewal", "Draft"),
        ("Uncancelled", "Activated"),
        ("", ""),
    ],
)
def test_no_other_word_of_the_org_stops_an_order(
    make_order: MakeOrder, request_: OrderRequest, status: str | None, code: str | None
) -> None:
    assert passed(make_order(status=status, status_code=code), request_).client_id == 42


def test_an_order_without_items_is_empty(make_order: MakeOrder, request_: OrderRequest) -> None:
    verdict = verdict_on(make_order(items=()), request_)
    assert (type(verdict), verdict.code) == (Permanent, ErrorCode.ORDER_EMPTY)
    assert "00000101" in verdict.message
    assert "add products" in verdict.message


@pytest.mark.parametrize("text", ["42", " 42 ", "42.0", "\u00a042"])
def test_an_account_is_mapped_by_a_whole_number(make_order: MakeOrder, request_: OrderRequest, text: str) -> None:
    assert passed(make_order(account_whmcs_client_id=text), request_).client_id == 42


@pytest.mark.parametrize("text", [None, "", "  ", "0", "-1", "4.2", "none", "Acme Ltd", "9" * 30, "x" * 300])
def test_an_account_without_a_client_id_is_not_mapped(
    make_order: MakeOrder, request_: OrderRequest, text: str | None
) -> None:
    verdict = verdict_on(make_order(account_whmcs_client_id=text), request_)
    assert (type(verdict), verdict.code) == (Permanent, ErrorCode.ACCOUNT_NOT_MAPPED)
    for part in ("00000101", "WHMCS_Client_Id__c", "Enter the id", "request again."):
        assert part in verdict.message
    assert ("is empty" in verdict.message) is not bool((text or "").strip())
    assert len(verdict.message) <= 255


@pytest.mark.parametrize(
    "changes",
    [
        {"activation_status": "Activating"},
        {"activation_status": "Failed"},
        {"last_attempt_at": EARLIER},
        {"whmcs_order_id": "76"},
        {"activation_status": "Not Started", "whmcs_order_id": "76"},
    ],
)
def test_every_trace_of_an_earlier_run_is_told(
    make_order: MakeOrder, request_: OrderRequest, changes: dict[str, Any]
) -> None:
    assert passed(make_order(**changes), request_).attempted_before


@pytest.mark.parametrize("status", ["Requested", "Not Started", None, ""])
def test_an_order_without_such_a_trace_is_a_first_attempt(
    make_order: MakeOrder, request_: OrderRequest, status: str | None
) -> None:
    assert not passed(make_order(activation_status=status), request_).attempted_before


@pytest.mark.parametrize(("text", "known"), [("76", 76), (" 76.0", 76), ("", None), (" ", None), (None, None)])
def test_the_whmcs_order_id_is_read(
    make_order: MakeOrder, request_: OrderRequest, text: str | None, known: int | None
) -> None:
    assert passed(make_order(whmcs_order_id=text), request_).known_whmcs_order_id == known


@pytest.mark.parametrize("text", ["W-76", "0", "76, 77", "see notes", "y" * 255])
def test_a_whmcs_order_id_that_cannot_be_read_needs_a_human(
    make_order: MakeOrder, request_: OrderRequest, text: str
) -> None:
    verdict = verdict_on(make_order(whmcs_order_id=text), request_)
    assert (type(verdict), verdict.code) == (NeedsHuman, ErrorCode.WHMCS_ORDER_UNCERTAIN)
    for part in ("00000101", "WHMCS_Order_ID__c", "Correct or empty the field"):
        assert part in verdict.message
    assert len(verdict.message) <= 255


def test_an_order_without_a_number_is_named_by_its_id(make_order: MakeOrder, request_: OrderRequest) -> None:
    assert request_.order_id in verdict_on(make_order(order_number=None, items=()), request_).message


TEXT = st.none() | st.text()
NUMBER = st.none() | st.decimals(allow_nan=True, allow_infinity=True)


@settings(deadline=None)
@given(data=st.data())
def test_anything_that_salesforce_may_hold_passes_ends_or_gets_a_verdict_that_fits(
    make_order: MakeOrder, request_: OrderRequest, data: st.DataObject
) -> None:
    plain = make_order()
    item = replace(plain.items[0], quantity=data.draw(NUMBER), unit_price=data.draw(NUMBER))
    fields = ("order_number", "status", "status_code", "account_whmcs_client_id", "activation_status", "whmcs_order_id")
    order = make_order(items=(item,), **{field: data.draw(st.just("42") | TEXT) for field in fields})
    found, message = None, ""
    try:
        found = validate(order, request_)
    except Verdict as verdict:
        message = verdict.message
    assert found is None or found.client_id > 0
    assert len(message) <= 255
