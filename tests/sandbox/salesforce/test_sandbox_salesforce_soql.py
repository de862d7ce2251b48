"""The language of queries: what each condition takes, and in which order rows come."""

# ruff: noqa: S608 - these queries are made of ids that the tests themselves have made

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.salesforce.org import Org

_NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def org() -> Org:
    """Hold four products, of which one has nothing in its fields, and orders of different days."""
    org = Org(clock=lambda: _NOW)
    for name, sku, cycle in (("Alpha", "a%b", "Monthly"), ("beta", "it's", "ANNUAL"), ("Gamma", "x_y", None)):
        org.create("Product2", Name=name, StockKeepingUnit=sku, Billing_Cycle__c=cycle, IsActive=name != "Gamma")
    org.create("Product2", Name="émile\n2", StockKeepingUnit="back\\slash", Item_Class__c="Service")
    for number, day in enumerate((None, "2026-11-23", "2026-11-24", "2026-11-25")):
        at = None if day is None else f"{day}T10:00:00.000+0000"
        org.create("Order", PoNumber=f"{number}", EndDate=day, Activation_Last_Attempt_At__c=at, Status="Draft")
    account = org.create("Account", Name="Acme")
    org.create("Order", PoNumber="9", AccountId=account, Status="Activated")
    return org


def names(org: Org, rest: str) -> list[Any]:
    return [record["Name"] for record in org.query(f"SELECT Name FROM Product2 {rest}")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Name = 'alpha'", "Alpha"),
        ("Name != 'ALPHA'", "beta Gamma émile"),
        ("Billing_Cycle__c != 'Monthly'", "beta Gamma émile"),
        ("NOT Billing_Cycle__c = 'Monthly'", "beta Gamma émile"),
        ("Billing_Cycle__c = null", "Gamma émile"),
        ("Billing_Cycle__c = ''", "Gamma émile"),
        ("Billing_Cycle__c != null", "Alpha beta"),
        ("Billing_Cycle__c < 'b'", "beta"),
        ("Billing_Cycle__c >= 'annual'", "Alpha beta"),
        ("Name IN ('alpha', 'GAMMA', 'nobody')", "Alpha Gamma"),
        ("Billing_Cycle__c NOT IN ('Monthly')", "beta Gamma émile"),
        ("IsActive = true", "Alpha beta émile"),
        ("IsActive != TRUE", "Gamma"),
        ("Name LIKE '%a'", "Alpha beta Gamma"),
        ("Name LIKE '_lpha'", "Alpha"),
        ("(NOT Name LIKE '%a')", "émile"),
        (r"StockKeepingUnit LIKE 'a\%b'", "Alpha"),
        (r"StockKeepingUnit LIKE '_\__'", "Gamma"),
        (r"StockKeepingUnit = 'it\'s'", "beta"),
        (r"StockKeepingUnit = 'back\\slash'", "émile"),
        (r"Name = 'émile\n2'", "émile"),
        ("Name = 'Alpha' AND IsActive = true AND Billing_Cycle__c = 'monthly'", "Alpha"),
        ("Name = 'Alpha' OR Name = 'beta' OR Name = 'x'", "Alpha beta"),
        ("IsActive = false OR (Name = 'beta' AND Billing_Cycle__c = 'annual')", "beta Gamma"),
        ("(Name = 'Alpha' OR Name = 'Gamma') AND IsActive = true", "Alpha"),
        ("StockKeepingUnit = 'x\\' OR Name = \\'Alpha'", ""),
    ],
)
def test_a_condition_takes_the_rows_it_means(org: Org, condition: str, expected: str) -> None:
    assert [name.split("\n")[0] for name in names(org, f"WHERE {condition}")] == expected.split()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("EndDate = 2026-11-24", "2"),
        ("EndDate > 2026-11-23", "23"),
        ("EndDate = TODAY", "2"),
        ("EndDate < TODAY", "1"),
        ("EndDate = TOMORROW", "3"),
        ("EndDate = LAST_N_DAYS:1", "12"),
        ("EndDate = NEXT_N_DAYS:1", "3"),
        ("EndDate = N_DAYS_AGO:1", "1"),
        ("Activation_Last_Attempt_At__c = YESTERDAY", "1"),
        ("Activation_Last_Attempt_At__c != TODAY", "0139"),
        ("Activation_Last_Attempt_At__c <= TODAY", "12"),
        ("Activation_Last_Attempt_At__c >= TODAY", "23"),
        ("Activation_Last_Attempt_At__c > TODAY", "3"),
        ("Activation_Last_Attempt_At__c < 2026-11-24T10:00:00Z", "1"),
        ("Activation_Last_Attempt_At__c <= 2026-11-24T12:00:00+02:00", "12"),
        ("Activation_Last_Attempt_At__c > 2026-11-24T11:59:59.500+0200", "23"),
        ("Activation_Last_Attempt_At__c < null", ""),
        ("AccountId = null", "0123"),
        ("Account.Name = 'acme'", "9"),
        ("StatusCode = 'Activated'", "9"),
        ("Id IN (SELECT OrderId FROM OrderItem)", ""),
        ("AccountId IN (SELECT Id FROM Account WHERE Name LIKE 'ac%')", "9"),
        ("AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'Acme')", "0123"),
    ],
)
def test_days_moments_and_parents_are_compared(org: Org, condition: str, expected: str) -> None:
    assert (
        "".join(record["PoNumber"] for record in org.query(f"SELECT PoNumber FROM Order WHERE {condition}")) == expected
    )


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("ORDER BY Name", "Alpha beta Gamma émile"),
        ("ORDER BY Name DESC", "émile Gamma beta Alpha"),
        ("ORDER BY Billing_Cycle__c, Name", "Gamma émile beta Alpha"),
        ("ORDER BY Billing_Cycle__c DESC, Name", "Gamma émile Alpha beta"),
        ("ORDER BY Billing_Cycle__c NULLS LAST, Name DESC", "beta Alpha émile Gamma"),
        ("ORDER BY Billing_Cycle__c DESC NULLS LAST, Name", "Alpha beta Gamma émile"),
        ("ORDER BY Name ASC NULLS FIRST LIMIT 2", "Alpha beta"),
        ("ORDER BY Name LIMIT 2 OFFSET 1", "beta Gamma"),
        ("LIMIT 0", ""),
    ],
)
def test_rows_are_sorted_and_cut(org: Org, order: str, expected: str) -> None:
    assert [name.split("\n")[0] for name in names(org, order)] == expected.split()


def test_groups_are_counted(org: Org) -> None:
    soql = "SELECT Status, COUNT(Id), COUNT(EndDate) ended FROM Order GROUP BY Status"
    assert [{key: record[key] for key in ("Status", "expr0", "ended")} for record in org.query(soql)] == [
        {"Status": "Draft", "expr0": 4, "ended": 3},
        {"Status": "Activated", "expr0": 1, "ended": 0},
    ]
    assert org.query("SELECT COUNT(Id) FROM Order WHERE Status = 'x'")[0]["expr0"] == 0


def test_queries_of_one_shape_share_a_plan_and_keep_their_texts_apart(org: Org) -> None:
    plans = len(org.plans)
    found = [names(org, f"WHERE Name = '{name}' AND StockKeepingUnit != 'z'") for name in ("Alpha", "beta", "nobody")]
    assert found == [["Alpha"], ["beta"], []]
    assert len(org.plans) == plans + 1


def test_a_child_query_has_conditions_and_a_limit_of_its_own(org: Org) -> None:
    order_id = org.create("Order", Status="Draft")
    for quantity in (1, 2, 3):
        org.create("OrderItem", OrderId=order_id, Quantity=quantity, UnitPrice=1)
    inner = "SELECT Quantity FROM OrderItems WHERE Quantity > 1 ORDER BY Quantity DESC LIMIT 1"
    [record] = org.query(f"SELECT Id, ({inner}) FROM Order WHERE Id = '{order_id}'")
    assert [item["Quantity"] for item in record["OrderItems"]["records"]] == [3.0]
