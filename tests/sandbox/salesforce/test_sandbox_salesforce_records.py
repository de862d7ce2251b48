"""Single records: read, create, change, delete, and what may be written to them."""

# ruff: noqa: S608 - these queries are made of ids that the tests themselves have made

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.salesforce.conftest import Box


def error(response: httpx.Response, status: int = 400) -> tuple[str, list[str]]:
    assert response.status_code == status, response.text
    [only] = response.json()
    assert set(only) <= {"message", "errorCode", "fields"}
    return only["errorCode"], only.get("fields", [])


def change(box: Box, order_id: str, **fields: Any) -> httpx.Response:
    return box.ask("PATCH", f"sobjects/Order/{order_id}", json=fields)


@pytest.mark.parametrize("length", [15, 18])
def test_a_change_is_answered_with_nothing_and_is_there(box: Box, length: int) -> None:
    order_id = box.make_order()
    at = "2026-11-24T09:15:00.750Z"
    response = change(box, order_id[:length], Activation_Status__c="Activating", Activation_Last_Attempt_At__c=at)
    assert (response.status_code, response.content) == (204, b"")
    body = box.ask("GET", f"sobjects/Order/{order_id}").json()
    assert body["Activation_Status__c"] == "Activating"
    assert body["Activation_Last_Attempt_At__c"] == "2026-11-24T09:15:00.000+0000"
    assert body["attributes"]["url"].endswith(order_id)


@pytest.mark.parametrize("empty", [None, ""])
def test_null_and_empty_text_clear_a_field(box: Box, empty: str | None) -> None:
    order_id = box.make_order(Activation_Error_Code__c="X")
    assert change(box, order_id, Activation_Error_Code__c=empty).status_code == 204
    assert (box.org.get("Order", order_id) or {})["Activation_Error_Code__c"] is None


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"Activation_Error_Message__c": "x" * 256}, "STRING_TOO_LONG", ["Activation_Error_Message__c"]),
        ({"Activation_Status__c": "Done"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Activation_Status__c"]),
        ({"Nope__c": "x"}, "INVALID_FIELD", []),
        ({"Id": "801"}, "INVALID_FIELD", ["Id"]),
        ({"StatusCode": "Activated"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["StatusCode"]),
        ({"TotalAmount": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["TotalAmount"]),
        ({"BillingAddress": {"city": "x"}}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["BillingAddress"]),
        ({"WHMCS_Order_ID__c": 12}, "JSON_PARSER_ERROR", ["WHMCS_Order_ID__c"]),
        ({"Activation_Last_Attempt_At__c": "2026-11-24T09:15:00"}, "JSON_PARSER_ERROR", None),
        ({"EffectiveDate": None}, "REQUIRED_FIELD_MISSING", ["EffectiveDate"]),
        ({"IsReductionOrder": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["IsReductionOrder"]),
        ({"AccountId": "801R00000064wdtIAA"}, "MALFORMED_ID", ["AccountId"]),
        ({"AccountId": "0015e0000000001IAA"}, "MALFORMED_ID", ["AccountId"]),
        ({"AccountId": "0015e0000000001"}, "INVALID_CROSS_REFERENCE_KEY", ["AccountId"]),
    ],
)
def test_what_a_field_cannot_hold_is_refused(
    box: Box, fields: dict[str, Any], code: str, named: list[str] | None
) -> None:
    order_id = box.make_order(PoNumber="before")
    found = error(change(box, order_id, PoNumber="after", **fields))
    assert found[0] == code
    assert named is None or found[1] == named
    assert (box.org.get("Order", order_id) or {})["PoNumber"] == "before"


def test_the_longest_message_fits(box: Box) -> None:
    order_id = box.make_order()
    assert change(box, order_id, Activation_Error_Message__c="ü" * 255).status_code == 204


def test_a_number_beyond_all_bounds_is_refused(box: Box) -> None:
    order_id = box.make_order()
    [item_id] = [record["Id"] for record in box.records(f"SELECT Id FROM OrderItem WHERE OrderId = '{order_id}'")]
    found = error(box.ask("PATCH", f"sobjects/OrderItem/{item_id}", json={"Quantity": 1e17}))
    assert found == ("NUMBER_OUTSIDE_VALID_RANGE", ["Quantity"])
    assert box.ask("PATCH", f"sobjects/OrderItem/{item_id}", json={"Quantity": 3}).status_code == 204
    assert box.ask("GET", f"sobjects/OrderItem/{item_id}?fields=Quantity,TotalPrice").json() == {
        "attributes": {"type": "OrderItem", "url": f"/services/data/v67.0/sobjects/OrderItem/{item_id}"},
        "Quantity": 3.0,
        "TotalPrice": 28.5,
    }
    assert (box.org.get("Order", order_id) or {})["TotalAmount"] == 28.5


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"'])
def test_a_body_that_is_no_object_is_refused(box: Box, body: str) -> None:
    order_id = box.make_order()
    response = box.ask("PATCH", f"sobjects/Order/{order_id}", content=body)
    assert error(response) == ("JSON_PARSER_ERROR", [])


def test_rows_that_are_gone_and_ids_that_are_none_are_told_apart(box: Box) -> None:
    order_id = box.make_order()
    wrong_case = order_id[:15].swapcase()
    assert error(change(box, "801000000000000", Status="Draft"), 404) == ("NOT_FOUND", [])
    assert error(change(box, "8015e" + wrong_case[5:], Status="Draft"), 404) == ("NOT_FOUND", [])
    assert error(change(box, "nonsense", Status="Draft")) == ("MALFORMED_ID", ["Id"])
    assert error(change(box, "001R00000064wdtIAA", Status="Draft")) == ("MALFORMED_ID", ["Id"])
    assert box.ask("DELETE", f"sobjects/Order/{order_id}").status_code == 204
    assert error(change(box, order_id, Status="Draft"), 404) == ("ENTITY_IS_DELETED", [])
    assert error(box.ask("GET", f"sobjects/Order/{order_id}"), 404) == ("ENTITY_IS_DELETED", [])
    assert error(box.ask("GET", "sobjects/Nope/801000000000000"), 404) == ("NOT_FOUND", [])
    assert error(box.ask("GET", "nowhere"), 404) == ("NOT_FOUND", [])
    assert error(box.ask("PUT", f"sobjects/Order/{order_id}"), 405) == ("METHOD_NOT_ALLOWED", [])


def test_a_record_is_created_with_its_defaults(box: Box) -> None:
    account = box.ask("POST", "sobjects/Account", json={"Name": "New", "BillingCity": "Wien"})
    assert account.status_code == 201
    body = account.json()
    assert (body["success"], body["errors"], body["id"][:3]) == (True, [], "001")
    record = box.ask("GET", f"sobjects/Account/{body['id']}").json()
    assert record["BillingAddress"]["city"] == "Wien"
    order = box.ask("POST", "sobjects/Order", json={"AccountId": body["id"], "EffectiveDate": "2026-11-01"}).json()
    record = box.ask("GET", f"sobjects/Order/{order['id']}").json()
    assert (record["Status"], record["StatusCode"], record["Activation_Status__c"]) == ("Draft", "Draft", "Not Started")
    assert record["OrderNumber"].isdigit()


def test_required_fields_are_named(box: Box) -> None:
    order_id = box.make_order()
    response = box.ask("POST", "sobjects/OrderItem", json={"OrderId": order_id, "Quantity": 1})
    assert error(response) == ("REQUIRED_FIELD_MISSING", ["PricebookEntryId"])


def test_an_item_takes_product_and_price_from_its_entry_and_keeps_the_entry(box: Box) -> None:
    order_id = box.make_order()
    [item] = box.records(f"SELECT Id, PricebookEntryId, Product2Id FROM OrderItem WHERE OrderId = '{order_id}'")
    fields = {"OrderId": order_id, "PricebookEntryId": item["PricebookEntryId"], "Quantity": 1}
    made = box.ask("POST", "sobjects/OrderItem", json=fields).json()["id"]
    record = box.ask("GET", f"sobjects/OrderItem/{made}").json()
    assert (record["Product2Id"], record["UnitPrice"], record["ListPrice"]) == (item["Product2Id"], 9.5, 9.5)
    response = box.ask("PATCH", f"sobjects/OrderItem/{made}", json={"PricebookEntryId": item["PricebookEntryId"]})
    assert error(response) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["PricebookEntryId"])


def test_the_items_of_an_activated_order_stay_but_can_be_changed(box: Box) -> None:
    order_id = box.make_order()
    [item] = box.records(f"SELECT Id FROM OrderItem WHERE OrderId = '{order_id}'")
    assert change(box, order_id, Status="Activated").status_code == 204
    assert box.records(f"SELECT StatusCode FROM Order WHERE Id = '{order_id}'")[0]["StatusCode"] == "Activated"
    path = f"sobjects/OrderItem/{item['Id']}"
    assert error(box.ask("DELETE", path)) == ("DELETE_FAILED", [])
    assert box.ask("PATCH", path, json={"WHMCS_Service_ID__c": "5"}).status_code == 204


def test_the_words_of_status_are_the_orgs_and_their_category_is_told(box: Box) -> None:
    words = {
        record["MasterLabel"]: record["StatusCode"]
        for record in box.records("SELECT MasterLabel, StatusCode FROM OrderStatus")
    }
    assert words == {"Draft": "Draft", "Activated": "Activated", "Cancelled": "Draft"}


def test_a_condition_on_time_is_kept_to_the_second(box: Box) -> None:
    order_id = box.make_order()
    seen = box.clock.at
    header = {"If-Unmodified-Since": format_datetime(seen, usegmt=True)}
    path = f"sobjects/Order/{order_id}"
    assert box.ask("PATCH", path, json={"PoNumber": "1"}, headers=header).status_code == 204
    assert box.ask("PATCH", path, json={"PoNumber": "2"}, headers=header).status_code == 204
    box.clock.pass_by(timedelta(seconds=2))
    assert box.ask("PATCH", path, json={"PoNumber": "3"}).status_code == 204
    assert box.ask("PATCH", path, json={"PoNumber": "4"}, headers=header).status_code == 412
    assert (box.org.get("Order", order_id) or {})["PoNumber"] == "3"
    assert box.ask("PATCH", path, json={}, headers={"If-Unmodified-Since": "yesterday"}).status_code == 400
    since = {"If-Modified-Since": format_datetime(box.clock.at, usegmt=True)}
    assert box.ask("GET", path, headers=since).status_code == 304
    assert box.ask("GET", path, headers={"If-Modified-Since": header["If-Unmodified-Since"]}).status_code == 200


def test_an_external_id_finds_changes_or_creates(box: Box) -> None:
    path = "sobjects/Account/WHMCS_Client_Id__c/77"
    assert error(box.ask("GET", path), 404) == ("NOT_FOUND", [])
    assert error(box.ask("PATCH", f"{path}?updateOnly=true", json={"Name": "A"}), 404) == ("NOT_FOUND", [])
    made = box.ask("PATCH", path, json={"Name": "A"})
    assert (made.status_code, made.json()["created"]) == (201, True)
    again = box.ask("PATCH", path, json={"Name": "B"})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert box.ask("GET", path).json()["Name"] == "B"
    box.run(lambda: box.org.create("Account", Name="C", WHMCS_Client_Id__c="77"))
    assert box.ask("PATCH", path, json={"Name": "D"}).status_code == 300
    assert error(box.ask("GET", "sobjects/Account/Name/B"), 404) == ("NOT_FOUND", [])


def test_an_object_describes_itself(box: Box) -> None:
    body = box.ask("GET", "sobjects/Order/describe").json()
    fields = {field["name"]: field for field in body["fields"]}
    status = fields["Activation_Status__c"]
    assert status["restrictedPicklist"]
    assert [value["value"] for value in status["picklistValues"]] == [
        *("Not Started", "Requested", "Activating", "Activated", "Failed")
    ]
    assert fields["Activation_Error_Message__c"]["length"] == 255
    assert not fields["StatusCode"]["updateable"]
    assert {child["relationshipName"] for child in body["childRelationships"]} == {"OrderItems"}
    names = {each["name"] for each in box.ask("GET", "sobjects").json()["sobjects"]}
    assert names >= {"Account", "Order", "OrderItem", "Product2", "PricebookEntry"}


def test_versions_and_resources_are_listed(box: Box) -> None:
    assert box.http.get(f"{box.url}/services/data").json()[-1]["version"] == "67.0"
    assert box.ask("GET", "").json()["query"] == "/services/data/v67.0/query"
