"""Every shape in which WHMCS writes a list, a number or nothing is read the same."""

import json
from decimal import Decimal

import pytest

from clients.whmcs import parsing
from clients.whmcs.fields import MalformedError, child, id_list, money, number, optional_id, required_id, rows, text
from clients.whmcs.values import ConfigOption, CustomField


@pytest.mark.parametrize("nothing", ['""', "[]", "{}", "null", '{"order": ""}', '{"order": []}', '{"order": null}'])
def test_every_kind_of_nothing_is_an_empty_list(nothing: str) -> None:
    assert rows({"orders": json.loads(nothing)}, "orders", "order") == []


def test_a_missing_key_is_an_empty_list() -> None:
    assert rows({}, "orders", "order") == []


@pytest.mark.parametrize(
    "two",
    [
        '[{"id": 1}, {"id": 2}]',
        '{"order": [{"id": 1}, {"id": 2}]}',
        '{"order": {"0": {"id": 1}, "7": {"id": 2}}}',
        '{"3": {"id": 1}, "4": {"id": 2}}',
    ],
)
def test_every_shape_of_a_list_gives_its_rows(two: str) -> None:
    assert rows({"orders": json.loads(two)}, "orders", "order") == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("one", ['{"id": 1}', '{"order": {"id": 1}}', '[{"id": 1}]'])
def test_a_bare_object_is_a_list_of_one(one: str) -> None:
    assert rows({"orders": json.loads(one)}, "orders", "order") == [{"id": 1}]


@pytest.mark.parametrize("bad", ['["a"]', '"text"', '{"order": [1]}', "7", '{"order": [[]]}'])
def test_rows_that_are_no_objects_are_malformed(bad: str) -> None:
    with pytest.raises(MalformedError, match="orders"):
        rows({"orders": json.loads(bad)}, "orders", "order")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("76", 76), (76, 76), (" 76 ", 76), (Decimal("76.0"), 76), ("0", 0)],
)
def test_numbers_come_as_number_or_text(value: object, expected: int) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    "value", [True, None, "", "7_6", "+7", "1.5", Decimal("1.5"), Decimal("NaN"), "\u0667", [], "9" * 19]
)
def test_what_is_no_plain_number_is_none(value: object) -> None:
    assert number(value) is None


@pytest.mark.parametrize("value", [0, "0", "", None, False])
def test_an_id_of_zero_or_nothing_is_no_id(value: object) -> None:
    assert optional_id({"invoiceid": value}, "invoiceid") is None
    with pytest.raises(MalformedError, match="invoiceid"):
        required_id({"invoiceid": value}, "invoiceid")


def test_the_first_name_that_holds_an_id_wins() -> None:
    assert required_id({"client_id": "", "id": "5", "userid": 6}, "client_id", "id", "userid") == 5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("66,67", (66, 67)),
        (" 66 ", (66,)),
        (66, (66,)),
        ([66, "67"], (66, 67)),
        ({"0": "66"}, (66,)),
        ("", ()),
        (None, ()),
        ([], ()),
        ("0", ()),
        (",", ()),
    ],
)
def test_id_lists_come_as_text_number_or_list(value: object, expected: tuple[int, ...]) -> None:
    assert id_list({"serviceids": value}, "serviceids") == expected


def test_a_part_of_an_id_list_that_is_no_id_is_malformed() -> None:
    with pytest.raises(MalformedError, match="serviceids"):
        id_list({"serviceids": "66,x"}, "serviceids")


@pytest.mark.parametrize(("value", "expected"), [("a", "a"), (7, "7"), (None, ""), (True, ""), ([], "")])
def test_text_is_text_and_everything_else_is_empty(value: object, expected: str) -> None:
    assert text({"name": value}, "name") == expected


@pytest.mark.parametrize("value", ["", None, True, "n/a", "NaN", [], "Infinity"])
def test_no_amount_is_none(value: object) -> None:
    assert money(value) is None


def test_amounts_keep_their_decimals() -> None:
    assert str(money("12.50")) == "12.50"


@pytest.mark.parametrize("value", ["", [], None, "x"])
def test_a_missing_child_is_empty(value: object) -> None:
    assert child({"client": value}, "client") == {}


def test_service_ids_are_read_from_the_old_name_too() -> None:
    """`productids` holds service ids, whatever its name says."""
    added = parsing.added_order({"orderid": "76", "productids": "66,67", "invoiceid": ""})
    assert (added.order_id, added.service_ids, added.invoice_id) == (76, (66, 67), None)


def test_service_ids_win_over_their_old_name() -> None:
    added = parsing.added_order({"orderid": 76, "serviceids": "66", "productids": "99", "invoiceid": "70"})
    assert (added.service_ids, added.invoice_id) == ((66,), 70)


def test_a_client_is_read_from_the_deprecated_top_level_too() -> None:
    answer = {"userid": "5", "status": "Active", "defaultgateway": None, "currency_code": "EUR"}
    flat, nested = parsing.client_details(answer), parsing.client_details({"client": answer, "status": "x"})
    assert flat == nested
    assert (flat.id, flat.status, flat.default_gateway, flat.currency_code) == (5, "Active", "", "EUR")


def test_a_product_offers_the_cycles_priced_in_any_currency() -> None:
    pricing = {
        "EUR": {"monthly": "9.90", "quarterly": "-1.00", "annually": "0.00", "msetupfee": "5.00"},
        "USD": {"monthly": "-1.00", "biennially": "200.00", "triennially": ""},
    }
    row = {"pid": "12", "paytype": "recurring", "allowqty": "2", "pricing": pricing}
    (product,) = parsing.products({"products": {"product": [row]}})
    assert product.cycles == {"monthly", "annually", "biennially"}
    assert product.allowqty == 2


@pytest.mark.parametrize(
    ("paytype", "cycles"), [("onetime", {"onetime"}), ("free", {"free"}), ("", set()), ("OneTime", {"onetime"})]
)
def test_products_that_do_not_recur_offer_their_pay_type(paytype: str, cycles: set[str]) -> None:
    row = {"pid": 12, "paytype": paytype, "pricing": {"EUR": {"monthly": "9.90"}}}
    assert parsing.products({"products": [row]})[0].cycles == cycles


def test_a_product_lists_its_fields_and_options() -> None:
    row = {
        "pid": 12,
        "paytype": "free",
        "customfields": {"customfield": [{"id": "15", "name": "SF &amp; Order|Shown as this"}]},
        "configoptions": {"configoption": {"id": 4, "type": "3", "options": {"option": [{"id": "31"}, {"id": 32}]}}},
    }
    (product,) = parsing.products({"products": {"product": row}})
    assert product.custom_fields == (CustomField(15, "SF & Order"),)
    assert product.config_options == (ConfigOption(4, 3, (31, 32)),)


def test_a_service_made_by_hand_has_no_order() -> None:
    service = parsing.service({"id": 1, "orderid": "0", "pid": 2, "status": "Active", "customfields": ""})
    assert (service.order_id, service.qty, service.custom_fields) == (0, 1, {})


def test_a_missing_status_is_malformed() -> None:
    with pytest.raises(MalformedError, match="status"):
        parsing.order({"id": 1, "userid": 2})
