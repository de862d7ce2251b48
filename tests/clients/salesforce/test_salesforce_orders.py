"""Orders: read with one query whatever its shape, written back in the fewest calls, in the right order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from clients.errors import ErrorCode, Misconfigured, NeedsHuman, Permanent, Retryable
from clients.salesforce.ids import to_18
from clients.salesforce.orders import SalesforceOrders
from clients.salesforce.values import OrderItemRecord, OrderRecord, ProductRecord
from config.names import Names, OrderNames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clients.salesforce.auth import SalesforceAuth
    from tests.clients.salesforce.conftest import ScriptedSalesforce

BASE = "/services/data/v67.0"
QUERY = f"{BASE}/query"
ORDER_ID = "801R00000064wdtIAA"
ROW = f"{BASE}/sobjects/Order/{ORDER_ID}"
COLLECTION = f"{BASE}/composite/sobjects"
AT = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
WRITTEN = {"id": ORDER_ID, "success": True, "errors": []}


def item_id(number: int) -> str:
    return to_18(f"802R0000000{number:04d}")


def item_row(number: int = 1, **changes: object) -> dict[str, Any]:
    product = {
        "attributes": {"type": "Product2"},
        "Id": "01tR00000064wdtIAA",
        "Name": "Web hosting",
        "StockKeepingUnit": "WEB-1",
        "WHMCS_Product_Id__c": "7",
        "Billing_Cycle__c": " Annual ",
        "Item_Class__c": "Service",
        "Portal_ConfigOptions_JSON__c": '{"1": 2}',
    }
    row = {"Id": item_id(number), "Quantity": 2.0, "UnitPrice": 9.95, "WHMCS_Service_ID__c": None, "Product2": product}
    return row | changes


def order_row(*items: dict[str, Any], **changes: object) -> dict[str, Any]:
    row: dict[str, Any] = {
        "attributes": {"type": "Order", "url": f"{BASE}/sobjects/Order/{ORDER_ID}"},
        "Id": ORDER_ID,
        "OrderNumber": "00000100",
        "Status": "Aktiviert",
        "StatusCode": "Activated",
        "AccountId": "001R00000064wdtIAA",
        "Account": {"attributes": {"type": "Account"}, "WHMCS_Client_Id__c": "42"},
        "Activation_Status__c": "Requested",
        "Activation_Error_Code__c": None,
        "Activation_Last_Attempt_At__c": "2026-03-01T10:00:00.000+0000",
        "WHMCS_Order_ID__c": None,
        "OrderItems": {"totalSize": len(items), "done": True, "records": list(items)} if items else None,
    }
    return row | changes


def found(*rows: object) -> dict[str, Any]:
    return {"body": {"totalSize": len(rows), "done": True, "records": list(rows)}}


@pytest.fixture
def make_orders(auth: SalesforceAuth) -> Iterator[Callable[..., SalesforceOrders]]:
    made: list[SalesforceOrders] = []

    def make(**changes: Any) -> SalesforceOrders:
        settings: dict[str, Any] = {"names": Names(), "api_version": "67.0"}
        made.append(SalesforceOrders(auth, **settings | changes))
        return made[-1]

    yield make
    for orders in made:
        orders.close()


@pytest.fixture
def orders(make_orders: Callable[..., SalesforceOrders]) -> SalesforceOrders:
    return make_orders()


def read(salesforce: ScriptedSalesforce, orders: SalesforceOrders, row: dict[str, Any]) -> OrderRecord:
    salesforce.script(QUERY, found(row))
    record = orders.read_order(ORDER_ID)
    assert record is not None
    return record


def test_an_order_is_read_with_its_account_lines_and_products(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    record = read(salesforce, orders, order_row(item_row()))
    product = ProductRecord("01tR00000064wdtIAA", "Web hosting", "WEB-1", "7", "Annual", "Service", '{"1": 2}')
    assert record == OrderRecord(
        id=ORDER_ID,
        order_number="00000100",
        status="Aktiviert",
        status_code="Activated",
        account_id="001R00000064wdtIAA",
        account_whmcs_client_id="42",
        activation_status="Requested",
        error_code=None,
        last_attempt_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        whmcs_order_id=None,
        items=(OrderItemRecord(item_id(1), Decimal("2.0"), Decimal("9.95"), None, product),),
    )


def test_one_query_asks_for_all_of_it_and_for_no_name_of_a_customer(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    read(salesforce, orders, order_row())
    [asked] = salesforce.of(QUERY)
    assert asked.params["q"] == (
        "SELECT Id, OrderNumber, Status, StatusCode, AccountId, CreatedDate, Account.WHMCS_Client_Id__c, "
        "Activation_Status__c, Activation_Error_Code__c, Activation_Last_Attempt_At__c, WHMCS_Order_ID__c, "
        "(SELECT Id, Quantity, UnitPrice, WHMCS_Service_ID__c, Product2.Id, Product2.Name, Product2.StockKeepingUnit, "
        "Product2.WHMCS_Product_Id__c, Product2.Billing_Cycle__c, Product2.Item_Class__c, "
        "Product2.Portal_ConfigOptions_JSON__c FROM OrderItems ORDER BY Id) "
        "FROM Order WHERE Id = '801R00000064wdtIAA'"
    )


def test_an_id_of_15_characters_is_asked_for_with_18(salesforce: ScriptedSalesforce, orders: SalesforceOrders) -> None:
    salesforce.script(QUERY, found())
    assert orders.read_order("801R00000064wdt") is None
    assert salesforce.of(QUERY)[0].params["q"].endswith(f"WHERE Id = '{ORDER_ID}'")


@pytest.mark.parametrize("text", ["' OR Id != '", "801R00000064wdt' OR Name != '", "", "801R00000064wdtIA'", "x\\'"])
def test_an_id_that_is_none_never_reaches_salesforce(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders, text: str
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: orders.read_order(text),
        lambda: orders.mark_activating(text, at=AT),
        lambda: orders.write_fulfilment(text, whmcs_order_id=1, service_ids={}),
        lambda: orders.write_failure(text, code="INTERNAL_ERROR", message="x"),
    ]
    for call in calls:
        with pytest.raises(Permanent) as caught:
            call()
        assert caught.value.code is ErrorCode.ORDER_NOT_FOUND
    assert salesforce.asked == []


def test_a_missing_order_is_none(salesforce: ScriptedSalesforce, orders: SalesforceOrders) -> None:
    salesforce.script(QUERY, found())
    assert orders.read_order(ORDER_ID) is None


def test_an_order_without_lines_has_null_children(salesforce: ScriptedSalesforce, orders: SalesforceOrders) -> None:
    assert read(salesforce, orders, order_row()).items == ()


def test_empty_lookups_are_null(salesforce: ScriptedSalesforce, orders: SalesforceOrders) -> None:
    row = order_row(item_row(Product2=None, Quantity=None, UnitPrice=None), Account=None, AccountId=None)
    record = read(salesforce, orders, row | {"Activation_Last_Attempt_At__c": None})
    assert (record.account_id, record.account_whmcs_client_id, record.last_attempt_at) == (None, None, None)
    assert record.items == (OrderItemRecord(item_id(1), None, None, None, None),)


@pytest.mark.parametrize(
    ("value", "text"), [(12.0, "12"), (12, "12"), (" 12 ", "12"), ("", None), ("  ", None), (1.5, "1.5")]
)
def test_an_id_of_whmcs_may_be_kept_in_a_number_field(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders, value: object, text: str | None
) -> None:
    record = read(salesforce, orders, order_row(Account={"WHMCS_Client_Id__c": value}))
    assert record.account_whmcs_client_id == text


@pytest.mark.parametrize(
    ("sent", "quantity"), [("2.0", "2.0"), ("1.5", "1.5"), ("3", "3"), ('"4"', "4"), ("-1.0", "-1.0")]
)
def test_a_quantity_is_exact(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders, sent: str, quantity: str
) -> None:
    body = (
        f'{{"done": true, "records": [{{"Id": "{ORDER_ID}", "OrderItems": {{"done": true, "records": '
        f'[{{"Id": "{item_id(1)}", "Quantity": {sent}}}]}}}}]}}'
    )
    salesforce.script(QUERY, {"body": body})
    record = orders.read_order(ORDER_ID)
    assert record is not None
    assert str(record.items[0].quantity) == quantity


def test_lines_beyond_the_first_page_are_read_too(salesforce: ScriptedSalesforce, orders: SalesforceOrders) -> None:
    following = f"{BASE}/query/01gxx-200"
    first = {"totalSize": 3, "done": False, "records": [item_row(1), item_row(2)], "nextRecordsUrl": following}
    salesforce.script(following, found(item_row(3)))
    record = read(salesforce, orders, order_row(OrderItems=first))
    assert [item.id for item in record.items] == [item_id(1), item_id(2), item_id(3)]


@pytest.mark.parametrize(
    "changes",
    [
        {"Id": None},
        {"Id": "not an id"},
        {"Activation_Last_Attempt_At__c": "yesterday"},
        {"Account": "text"},
        {"OrderItems": {"done": True, "records": [{}]}},
        {"OrderItems": {"done": True, "records": ["text"]}},
        {"OrderItems": {"done": True, "records": [item_row(Quantity="many")]}},
        {"OrderItems": []},
    ],
)
def test_a_row_that_is_not_what_was_asked_for_is_tried_again(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders, changes: dict[str, object]
) -> None:
    with pytest.raises(Retryable) as caught:
        read(salesforce, orders, order_row(**changes))
    assert type(caught.value) is Retryable


def test_an_org_with_other_names_changes_the_names_only(
    salesforce: ScriptedSalesforce, make_orders: Callable[..., SalesforceOrders]
) -> None:
    names = Names(order=OrderNames(activation_status="ns__State__c"))
    row = order_row()
    row["ns__State__c"] = row.pop("Activation_Status__c")
    assert read(salesforce, make_orders(names=names), row).activation_status == "Requested"
    assert "ns__State__c" in salesforce.of(QUERY)[0].params["q"]


def test_a_field_that_the_org_does_not_have_is_told_to_a_person(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    body = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Item_Class__c' on entity 'Product2'"}]
    salesforce.script(QUERY, {"status": 400, "body": body})
    with pytest.raises(Misconfigured, match="Item_Class__c"):
        orders.read_order(ORDER_ID)


def test_an_attempt_writes_state_and_time_and_clears_the_error(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    salesforce.script(ROW, {"status": 204})
    orders.mark_activating("801R00000064wdt", at=AT)
    [asked] = salesforce.of(ROW)
    assert asked.method == "PATCH"
    assert asked.json() == {
        "Activation_Status__c": "Activating",
        "Activation_Last_Attempt_At__c": "2026-03-01T10:00:00.000Z",
        "Activation_Error_Code__c": None,
        "Activation_Error_Message__c": None,
    }


def test_a_failure_is_written_with_its_message_cut_to_the_field(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    salesforce.script(ROW, {"status": 204})
    orders.write_failure(ORDER_ID, code="PRODUCT_NOT_MAPPED", message="word " * 100)
    written = salesforce.of(ROW)[0].json()
    message = written.pop("Activation_Error_Message__c")
    assert written == {"Activation_Status__c": "Failed", "Activation_Error_Code__c": "PRODUCT_NOT_MAPPED"}
    assert 240 < len(message) <= 255
    assert message.endswith("word…")


@pytest.mark.parametrize("code", ["NOT_FOUND", "ENTITY_IS_DELETED"])
def test_an_order_that_is_gone_cannot_be_written(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders, code: str
) -> None:
    salesforce.script(ROW, {"status": 404, "body": [{"errorCode": code, "message": "gone"}]})
    with pytest.raises(Permanent) as caught:
        orders.mark_activating(ORDER_ID, at=AT)
    assert caught.value.code is ErrorCode.ORDER_NOT_FOUND


def test_a_fulfilment_is_one_call_lines_first_and_the_order_last(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    salesforce.script(COLLECTION, {"body": [WRITTEN] * 3})
    orders.write_fulfilment(ORDER_ID, whmcs_order_id=77, service_ids={item_id(1): "901", item_id(2)[:15]: "902"})
    [asked] = salesforce.of(COLLECTION)
    assert asked.method == "PATCH"
    assert asked.json() == {
        "allOrNone": True,
        "records": [
            {"attributes": {"type": "OrderItem"}, "id": item_id(1), "WHMCS_Service_ID__c": "901"},
            {"attributes": {"type": "OrderItem"}, "id": item_id(2), "WHMCS_Service_ID__c": "902"},
            {
                "attributes": {"type": "Order"},
                "id": ORDER_ID,
                "Activation_Status__c": "Activated",
                "WHMCS_Order_ID__c": "77",
                "Activation_Error_Code__c": None,
                "Activation_Error_Message__c": None,
            },
        ],
    }


def test_the_same_line_twice_is_written_once(salesforce: ScriptedSalesforce, orders: SalesforceOrders) -> None:
    """Salesforce refuses an id that stands twice in one collection."""
    salesforce.script(COLLECTION, {"body": [WRITTEN] * 2})
    orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids={item_id(1): "1", item_id(1)[:15]: "2"})
    rows = salesforce.of(COLLECTION)[0].json()["records"]
    assert [row["id"] for row in rows] == [item_id(1), ORDER_ID]


@pytest.mark.parametrize(("lines", "chunks"), [(199, [200]), (200, [200, 1]), (450, [200, 200, 51])])
def test_more_lines_than_fit_go_first_and_the_order_last(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders, lines: int, chunks: list[int]
) -> None:
    salesforce.script(COLLECTION, *({"body": [WRITTEN] * size} for size in chunks))
    service_ids = {item_id(number): str(number) for number in range(lines)}
    orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids=service_ids)
    sent = [asked.json()["records"] for asked in salesforce.of(COLLECTION)]
    assert [len(rows) for rows in sent] == chunks
    assert [row["id"] for rows in sent for row in rows] == [*service_ids, ORDER_ID]


def test_the_order_is_not_activated_when_earlier_lines_failed(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    refused = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}]}
    salesforce.script(COLLECTION, {"body": [refused] * 200})
    with pytest.raises(Retryable, match="UNABLE_TO_LOCK_ROW"):
        orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids={item_id(n): "1" for n in range(200)})
    assert salesforce.count(COLLECTION) == 1


def test_a_line_that_is_gone_needs_a_person_and_a_lost_order_is_final(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    gone = {"success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "deleted"}]}
    victim = {"success": False, "errors": [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK"}]}
    salesforce.script(COLLECTION, {"body": [gone, victim]}, {"body": [victim, gone]})
    with pytest.raises(NeedsHuman, match=item_id(1)):
        orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids={item_id(1): "1"})
    with pytest.raises(Permanent, match=ORDER_ID):
        orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids={item_id(1): "1"})


def test_a_missing_collection_path_is_no_missing_order(
    salesforce: ScriptedSalesforce, orders: SalesforceOrders
) -> None:
    salesforce.script(COLLECTION, {"status": 404, "body": [{"errorCode": "NOT_FOUND", "message": "no such path"}]})
    with pytest.raises(Misconfigured):
        orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids={item_id(1): "1"})


def test_a_line_that_is_no_record_id_is_our_own_mistake(orders: SalesforceOrders) -> None:
    with pytest.raises(ValueError, match="record id"):
        orders.write_fulfilment(ORDER_ID, whmcs_order_id=1, service_ids={"'": "1"})
