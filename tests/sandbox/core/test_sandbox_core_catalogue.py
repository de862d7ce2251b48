"""The catalogue: every kind is there, reproducible, and each order is in both systems what it says it is."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.catalogue import KINDS
from sandbox.kinds_failing import FAILING
from sandbox.kinds_good import GOOD
from sandbox.samples import Ending, PlacedSample, marker
from sandbox.server import Sandbox

# Every code of contract.md that an order can end with before the eSIM stage and without an outage.
_REACHABLE = {
    "ORDER_NOT_FOUND",
    "ORDER_NOT_PROVISIONABLE",
    "ORDER_EMPTY",
    "ACCOUNT_NOT_MAPPED",
    "CLIENT_NOT_FOUND",
    "CLIENT_CLOSED",
    "PAYMENT_METHOD_MISSING",
    "PRODUCT_NOT_MAPPED",
    "BILLING_CYCLE_UNKNOWN",
    "CONFIG_OPTIONS_INVALID",
    "QUANTITY_INVALID",
    "WHMCS_REJECTED",
    "WHMCS_ORDER_CANCELLED",
    "ACTIVATION_INCOMPLETE",
}


@pytest.fixture
def box() -> Sandbox:
    """Hold a box that is not started: its state is all that is needed here."""
    return Sandbox(seed=5)


def _one(box: Sandbox, kind: str) -> PlacedSample:
    [sample] = box.make_orders(1, kinds=[kind])
    return sample


def _products(box: Sandbox, sample: PlacedSample) -> list[dict[str, object]]:
    items = [item for item in box.org.tables["OrderItem"].values() if item["OrderId"] == sample.order_id]
    return [box.org.tables["Product2"][str(item["Product2Id"])] for item in items]


def test_every_kind_is_there_as_soon_as_there_is_room(box: Sandbox) -> None:
    assert {sample.kind for sample in box.make_orders(len(KINDS))} == set(KINDS)


def test_every_code_that_can_be_reached_is(box: Sandbox) -> None:
    assert {sample.code for sample in box.make_orders(len(KINDS)) if sample.code} == _REACHABLE


def test_a_fifth_of_many_orders_fails(box: Sandbox) -> None:
    samples = box.make_orders(300)
    assert Counter(sample.ending is Ending.FAILED for sample in samples)[True] == 60
    assert {sample.kind for sample in samples} == set(KINDS)


@pytest.mark.parametrize("count", [0, 1, 7, 39])
def test_a_few_orders_are_as_many_as_asked_and_all_different(box: Sandbox, count: int) -> None:
    samples = box.make_orders(count)
    assert len(samples) == count
    assert len({sample.kind for sample in samples}) == count


def test_kinds_come_in_turn_when_they_are_named(box: Sandbox) -> None:
    kinds = [sample.kind for sample in box.make_orders(3, kinds=["bank_account", "order_empty"])]
    assert kinds == ["bank_account", "order_empty", "bank_account"]
    with pytest.raises(ValueError, match="no such kind: nonsense"):
        box.make_orders(1, kinds=["nonsense"])


def test_the_same_seed_makes_the_same_orders(box: Sandbox) -> None:
    assert [sample.kind for sample in box.make_orders(60)] == [
        sample.kind for sample in Sandbox(seed=5).make_orders(60)
    ]
    assert [sample.kind for sample in Sandbox(seed=6).make_orders(60)] != [
        sample.kind for sample in Sandbox(seed=5).make_orders(60)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_order_of_each_kind_waits_for_its_event(box: Sandbox, kind: str) -> None:
    sample = _one(box, kind)
    record = box.org.get("Order", sample.order_id)
    assert (record is not None) is sample.exists
    if record is not None:
        expected = "Activated" if sample.ending is Ending.UNTOUCHED else "Not Started"
        assert record["Activation_Status__c"] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_publishing_sets_what_the_flow_sets_and_sends_one_event(box: Sandbox, kind: str) -> None:
    sample = _one(box, kind)
    before = dict(box.org.get("Order", sample.order_id) or {})
    box.publish([sample.order_id])
    record = box.org.get("Order", sample.order_id) or {}
    for field, value in sample.on_publish.items():
        if field != "Activation_Last_Attempt_At__c":
            assert record[field] == value
    if not sample.on_publish:
        assert record.get("Activation_Status__c") == before.get("Activation_Status__c")


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_order_expects_a_line_for_each_of_its_items(box: Sandbox, kind: str) -> None:
    sample = _one(box, kind)
    items = {id_ for id_, item in box.org.tables["OrderItem"].items() if item["OrderId"] == sample.order_id}
    assert {line.item_id for line in sample.lines} == items
    assert sample.gateway in box.shop.gateways
    assert box.shop.clients[sample.client_id].pay_methods
    for line in sample.lines:
        assert box.shop.products[line.pid].effective_cycle(line.cycle) == line.cycle


@pytest.mark.parametrize("kind", FAILING)
def test_a_failing_order_has_a_code(box: Sandbox, kind: str) -> None:
    sample = _one(box, kind)
    assert sample.code in _REACHABLE
    assert sample.ending is Ending.FAILED


def test_spellings_are_as_odd_as_in_life(box: Sandbox) -> None:
    spelled = [product["Billing_Cycle__c"] for product in _products(box, _one(box, "odd_spellings"))]
    assert spelled == [" Semi-Annually", "One Time", "ANNUAL", "triennially "]


def test_config_options_hold_more_bytes_than_characters(box: Sandbox) -> None:
    texts = [
        str(product["Portal_ConfigOptions_JSON__c"]) for product in _products(box, _one(box, "config_options_in_words"))
    ]
    assert any(not text.isascii() for text in texts)


def test_an_order_placed_before_hides_among_hundreds(box: Sandbox) -> None:
    sample = _one(box, "already_in_whmcs")
    orders = box.shop.orders_of(sample.client_id)
    assert len(orders) > 250
    carriers = [order.id for order in orders if marker(sample.order_id) in order.notes]
    assert carriers == [sample.whmcs_order_id]
    assert sum("sfOrderId=" in order.notes for order in orders) > 50


def test_the_event_of_one_kind_has_a_short_id(box: Sandbox) -> None:
    sample = _one(box, "short_id_in_the_event")
    assert (len(sample.order_id), sample.event_order_id) == (18, sample.order_id[:15])


def test_an_order_cancelled_in_whmcs_is_known_or_only_marked(box: Sandbox) -> None:
    known, marked = _one(box, "known_whmcs_order_cancelled"), _one(box, "marked_whmcs_order_cancelled")
    for sample, written in ((known, str(known.whmcs_order_id)), (marked, None)):
        assert box.shop.orders[sample.whmcs_order_id or 0].status == "Cancelled"
        assert (box.org.get("Order", sample.order_id) or {}).get("WHMCS_Order_ID__c") == written


def test_a_failed_order_that_is_published_again_is_requested_again(box: Sandbox) -> None:
    sample = _one(box, "order_empty")
    box.publish([sample.order_id])
    box.org.update("Order", sample.order_id, {"Activation_Status__c": "Failed"})
    box.publish([sample.order_id])
    assert (box.org.get("Order", sample.order_id) or {})["Activation_Status__c"] == "Requested"
    box.org.update("Order", sample.order_id, {"Activation_Status__c": "Activated"})
    box.publish([sample.order_id])
    assert (box.org.get("Order", sample.order_id) or {})["Activation_Status__c"] == "Activated"
