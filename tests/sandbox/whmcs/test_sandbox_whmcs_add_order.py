"""AddOrder over the wire: what it makes, what it drops in silence, what it refuses."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.whmcs.records import Client, ConfigOption, CustomField, OptionType, Order, Product, Quantities

if TYPE_CHECKING:
    from sandbox.whmcs.shop import Shop
    from tests.sandbox.whmcs.conftest import Fields, Wire


@pytest.fixture(autouse=True)
def _on_offer(product: Product) -> None:
    """Have one product on offer."""


def _add(wire: Wire, client: Client, fields: Fields, **scalars: object) -> Order:
    answer = wire.call("AddOrder", fields, clientid=client.id, paymentmethod="stripe", **scalars)
    assert answer["result"] == "success", answer
    return wire.shop.orders[int(answer["orderid"])]


def _packed(serialized: str) -> str:
    return base64.b64encode(serialized.encode()).decode()


def test_a_line_becomes_a_pending_service_and_an_invoice(wire: Wire, client: Client) -> None:
    fields = [("pid[0]", "185"), ("qty[0]", "1"), ("billingcycle[0]", "semiannually")]
    answer = wire.call("AddOrder", fields, clientid=client.id, paymentmethod="stripe", notes="sfOrderId=x")
    order = wire.shop.orders[answer["orderid"]]
    [service] = order.services
    assert answer == {
        "result": "success",
        "orderid": order.id,
        "productids": str(service.id),
        "serviceids": str(service.id),
        "addonids": "",
        "domainids": "",
        "invoiceid": order.invoice_id,
    }
    assert (order.status, service.status, order.notes) == ("Pending", "Pending", "sfOrderId=x")
    assert (service.product.pid, service.cycle, service.amount) == (185, "semiannually", Decimal(30))
    assert wire.shop.invoices[order.invoice_id].total == Decimal(30)


def test_twice_the_same_makes_two_orders(wire: Wire, client: Client) -> None:
    fields = [("pid[0]", "185"), ("billingcycle[0]", "monthly")]
    assert _add(wire, client, fields, notes="same").id != _add(wire, client, fields, notes="same").id
    assert len(wire.shop.orders) == len(wire.shop.invoices) == 2


def test_a_repeated_name_without_brackets_is_a_scalar_and_refused(wire: Wire, client: Client) -> None:
    fields = [("pid", "185"), ("pid", "185"), ("billingcycle[0]", "monthly")]
    answer = wire.call("AddOrder", fields, clientid=client.id, paymentmethod="stripe")
    assert answer == {"result": "error", "message": "Expecting parameter 'pid' to be an array"}
    assert not wire.shop.orders


@pytest.mark.parametrize("name", ["qty", "billingcycle", "configoptions", "customfields", "priceoverride"])
def test_every_array_has_to_be_one(wire: Wire, client: Client, name: str) -> None:
    answer = wire.call("AddOrder", [("pid[0]", "185"), (name, "1")], clientid=client.id, paymentmethod="stripe")
    assert answer["message"] == f"Expecting parameter '{name}' to be an array"


def test_lines_are_told_apart_by_their_index(wire: Wire, client: Client) -> None:
    fields = [("pid[5]", "185"), ("pid[7]", "185"), ("billingcycle[7]", "annually"), ("billingcycle[5]", "monthly")]
    assert [service.cycle for service in _add(wire, client, fields).services] == ["monthly", "annually"]


@pytest.mark.parametrize("cycle", ["", "semi-annually", "Semi-Annually", "quarterly", "nonsense"])
def test_a_cycle_that_does_not_fit_falls_to_the_shortest_in_silence(wire: Wire, client: Client, cycle: str) -> None:
    [service] = _add(wire, client, [("pid[0]", "185"), ("billingcycle[0]", cycle)]).services
    assert service.cycle == "monthly"


def test_a_one_time_product_is_one_time_whatever_is_asked(wire: Wire, client: Client, shop: Shop) -> None:
    shop.add_product(Product(242, "Fee", "onetime", {"monthly": Decimal(15)}))
    [service] = _add(wire, client, [("pid[0]", "242"), ("billingcycle[0]", "monthly")]).services
    assert (service.cycle, service.amount) == ("onetime", Decimal(15))


def test_an_unknown_product_is_dropped_in_silence(wire: Wire, client: Client) -> None:
    assert len(_add(wire, client, [("pid[0]", "185"), ("pid[1]", "999")]).services) == 1


def test_an_order_of_nothing_is_refused(wire: Wire, client: Client) -> None:
    answer = wire.call("AddOrder", [("pid[0]", "999")], clientid=client.id, paymentmethod="stripe")
    assert answer["message"] == "No items added to cart so order cannot proceed"
    assert not wire.shop.orders


@pytest.mark.parametrize(
    ("quantities", "services"),
    [(Quantities.NONE, [1]), (Quantities.SEVERAL_SERVICES, [1, 1, 1]), (Quantities.ONE_SCALING_SERVICE, [3])],
)
def test_a_quantity_is_what_the_product_makes_of_it(
    wire: Wire, client: Client, product: Product, quantities: Quantities, services: list[int]
) -> None:
    product.quantities = quantities
    order = _add(wire, client, [("pid[0]", "185"), ("qty[0]", "3"), ("billingcycle[0]", "monthly")])
    assert [service.qty for service in order.services] == services
    assert order.amount == 5 * sum(services)


def test_a_version_before_8_12_ignores_quantities(wire: Wire, client: Client, product: Product) -> None:
    wire.shop.version, product.quantities = "8.11.2-release.1", Quantities.SEVERAL_SERVICES
    assert len(_add(wire, client, [("pid[0]", "185"), ("qty[0]", "3")]).services) == 1


def test_options_are_read_by_id_number_and_name(wire: Wire, client: Client, product: Product) -> None:
    product.config_options = (
        ConfigOption(4, "Speed", OptionType.DROPDOWN, {11: "slow", 12: "fast"}),
        ConfigOption(7, "GB", OptionType.QUANTITY, {31: "GB"}, min_qty=1, max_qty=9),
        ConfigOption(9, "IP", OptionType.YES_NO, {41: "IP"}),
        ConfigOption(15, "Region", OptionType.RADIO, {51: "Europe", 52: "東京"}),
    )
    packed = _packed('a:4:{i:4;i:12;i:7;i:5;i:9;s:1:"1";i:15;s:6:"東京";}')
    [service] = _add(wire, client, [("pid[0]", "185"), ("configoptions[0]", packed)]).services
    assert service.options == {4: 12, 7: 5, 9: 1, 15: 52}
    assert service.asked_options == {4: 12, 7: 5, 9: "1", 15: "東京"}


@pytest.mark.parametrize(
    "packed",
    ["", "not base64!", _packed('{"4": 12}'), _packed('a:1:{i:4;s:2:"東京";}'), _packed("a:2:{i:4;i:99;i:7;i:50;}")],
)
def test_options_that_cannot_be_read_fall_to_their_defaults_in_silence(
    wire: Wire, client: Client, product: Product, packed: str
) -> None:
    product.config_options = (
        ConfigOption(4, "Speed", OptionType.DROPDOWN, {11: "slow", 12: "fast"}),
        ConfigOption(7, "GB", OptionType.QUANTITY, {31: "GB"}, min_qty=1, max_qty=9),
    )
    [service] = _add(wire, client, [("pid[0]", "185"), ("configoptions[0]", packed)]).services
    assert service.options == {4: 11, 7: 1}


def test_custom_fields_come_back_with_the_services(wire: Wire, client: Client, product: Product) -> None:
    product.custom_fields = (CustomField(15, "Salesforce Order|Order", on_order_form=False),)
    packed = _packed('a:2:{i:15;s:18:"8014x000000ABCDXYZ";i:16;s:1:"x";}')
    _add(wire, client, [("pid[0]", "185"), ("customfields[0]", packed)])
    [row] = wire.call("GetClientsProducts", clientid=client.id)["products"]["product"]
    assert row["customfields"]["customfield"] == [
        {"id": 15, "name": "Salesforce Order|Order", "value": "8014x000000ABCDXYZ"}
    ]


def test_false_in_letters_suppresses_the_invoice(wire: Wire, client: Client) -> None:
    """Python's False becomes the text "False", which PHP takes as true."""
    assert _add(wire, client, [("pid[0]", "185")], noinvoice=False).invoice_id == 0
    assert _add(wire, client, [("pid[0]", "185")], noinvoice=0).invoice_id != 0


def test_an_order_without_an_invoice_answers_any_kind_of_nothing(wire: Wire, client: Client) -> None:
    seen = {
        str(
            wire.call("AddOrder", [("pid[0]", "185")], clientid=client.id, paymentmethod="stripe", noinvoice=1).get(
                "invoiceid", "-"
            )
        )
        for _ in range(40)
    }
    assert seen == {"0", "", "None", "-"}


def test_mails_are_sent_unless_told_otherwise(wire: Wire, client: Client) -> None:
    _add(wire, client, [("pid[0]", "185")])
    assert [mail.template for mail in wire.shop.mails] == ["Invoice Created", "Order Confirmation"]
    _add(wire, client, [("pid[0]", "185")], noemail=1, noinvoiceemail=1)
    assert len(wire.shop.mails) == 2


def test_a_price_can_be_replaced_line_by_line(wire: Wire, client: Client) -> None:
    fields = [("pid[0]", "185"), ("pid[1]", "185"), ("priceoverride[0]", "1.25"), ("priceoverride[1]", "")]
    assert [service.amount for service in _add(wire, client, fields).services] == [Decimal("1.25"), Decimal(5)]


def test_notes_can_be_ignored(wire: Wire, client: Client) -> None:
    wire.shop.drop_notes = True
    order = _add(wire, client, [("pid[0]", "185")], notes="sfOrderId=x")
    assert (order.notes, order.asked_notes) == ("", "sfOrderId=x")
    [row] = wire.call("GetOrders", id=order.id)["orders"]["order"]
    assert row["notes"] == ""


def test_the_tail_of_a_very_large_order_is_lost_in_silence(wire: Wire, client: Client) -> None:
    fields = [(f"pid[{i}]", "185") for i in range(1100)]
    assert len(_add(wire, client, fields).services) == 1000 - 6


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"clientid": 1}, "Active", "Client ID Not Found"),
        ({}, "Closed", "Unable to add order when client status is Closed"),
        (
            {"paymentmethod": "Credit Card"},
            "Active",
            "Invalid Payment Method. Valid options include stripe,paypalcheckout,mailin",
        ),
    ],
)
def test_what_whmcs_does_check_it_refuses_in_its_own_words(
    wire: Wire, client: Client, changed: dict[str, Any], status: str, message: str
) -> None:
    client.status = status
    scalars = {"clientid": client.id, "paymentmethod": "stripe"} | changed
    answer = wire.call("AddOrder", [("pid[0]", "185")], **scalars)
    assert answer == {"result": "error", "message": message}
    assert not wire.shop.orders


def test_a_hook_can_refuse_a_product(wire: Wire, client: Client, product: Product) -> None:
    product.order_error = "Out of stock"
    answer = wire.call("AddOrder", [("pid[0]", "185")], clientid=client.id, paymentmethod="stripe")
    assert answer == {"result": "error", "message": "Out of stock"}
