"""The reading actions over the wire: shapes, paging, escaping, and the many kinds of nothing."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.whmcs.records import Client, ConfigOption, CustomField, OptionType, Product

if TYPE_CHECKING:
    from sandbox.whmcs.shop import Shop
    from tests.sandbox.whmcs.conftest import Wire


def _kinds_of_nothing(wire: Wire, name: str, action: str, **scalars: Any) -> set[str]:
    return {repr(wire.call(action, **scalars).get(name, "missing")) for _ in range(60)}


def test_orders_come_in_pages_of_25_and_in_no_promised_order(wire: Wire, client: Client) -> None:
    ids = [wire.shop.add_order(client, gateway="mailin").id for _ in range(60)]
    first = wire.call("GetOrders", userid=client.id)
    assert (first["totalresults"], first["startnumber"], first["numreturned"]) == ("60", 0, 25)
    pages = [wire.call("GetOrders", userid=client.id, limitstart=start, limitnum=40) for start in (0, 40, 80)]
    listed = [row["id"] for page in pages[:2] for row in page["orders"]["order"]]
    assert sorted(listed) == ids
    assert listed != ids
    assert pages[2]["numreturned"] == 0


def test_orders_are_found_by_id_client_and_status(wire: Wire, client: Client, shop: Shop) -> None:
    other = shop.add_client("Bob", "Ray")
    mine, theirs = shop.add_order(client, gateway="mailin"), shop.add_order(other, gateway="mailin", status="Active")
    assert [row["id"] for row in wire.call("GetOrders", id=theirs.id)["orders"]["order"]] == [theirs.id]
    assert [row["id"] for row in wire.call("GetOrders", userid=client.id)["orders"]["order"]] == [mine.id]
    assert [row["id"] for row in wire.call("GetOrders", status="Active")["orders"]["order"]] == [theirs.id]
    assert wire.call("GetOrders", id=theirs.id, userid=client.id)["totalresults"] == "0"


def test_an_unknown_order_is_an_empty_success(wire: Wire) -> None:
    answer = wire.call("GetOrders", id=5)
    assert (answer["result"], answer["totalresults"]) == ("success", "0")


def test_an_empty_list_is_any_kind_of_nothing(wire: Wire, client: Client) -> None:
    expected = {"''", "[]", "{}", "None", "'missing'"}
    assert _kinds_of_nothing(wire, "orders", "GetOrders", userid=client.id) == expected
    assert _kinds_of_nothing(wire, "products", "GetClientsProducts", clientid=client.id) == expected


def test_no_pay_method_is_any_kind_of_nothing(wire: Wire, client: Client) -> None:
    expected = {"''", "[]", "None", "{'paymethod': []}", "'missing'"}
    assert _kinds_of_nothing(wire, "paymethods", "GetPayMethods", clientid=client.id) == expected


def test_an_order_row_names_services_and_no_products(wire: Wire, client: Client, product: Product) -> None:
    fields = [("pid[0]", "185"), ("billingcycle[0]", "semiannually")]
    added = wire.call("AddOrder", fields, clientid=client.id, paymentmethod="stripe", notes="sfOrderId=a & b's")
    [row] = wire.call("GetOrders", id=added["orderid"])["orders"]["order"]
    assert row["notes"] == "sfOrderId=a &amp; b&#039;s"
    assert row["userid"] == str(client.id)
    assert row["ordernum"] > 2**29
    assert row["name"] == "Ann O&#039;Neil &amp; Sons"
    [line] = row["lineitems"]["lineitem"]
    assert (line["relid"], line["billingcycle"], line["status"]) == (added["serviceids"], "Semi-Annually", "Pending")
    assert "pid" not in line


def test_services_are_listed_with_their_order_and_product(wire: Wire, client: Client, product: Product) -> None:
    added = wire.call("AddOrder", [("pid[0]", "185")], clientid=client.id, paymentmethod="stripe")
    answer = wire.call("GetClientsProducts", clientid=client.id)
    [row] = answer["products"]["product"]
    assert (row["id"], row["orderid"], row["pid"]) == (int(added["serviceids"]), str(added["orderid"]), "185")
    assert (row["billingcycle"], row["status"], row["qty"]) == ("Monthly", "Pending", 1)
    assert row["name"] == "Data &quot;10&quot; &amp; more"
    assert answer["serviceid"] is None


@pytest.mark.parametrize(("filters", "count"), [({"pid": 185}, 2), ({"pid": 1}, 0), ({"domain": "x.example"}, 1)])
def test_services_are_filtered(
    wire: Wire, client: Client, product: Product, filters: dict[str, Any], count: int
) -> None:
    fields = [("pid[0]", "185"), ("pid[1]", "185"), ("domain[1]", "x.example")]
    wire.call("AddOrder", fields, clientid=client.id, paymentmethod="stripe")
    assert wire.call("GetClientsProducts", clientid=client.id, **filters)["totalresults"] == count


def test_one_time_is_spelled_in_two_ways(wire: Wire, client: Client, shop: Shop) -> None:
    shop.add_product(Product(242, "Fee", "onetime", {"monthly": Decimal(15)}))
    wire.call("AddOrder", [("pid[0]", "242")], clientid=client.id, paymentmethod="stripe")
    [order] = wire.call("GetOrders", userid=client.id)["orders"]["order"]
    [service] = wire.call("GetClientsProducts", clientid=client.id)["products"]["product"]
    assert order["lineitems"]["lineitem"][0]["billingcycle"] == "One Time"
    assert service["billingcycle"] == "One-Time"


def test_pay_methods_are_a_plain_list_with_the_expired_ones(wire: Wire, client: Client, shop: Shop) -> None:
    shop.add_pay_method(client, "CreditCard", expiry="01/20", last_four="4242")
    shop.add_pay_method(client, "RemoteCreditCard", gateway="stripe", expiry="01/40")
    shop.add_pay_method(client, "BankAccount", bank_name="Köln & Bonn")
    rows = wire.call("GetPayMethods", clientid=client.id)["paymethods"]
    assert [(row["type"], row["gateway_name"], row.get("expiry_date")) for row in rows] == [
        ("CreditCard", "", "01/20"),
        ("RemoteCreditCard", "stripe", "01/40"),
        ("BankAccount", "", None),
    ]
    assert "remote_token" in rows[1]
    assert rows[2]["bank_name"] == "Köln &amp; Bonn"
    only_cards = wire.call("GetPayMethods", clientid=client.id, type="CreditCard")["paymethods"]
    assert [row["type"] for row in only_cards] == ["CreditCard"]


@pytest.mark.parametrize(
    ("action", "scalars", "message"),
    [
        ("GetPayMethods", {}, "Client ID Is Required"),
        ("GetPayMethods", {"clientid": 1}, "Client Not Found"),
        ("GetClientsDetails", {}, "Either clientid Or email Is Required"),
        ("GetClientsDetails", {"clientid": 1}, "Client Not Found"),
        ("GetInvoice", {"invoiceid": 1}, "Invoice ID Not Found"),
        ("UpdateClientProduct", {"serviceid": 1}, "Service ID Not Found"),
    ],
)
def test_each_action_has_its_own_words_for_what_it_does_not_find(
    wire: Wire, action: str, scalars: dict[str, Any], message: str
) -> None:
    assert wire.call(action, **scalars) == {"result": "error", "message": message}


def test_a_pay_method_type_of_its_own_making_is_refused(wire: Wire, client: Client, shop: Shop) -> None:
    shop.add_pay_method(client, "CreditCard")
    answer = wire.call("GetPayMethods", clientid=client.id, type="RemoteCreditCard")
    assert answer["message"] == "Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'"


def test_a_client_comes_nested_and_flat(wire: Wire, client: Client) -> None:
    answer = wire.call("GetClientsDetails", clientid=client.id, stats=1)
    assert answer["client"]["status"] == answer["status"] == "Active"
    assert (answer["client"]["client_id"], answer["client"]["id"]) == (client.id, str(client.id))
    assert "stats" in answer
    assert wire.call("GetClientsDetails", email=client.email)["client"]["id"] == str(client.id)


def test_gateways_are_listed_by_module_name(wire: Wire) -> None:
    rows = wire.call("GetPaymentMethods")["paymentmethods"]["paymentmethod"]
    assert rows[0] == {"module": "stripe", "displayname": "Credit Card"}


def test_products_show_prices_options_and_the_fields_of_the_order_form(
    wire: Wire, shop: Shop, product: Product
) -> None:
    product.custom_fields = (CustomField(15, "Salesforce Order"), CustomField(16, "Hidden", on_order_form=False))
    product.config_options = (ConfigOption(4, "Speed", OptionType.DROPDOWN, {11: "slow"}),)
    shop.add_product(Product(242, "Fee", "onetime", {"monthly": Decimal(15)}))
    assert wire.call("GetProducts")["totalresults"] == 2
    [row] = wire.call("GetProducts", pid="185,999")["products"]["product"]
    prices = row["pricing"]["EUR"]
    assert (prices["monthly"], prices["quarterly"], prices["msetupfee"]) == ("5.00", "-1.00", "0.00")
    assert [field["name"] for field in row["customfields"]["customfield"]] == ["Salesforce Order"]
    [option] = row["configoptions"]["configoption"]
    assert (option["id"], option["type"], option["options"]["option"][0]["id"]) == (4, "1", 11)


def test_an_invoice_says_nothing_of_transactions_with_an_empty_text(
    wire: Wire, client: Client, product: Product
) -> None:
    added = wire.call("AddOrder", [("pid[0]", "185")], clientid=client.id, paymentmethod="stripe")
    invoice = wire.call("GetInvoice", invoiceid=added["invoiceid"])
    assert (invoice["total"], invoice["status"], invoice["transactions"]) == ("5.00", "Unpaid", "")
    assert invoice["items"]["item"][0]["relid"] == added["serviceids"]


def test_a_service_can_be_repaired(wire: Wire, client: Client, product: Product) -> None:
    """UpdateClientProduct takes one packed text where AddOrder takes one for each line, and options in another form."""
    product.config_options = (ConfigOption(7, "GB", OptionType.QUANTITY, {31: "GB"}),)
    added = wire.call("AddOrder", [("pid[0]", "185")], clientid=client.id, paymentmethod="stripe")
    packed = base64.b64encode(b'a:1:{i:7;a:2:{s:8:"optionid";i:31;s:3:"qty";i:5;}}').decode()
    answer = wire.call(
        "UpdateClientProduct",
        serviceid=added["serviceids"],
        status="Active",
        billingcycle="Annually",
        configoptions=packed,
    )
    assert answer["serviceid"] == added["serviceids"]
    service = wire.shop.services[int(added["serviceids"])]
    assert (service.status, service.cycle, service.options) == ("Active", "annually", {7: 5})
