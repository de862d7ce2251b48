"""Queries from the wire: the shapes of answers, pages, and refusals."""

# ruff: noqa: S608 - these queries are made of ids that the tests themselves have made

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Box


def test_an_order_comes_with_account_items_and_products(box: Box) -> None:
    order_id = box.make_order(items=2)
    lines = "SELECT Id, Quantity, UnitPrice, Product2.Name, Product2.WHMCS_Product_Id__c FROM OrderItems ORDER BY Id"
    response = box.soql(f"SELECT Id, Account.Name, Status, ({lines}) FROM Order WHERE Id = '{order_id[:15]}'")
    body = response.json()
    assert (body["totalSize"], body["done"], "nextRecordsUrl" in body) == (1, True, False)
    [record] = body["records"]
    assert list(record) == ["attributes", "Id", "Account", "Status", "OrderItems"]
    assert record["attributes"] == {"type": "Order", "url": f"/services/data/v67.0/sobjects/Order/{order_id}"}
    assert record["Account"]["attributes"]["type"] == "Account"
    assert record["Account"]["Name"] == "Acme"
    items = record["OrderItems"]
    assert (items["totalSize"], items["done"]) == (2, True)
    assert isinstance(items["records"][0]["Quantity"], float)
    assert items["records"][0]["Product2"]["WHMCS_Product_Id__c"] == "12"
    assert [item["Id"] for item in items["records"]] == sorted(item["Id"] for item in items["records"])
    assert response.headers["Sforce-Limit-Info"] == "api-usage=1/100000"


def test_no_children_and_no_parent_are_null(box: Box) -> None:
    order_id = box.make_order(items=0, AccountId=None)
    [record] = box.records(f"SELECT Account.Name, (SELECT Id FROM OrderItems) FROM Order WHERE Id = '{order_id}'")
    assert (record["Account"], record["OrderItems"]) == (None, None)


def test_parents_of_parents_nest(box: Box) -> None:
    order_id = box.make_order()
    [item] = box.records(f"SELECT Order.Account.Name, Order.Owner.Username FROM OrderItem WHERE OrderId = '{order_id}'")
    assert item["Order"]["Account"]["Name"] == "Acme"
    assert item["Order"]["Owner"]["Username"] == box.org.username


def test_names_and_keywords_have_any_case_and_come_back_in_the_right_one(box: Box) -> None:
    order_id = box.make_order()
    [record] = box.records(f"select id, account.NAME from order where ID='{order_id}'")
    assert list(record) == ["attributes", "Id", "Account"]
    assert record["Account"]["Name"] == "Acme"


def test_a_deleted_order_is_absent_but_queryall_has_it(box: Box) -> None:
    order_id = box.make_order()
    box.run(lambda: box.org.delete("Order", order_id))
    soql = f"SELECT Id, IsDeleted FROM Order WHERE Id = '{order_id}'"
    assert box.records(soql) == []
    [record] = box.ask("GET", "queryAll", params={"q": soql}).json()["records"]
    assert record["IsDeleted"] is True


def test_count_has_a_total_and_no_records(box: Box) -> None:
    box.make_order()
    assert box.soql("SELECT COUNT() FROM Order").json() == {"totalSize": 1, "done": True, "records": []}


def test_long_results_come_in_pages(box: Box) -> None:
    box.run(lambda: setattr(box.org, "page_size", 2))
    made = [box.make_order() for _ in range(5)]
    page = box.soql("SELECT Id FROM Order ORDER BY Id").json()
    found = [record["Id"] for record in page["records"]]
    while not page["done"]:
        assert page["nextRecordsUrl"].startswith("/services/data/v67.0/query/01g")
        page = box.ask("GET", page["nextRecordsUrl"].removeprefix("/services/data/v67.0/")).json()
        assert page["totalSize"] == 5
        found += [record["Id"] for record in page["records"]]
    assert found == sorted(made)
    assert "nextRecordsUrl" not in page


def test_children_come_in_pages_of_their_own(box: Box) -> None:
    box.run(lambda: setattr(box.org, "child_page_size", 2))
    order_id = box.make_order(items=3)
    [record] = box.records(f"SELECT Id, (SELECT Id FROM OrderItems) FROM Order WHERE Id = '{order_id}'")
    items = record["OrderItems"]
    assert (items["totalSize"], items["done"], len(items["records"])) == (3, False, 2)
    rest = box.ask("GET", items["nextRecordsUrl"].removeprefix("/services/data/v67.0/")).json()
    assert (rest["done"], len(rest["records"])) == (True, 1)


def test_the_batch_size_is_a_hint_within_bounds(box: Box) -> None:
    box.run(lambda: [box.org.create("Account", Name=f"A{number}") for number in range(201)])
    page = box.soql("SELECT Id FROM Account", headers={"Sforce-Query-Options": "batchSize=1"}).json()
    assert len(page["records"]) == 200


def test_a_cursor_lives_two_days(box: Box) -> None:
    box.run(lambda: setattr(box.org, "page_size", 1))
    box.make_order()
    box.make_order()
    path = box.soql("SELECT Id FROM Order").json()["nextRecordsUrl"].removeprefix("/services/data/v67.0/")
    box.clock.pass_by(timedelta(days=2, seconds=1))
    response = box.ask("GET", path)
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize(
    ("soql", "code", "text"),
    [
        ("SELECT Id FORM Order", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM Order WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Order WHERE Status = 'x", "MALFORMED_QUERY", "ERROR at Row:1:Column:37"),
        ("SELECT Id FROM Order WHERE Status = 'a' AND Type = 'b' OR Type = 'c'", "MALFORMED_QUERY", "'OR'"),
        ("SELECT Id, Id FROM Order", "MALFORMED_QUERY", "duplicate field selected: Id"),
        ("SELECT Id FROM Order WHERE Status = '\\x'", "MALFORMED_QUERY", "Illegal character sequence"),
        ("SELECT Id FROM Order o WHERE Id = null", "MALFORMED_QUERY", "unexpected token: 'o'"),
        ("", "MALFORMED_QUERY", "empty"),
        ("SELECT Nope__c FROM Order", "INVALID_FIELD", "No such column 'Nope__c' on entity 'Order'"),
        ("SELECT Nope.Name FROM Order", "INVALID_FIELD", "Didn't understand relationship 'Nope'"),
        ("SELECT Id FROM Order WHERE Account.Nope = 'x'", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Id FROM OrderItem WHERE Quantity = '2'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Order WHERE Status = 2", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Order WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type datetime"),
        ("SELECT Id FROM Product2 WHERE Portal_ConfigOptions_JSON__c = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Order ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("SELECT Id, (SELECT Id FROM Nopes) FROM Order", "INVALID_TYPE", "Didn't understand relationship 'Nopes'"),
        ("SELECT Id FROM Order WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz"),
        ("SELECT Id FROM Order OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
    ],
)
def test_a_query_that_is_wrong_is_refused_as_salesforce_does(box: Box, soql: str, code: str, text: str) -> None:
    response = box.soql(soql)
    assert response.status_code == 400
    [error] = response.json()
    assert error["errorCode"] == code
    assert text in error["message"]


def test_a_plus_that_is_not_encoded_spoils_the_moment(box: Box) -> None:
    soql = quote("SELECT Id FROM Order WHERE CreatedDate > 2026-01-01T00:00:00") + "+00:00"
    assert box.ask("GET", f"query?q={soql}").json()[0]["errorCode"] == "MALFORMED_QUERY"
    assert box.ask("GET", f"query?q={soql.replace('+', '%2B')}").status_code == 200


def test_an_address_beyond_the_limit_is_414_and_with_its_headers_431(box: Box) -> None:
    order_id = box.make_order()
    chunk = ",".join(f"'{order_id}'" for _ in range(500))
    assert box.soql(f"SELECT Id FROM Order WHERE Id IN ({chunk})").status_code == 200
    chunk = ",".join(f"'{order_id}'" for _ in range(700))
    assert box.soql(f"SELECT Id FROM Order WHERE Id IN ({chunk})").status_code == 414
    assert box.ask("GET", "limits", headers={"X-Filler": "x" * 16_384}).status_code == 431
