"""Faults of a Salesforce over HTTP, its limits, and what it carries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Box

# What the sandbox has to carry on one core, in requests per second.
_REQUIRED = 800


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("request_limit", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("concurrent_limit", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("api_disabled", 403, "API_DISABLED_FOR_ORG"),
        ("server_unavailable", 503, "SERVER_UNAVAILABLE"),
        ("query_timeout", 400, "QUERY_TIMEOUT"),
        ("unknown_exception", 500, "UNKNOWN_EXCEPTION"),
        ("lock_row", 400, "UNABLE_TO_LOCK_ROW"),
        ("validation_rule", 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ("no_access", 403, "INSUFFICIENT_ACCESS_OR_READONLY"),
        ("entity_locked", 400, "ENTITY_IS_LOCKED"),
        ("flow_failed", 400, "CANNOT_EXECUTE_FLOW_TRIGGER"),
        ("trigger_lock", 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
    ],
)
def test_a_write_that_meets_a_fault_changes_nothing_and_says_why(box: Box, kind: str, status: int, code: str) -> None:
    order_id = box.make_order(PoNumber="before")
    box.fault("salesforce.sobjects", kind, times=1)
    path, fields = f"sobjects/Order/{order_id}", {"PoNumber": "after"}
    response = box.ask("PATCH", path, json=fields)
    assert (response.status_code, response.json()[0]["errorCode"]) == (status, code)
    assert (box.org.get("Order", order_id) or {})["PoNumber"] == "before"
    assert box.ask("PATCH", path, json=fields).status_code == 204


def test_the_two_limits_are_told_apart_by_their_words(box: Box) -> None:
    box.fault("salesforce.limits", "request_limit", times=1)
    box.fault("salesforce.limits", "concurrent_limit", times=1)
    words = [box.ask("GET", "limits").json()[0]["message"] for _ in range(2)]
    assert words[0].startswith("TotalRequests")
    assert words[1].startswith("ConcurrentRequests")


def test_a_dropped_answer_was_an_effect(box: Box) -> None:
    order_id = box.make_order()
    box.fault("salesforce.sobjects", "drop_after_effect", times=1)
    with pytest.raises(httpx.TransportError):
        box.ask("PATCH", f"sobjects/Order/{order_id}", json={"PoNumber": "after"})
    assert (box.org.get("Order", order_id) or {})["PoNumber"] == "after"


def test_calls_are_counted_and_limits_tell_what_is_left(box: Box) -> None:
    response = box.ask("GET", "limits")
    assert response.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_999}
    assert response.json()["DailyDeliveredPlatformEvents"]["Remaining"] == 50_000
    assert response.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert box.calls.counts() == {"salesforce.token": 1, "salesforce.limits": 1}


def test_a_spent_allowance_is_held_against_callers_when_told_so(box: Box) -> None:
    box.run(lambda: setattr(box.org, "daily_api_requests", 1))
    assert [box.ask("GET", "limits").status_code for _ in range(2)] == [200, 200]
    box.run(lambda: setattr(box.org, "enforce_limits", True))
    assert box.ask("GET", "limits").json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


@pytest.mark.parametrize("kind", ["query", "change"])
def test_one_core_carries_what_is_required(box: Box, kind: str) -> None:
    """Look at the processor time of the sandbox's own thread, which does not depend on who else is at work."""
    orders = [box.make_order(items=2) for _ in range(100)]
    soql = (
        "SELECT Id, OrderNumber, Status, StatusCode, AccountId, Account.WHMCS_Client_Id__c, Activation_Status__c, "
        "(SELECT Id, Quantity, UnitPrice, Product2.Id, Product2.Name FROM OrderItems ORDER BY Id) FROM Order"
    )
    count, started = 300, box.run(time.thread_time)
    for number in range(count):
        order_id = orders[number % len(orders)]
        if kind == "query":
            assert box.soql(f"{soql} WHERE Id = '{order_id}'").json()["totalSize"] == 1
        else:
            fields = {"Activation_Status__c": "Activating", "Activation_Error_Code__c": None}
            assert box.ask("PATCH", f"sobjects/Order/{order_id}", json=fields).status_code == 204
    rate = count / (box.run(time.thread_time) - started)
    assert rate > _REQUIRED, f"{rate:.0f} requests/s"
