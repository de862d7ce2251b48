"""An order that already carries our marker is adopted, and only if it is the one and alive."""

import pytest

from actors.rules.adoption import adopt, is_accepted, is_dead, still_pending
from clients.errors import ErrorCode, NeedsHuman, Permanent, Retryable, Verdict
from clients.whmcs.values import WhmcsOrder


def order(number: int, status: str = "Pending") -> WhmcsOrder:
    return WhmcsOrder(id=number, client_id=42, status=status)


def test_nothing_that_carries_the_marker_is_nothing_to_adopt() -> None:
    assert adopt([], known=None) is None


@pytest.mark.parametrize("status", ["Pending", "Active", "a status of the administrator's own"])
@pytest.mark.parametrize("known", [None, 76])
def test_the_one_live_order_is_adopted(status: str, known: int | None) -> None:
    assert adopt([order(76, status)], known=known) == 76


def test_a_live_order_is_adopted_beside_a_dead_one() -> None:
    assert adopt([order(75, "Cancelled"), order(76, "Active"), order(74, "Fraud")], known=None) == 76


@pytest.mark.parametrize("status", ["Cancelled", " cancelled", "FRAUD"])
def test_an_order_that_is_only_found_dead_ends_as_cancelled(status: str) -> None:
    with pytest.raises(Permanent) as caught:
        adopt([order(76, status)], known=76)
    assert caught.value.code is ErrorCode.WHMCS_ORDER_CANCELLED
    assert "WHMCS order 76" in caught.value.message
    assert is_dead(order(76, status))


def test_several_live_orders_are_left_to_a_person() -> None:
    with pytest.raises(NeedsHuman) as caught:
        adopt([order(number) for number in (79, 78, 77, 76, 75, 74)], known=None)
    assert caught.value.code is ErrorCode.WHMCS_ORDER_UNCERTAIN
    assert "6 live orders for this order (74, 75, 76, 77, 78)" in caught.value.message


@pytest.mark.parametrize("carriers", [[], [order(76)], [order(76, "Cancelled")]])
def test_a_known_order_without_our_marker_is_left_to_a_person(carriers: list[WhmcsOrder]) -> None:
    with pytest.raises(NeedsHuman) as caught:
        adopt(carriers, known=12)
    assert caught.value.code is ErrorCode.WHMCS_ORDER_UNCERTAIN
    assert "WHMCS order 12, named in WHMCS_Order_ID__c" in caught.value.message


@pytest.mark.parametrize(("status", "accepted"), [("Pending", False), (" pending", False), ("Active", True)])
def test_an_order_is_accepted_when_it_is_no_longer_pending(status: str, accepted: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_accepted(order(76, status), 76) is accepted


@pytest.mark.parametrize(
    ("found", "code"),
    [(None, ErrorCode.WHMCS_ORDER_UNCERTAIN), (order(76, "Cancelled"), ErrorCode.WHMCS_ORDER_CANCELLED)],
)
def test_an_order_that_is_gone_or_dead_is_not_accepted(found: WhmcsOrder | None, code: ErrorCode) -> None:
    with pytest.raises(Verdict) as caught:
        is_accepted(found, 76)
    assert caught.value.code is code
    assert "76" in caught.value.message


def test_an_order_that_stays_pending_is_tried_again_and_what_whmcs_said_is_kept_for_the_log() -> None:
    verdict = still_pending(76, "Module: server full")
    assert isinstance(verdict, Retryable)
    assert verdict.code is ErrorCode.WHMCS_REJECTED
    assert (verdict.detail, "Module" in verdict.message) == ("Module: server full", False)
