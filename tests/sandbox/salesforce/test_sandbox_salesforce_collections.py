"""Many records in one call: a result for each row, all or none, and what is refused as a whole."""

# ruff: noqa: S608 - these queries are made of ids that the tests themselves have made

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.salesforce.conftest import Box


def row(record_id: str, kind: str = "Order", **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind}, "id": record_id} | fields


def patch(box: Box, *records: dict[str, Any], **more: Any) -> httpx.Response:
    return box.ask("PATCH", "composite/sobjects", json={"records": list(records)} | more)


def number_of(box: Box, order_id: str) -> object:
    return (box.org.get("Order", order_id) or {})["PoNumber"]


def codes(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return ["ok" if each["success"] else each["errors"][0]["statusCode"] for each in response.json()]


def test_each_row_has_its_result_in_the_order_of_the_request(box: Box) -> None:
    first, second = box.make_order(), box.make_order()
    response = patch(box, row(first, PoNumber="1"), row(second, Nope__c="x"), row(second[:15], PoNumber="2"))
    assert codes(response) == ["ok", "INVALID_FIELD", "DUPLICATE_VALUE"]
    good, bad, _ = response.json()
    assert good == {"id": first, "success": True, "errors": []}
    assert set(bad["errors"][0]) == {"statusCode", "message", "fields"}
    assert (number_of(box, first), number_of(box, second)) == ("1", None)


def test_all_or_none_rolls_everything_back(box: Box) -> None:
    first, second = box.make_order(PoNumber="before"), box.make_order()
    response = patch(box, row(first, PoNumber="after"), row(second, Activation_Status__c="Done"), allOrNone=True)
    assert codes(response) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert number_of(box, first) == "before"


def test_rows_of_several_objects_are_written_together(box: Box) -> None:
    order_id = box.make_order(items=2)
    items = box.records(f"SELECT Id FROM OrderItem WHERE OrderId = '{order_id}'")
    rows = [row(item["Id"], "OrderItem", WHMCS_Service_ID__c="9") for item in items]
    response = patch(box, *rows, row(order_id, Activation_Status__c="Activated"), allOrNone=True)
    assert codes(response) == ["ok", "ok", "ok"]
    found = box.records(f"SELECT WHMCS_Service_ID__c FROM OrderItem WHERE OrderId = '{order_id}'")
    assert [item["WHMCS_Service_ID__c"] for item in found] == ["9", "9"]


def test_rows_that_are_not_there_are_told_by_row(box: Box) -> None:
    gone = box.make_order()
    box.run(lambda: box.org.delete("Order", gone))
    response = patch(
        box,
        row(gone, PoNumber="1"),
        row("801000000000000", PoNumber="1"),
        row("001R00000064wdtIAA", PoNumber="1"),
        row("", PoNumber="1"),
        row("801000000000001", "Nope"),
    )
    assert codes(response) == [
        *("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "MISSING_ARGUMENT", "INVALID_TYPE")
    ]


def test_more_than_200_rows_are_refused_as_a_whole(box: Box) -> None:
    order_id = box.make_order()
    rows = [row(order_id, PoNumber=str(number)) for number in range(201)]
    response = patch(box, *rows)
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, "EXCEEDED_MAX_SIZE_REQUEST")
    assert codes(patch(box, *rows[:200])).count("ok") == 1
    assert number_of(box, order_id) == "0"


def test_more_than_ten_changes_of_type_are_refused(box: Box) -> None:
    rows = [row("801000000000000", "Order" if number % 2 else "OrderItem") for number in range(11)]
    response = patch(box, *rows)
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, "INVALID_INPUT")
    assert patch(box, *rows[:10]).status_code == 200


@pytest.mark.parametrize("body", [{}, {"records": []}, {"records": ["x"]}, {"records": [{"id": "801000000000000"}]}])
def test_a_malformed_list_is_refused_as_a_whole(box: Box, body: dict[str, Any]) -> None:
    assert box.ask("PATCH", "composite/sobjects", json=body).status_code == 400


def test_rows_are_created_and_deleted_all_or_none(box: Box) -> None:
    new = {"attributes": {"type": "Account"}, "Name": "A"}
    body = {"allOrNone": True, "records": [new, {"attributes": {"type": "Account"}}]}
    failed = box.ask("POST", "composite/sobjects", json=body)
    assert codes(failed) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert box.records("SELECT Id FROM Account") == []
    made = box.ask("POST", "composite/sobjects", json={"records": [new, new]}).json()
    ids = ",".join([made[0]["id"], "801000000000000", made[1]["id"]])
    deleted = box.ask("DELETE", f"composite/sobjects?ids={ids}&allOrNone=true")
    assert codes(deleted)[1] == "ENTITY_IS_DELETED"
    assert len(box.records("SELECT Id FROM Account")) == 2
    assert codes(box.ask("DELETE", f"composite/sobjects?ids={ids}")) == ["ok", "ENTITY_IS_DELETED", "ok"]
    assert box.records("SELECT Id FROM Account") == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_several_records_are_read_with_null_for_what_is_missing(box: Box, method: str) -> None:
    order_id, missing = box.make_order(PoNumber="1"), "801000000000000"
    asked: dict[str, Any] = (
        {"params": {"ids": f"{order_id},{missing}", "fields": "PoNumber"}}
        if method == "GET"
        else {"json": {"ids": [order_id, missing], "fields": ["PoNumber"]}}
    )
    first, second = box.ask(method, "composite/sobjects/Order", **asked).json()
    assert (first["PoNumber"], second) == ("1", None)


@pytest.mark.parametrize(("value", "expected"), [(0, 2), (1, 1)])
def test_a_locked_row_is_told_by_row(box: Box, value: int, expected: int) -> None:
    first, second = box.make_order(), box.make_order()
    box.fault("salesforce.collections", "lock_row", times=1, value=value)
    found = codes(patch(box, row(first, PoNumber="1"), row(second, PoNumber="1")))
    assert found.count("UNABLE_TO_LOCK_ROW") == expected
    assert codes(patch(box, row(first, PoNumber="1"), row(second, PoNumber="1"))) == ["ok", "ok"]
    assert box.calls.counts()["salesforce.collections"] == 2
