"""Order items become lines of AddOrder, or one verdict says all that is wrong with them."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rules.mapping import map_lines
from actors.values import OrderLine, PayableOrder, ProductLine
from clients.errors import ErrorCode, Permanent

MakeLine = Callable[..., OrderLine]
MakePayable = Callable[..., PayableOrder]
MapLine = Callable[..., ProductLine]
Refuse = Callable[..., Permanent]


@pytest.fixture(scope="session")
def mapped(make_line: MakeLine, make_payable: MakePayable) -> MapLine:
    """Map one item, spoiled as asked for."""

    def mapped(*, override_prices: bool = False, **changes: object) -> ProductLine:
        (line,) = map_lines(make_payable(make_line(**changes)), override_prices=override_prices)
        return line

    return mapped


@pytest.fixture(scope="session")
def refused(make_payable: MakePayable) -> Refuse:
    """Map items that are wrong; return the verdict."""

    def refused(*lines: OrderLine, override_prices: bool = False) -> Permanent:
        with pytest.raises(Permanent) as caught:
            map_lines(make_payable(*lines), override_prices=override_prices)
        return caught.value

    return refused


def test_a_good_item_becomes_a_line(mapped: MapLine) -> None:
    assert mapped(config_options_json='{"4": 12}') == ProductLine(
        item_id="802Qy000001234IAAQ",
        pid=185,
        billing_cycle="monthly",
        quantity=2,
        config_options={4: 12},
        price_override=None,
    )


def test_lines_keep_the_order_of_the_items(make_line: MakeLine, make_payable: MakePayable) -> None:
    pids = ["9", "3", "7", "3"]
    lines = map_lines(make_payable(*(make_line(whmcs_product_id=pid) for pid in pids)), override_prices=False)
    assert [line.pid for line in lines] == [9, 3, 7, 3]


def test_a_mapped_line_survives_the_journey_through_redis(mapped: MapLine) -> None:
    line = mapped(config_options_json='{"4": 12, "9": "1"}', override_prices=True)
    assert ProductLine.model_validate_json(line.model_dump_json()) == line


@pytest.mark.parametrize(
    ("item_class", "cycle", "expected"),
    [
        ("Service", "Annual", "annually"),
        ("Service", None, "monthly"),
        ("SERVICE\u00a0", " ", "monthly"),
        (None, "One Time", "onetime"),
        ("", None, "monthly"),
        ("\u00a0", "Quarterly", "quarterly"),
        ("Activation", "Monthly", "onetime"),
        ("activation", None, "onetime"),
        ("Activation", "Biannual", "onetime"),
        ("Activation", "no such cycle", "onetime"),
        ("Add-on", "Half-Yearly", "semiannually"),
        ("Add on", None, "monthly"),
        ("ADDON", "Free", "free"),
    ],
)
def test_the_item_class_decides_on_the_cycle(
    mapped: MapLine, item_class: str | None, cycle: str | None, expected: str
) -> None:
    assert mapped(item_class=item_class, billing_cycle=cycle).billing_cycle == expected


@pytest.mark.parametrize("item_class", ["Discount", "Services", "?", "Aktivierung"])
def test_an_unknown_item_class_is_named(make_line: MakeLine, refused: Refuse, item_class: str) -> None:
    verdict = refused(make_line(item_class=item_class))
    assert verdict.code is ErrorCode.PRODUCT_NOT_MAPPED
    assert f'"Fibre 100": Item_Class__c "{item_class}" is none of Service' in verdict.message


@pytest.mark.parametrize(("text", "pid"), [("185", 185), (" 185 ", 185), ("185.0", 185), ("\u00a0185", 185)])
def test_the_product_id_is_read_as_people_write_it(mapped: MapLine, text: str, pid: int) -> None:
    assert mapped(whmcs_product_id=text).pid == pid


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "WHMCS_Product_Id__c is empty"),
        (" ", "WHMCS_Product_Id__c is empty"),
        ("0", 'WHMCS_Product_Id__c "0" is no WHMCS product id'),
        ("-5", 'WHMCS_Product_Id__c "-5" is no WHMCS product id'),
        ("1.5", 'WHMCS_Product_Id__c "1.5" is no WHMCS product id'),
        ("Fibre", 'WHMCS_Product_Id__c "Fibre" is no WHMCS product id'),
    ],
)
def test_a_product_that_is_not_mapped_is_named(
    make_line: MakeLine, refused: Refuse, text: str | None, said: str
) -> None:
    verdict = refused(make_line(whmcs_product_id=text))
    assert verdict.code is ErrorCode.PRODUCT_NOT_MAPPED
    assert f'"Fibre 100": {said}' in verdict.message


def test_an_item_without_product_is_named_by_its_own_id(make_line: MakeLine, refused: Refuse) -> None:
    empty = dict.fromkeys(("product_id", "product_name", "whmcs_product_id", "billing_cycle", "item_class"))
    verdict = refused(make_line(**empty))
    assert verdict.code is ErrorCode.PRODUCT_NOT_MAPPED
    assert '"order item 802Qy000001234IAAQ": the order item has no product: choose one' in verdict.message


def test_a_product_without_name_is_named_by_its_id(make_line: MakeLine, refused: Refuse) -> None:
    assert '"01tQy000001234IAAQ":' in refused(make_line(product_name=None, whmcs_product_id=None)).message


@pytest.mark.parametrize(
    ("cycle", "said"),
    [("Biannual", "is ambiguous: choose Semi-Annually or Biennially"), ("Weekly", "is no billing cycle of WHMCS")],
)
@pytest.mark.parametrize("item_class", ["Service", "Add-on", None])
def test_a_cycle_that_cannot_be_sent_is_named(
    make_line: MakeLine, refused: Refuse, cycle: str, said: str, item_class: str | None
) -> None:
    verdict = refused(make_line(billing_cycle=cycle, item_class=item_class))
    assert verdict.code is ErrorCode.BILLING_CYCLE_UNKNOWN
    assert f'"Fibre 100": Billing_Cycle__c "{cycle}" {said}' in verdict.message


@pytest.mark.parametrize(("number", "quantity"), [("2.0", 2), ("1", 1), ("1E+2", 100), ("1000000", 1_000_000)])
def test_a_whole_quantity_is_taken_however_it_is_written(mapped: MapLine, number: str, quantity: int) -> None:
    assert mapped(quantity=Decimal(number)).quantity == quantity


@pytest.mark.parametrize("number", ["1.5", "0", "0.0", "-1", "NaN", "sNaN", "Infinity", "1E+999999", "0.5", None])
def test_any_other_quantity_is_refused(make_line: MakeLine, refused: Refuse, number: str | None) -> None:
    verdict = refused(make_line(quantity=None if number is None else Decimal(number)))
    assert verdict.code is ErrorCode.QUANTITY_INVALID
    said = "Quantity is empty" if number is None else f"Quantity {number} is no positive whole number"
    assert f'"Fibre 100": {said}' in verdict.message


def test_config_options_that_cannot_be_sent_are_named(make_line: MakeLine, refused: Refuse) -> None:
    verdict = refused(make_line(config_options_json='{"CPU": 4}'))
    assert verdict.code is ErrorCode.CONFIG_OPTIONS_INVALID
    assert '"Fibre 100": Portal_ConfigOptions_JSON__c has the key "CPU"' in verdict.message


def test_the_price_of_salesforce_is_sent_only_when_asked_for(mapped: MapLine) -> None:
    assert mapped().price_override is None
    assert mapped(override_prices=True).price_override == Decimal("49.90")
    assert mapped(override_prices=True, unit_price=Decimal("0.00")).price_override == 0


@pytest.mark.parametrize("price", [None, Decimal("NaN"), Decimal("Infinity")])
def test_a_missing_price_is_refused_only_when_prices_are_sent(
    make_line: MakeLine, mapped: MapLine, refused: Refuse, price: Decimal | None
) -> None:
    assert mapped(unit_price=price).price_override is None
    verdict = refused(make_line(unit_price=price), override_prices=True)
    assert verdict.code is ErrorCode.PRODUCT_NOT_MAPPED
    assert '"Fibre 100": UnitPrice is empty' in verdict.message


def test_all_errors_of_an_order_are_told_in_one_message_and_the_first_kind_gives_the_code(
    make_line: MakeLine, refused: Refuse
) -> None:
    verdict = refused(
        make_line(product_name="A", config_options_json="["),
        make_line(product_name="B", quantity=Decimal("1.5")),
        make_line(product_name="C"),
        make_line(product_name="D", billing_cycle="Weekly"),
        make_line(product_name="E", whmcs_product_id=None),
    )
    assert verdict.code is ErrorCode.PRODUCT_NOT_MAPPED
    assert verdict.message == (
        'Correct and request again: "E": WHMCS_Product_Id__c is empty; '
        '"D": Billing_Cycle__c "Weekly" is no billing cycle of WHMCS; '
        '"B": Quantity 1.5 is no positive whole number; '
        '"A": Portal_ConfigOptions_JSON__c is no valid JSON: write {"<option id>": <value>}'
    )


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ("cqbp", ErrorCode.PRODUCT_NOT_MAPPED),
        ("cqb", ErrorCode.BILLING_CYCLE_UNKNOWN),
        ("cq", ErrorCode.QUANTITY_INVALID),
        ("c", ErrorCode.CONFIG_OPTIONS_INVALID),
    ],
)
def test_one_item_tells_everything_that_is_wrong_with_it(
    make_line: MakeLine, refused: Refuse, kinds: str, code: ErrorCode
) -> None:
    wrong: dict[str, dict[str, object]] = {
        "c": {"config_options_json": '{"x": 1}'},
        "q": {"quantity": None},
        "b": {"billing_cycle": "Biannual"},
        "p": {"whmcs_product_id": "none"},
    }
    changes = {field: value for kind in kinds for field, value in wrong[kind].items()}
    verdict = refused(make_line(**changes, product_name="X"))
    assert verdict.code is code
    assert verdict.detail.count('"X":') == len(kinds)


def test_the_same_problem_of_one_product_is_told_once(make_line: MakeLine, refused: Refuse) -> None:
    verdict = refused(*(make_line(whmcs_product_id=None) for _ in range(5)))
    assert verdict.message.count("Fibre 100") == 1
    assert "more" not in verdict.message


def test_many_problems_are_cut_at_a_whole_one_and_counted_and_operators_get_them_all(
    make_line: MakeLine, refused: Refuse
) -> None:
    verdict = refused(*(make_line(product_name=f"Fibre {number}", whmcs_product_id=None) for number in range(30)))
    told = verdict.message.count("WHMCS_Product_Id__c is empty")
    assert told >= 3
    assert verdict.message.endswith(f"WHMCS_Product_Id__c is empty … and {30 - told} more")
    assert len(verdict.message) <= 255
    assert verdict.detail.count("WHMCS_Product_Id__c is empty") == 30


def test_three_problems_with_long_names_and_values_still_fit_at_least_once_each_whole(
    make_line: MakeLine, refused: Refuse
) -> None:
    long = [make_line(product_name=f"{number} " * 100, whmcs_product_id="no id " * 40) for number in "ABC"]
    verdict = refused(*long)
    assert len(verdict.message) <= 255
    assert verdict.message.endswith("is no WHMCS product id … and 2 more")


def test_values_of_options_and_prices_stay_out_of_messages(make_line: MakeLine, refused: Refuse) -> None:
    line = make_line(
        config_options_json='{"4": ["jane.doe@example.com"]}', unit_price=Decimal("1234.56"), quantity=None
    )
    verdict = refused(line, override_prices=True)
    for text in (verdict.message, verdict.detail):
        assert "jane.doe" not in text
        assert "1234.56" not in text


TEXT = st.none() | st.text() | st.sampled_from(["185", "Monthly", "Service", "Activation", "{}", '{"4": 12}'])
NUMBER = st.none() | st.decimals(allow_nan=True, allow_infinity=True) | st.integers(-2, 9).map(Decimal)
FIELDS = ("product_id", "product_name", "whmcs_product_id", "billing_cycle", "item_class", "config_options_json")


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({**dict.fromkeys(FIELDS, TEXT), "quantity": NUMBER, "unit_price": NUMBER}), max_size=4
    ),
    st.booleans(),
)
def test_whatever_an_order_holds_mapping_gives_all_its_lines_or_a_verdict_that_fits(
    make_line: MakeLine,
    make_payable: MakePayable,
    items: list[dict[str, object]],
    override_prices: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    order = make_payable(*(make_line(**item) for item in items))
    lines: tuple[ProductLine, ...] | None = None
    message = ""
    try:
        lines = map_lines(order, override_prices=override_prices)
    except Permanent as verdict:
        message = verdict.message
    assert bool(message) is (lines is None)
    assert len(message) <= 255
    assert lines is None or len(lines) == len(items)
    assert all(line.pid > 0 and line.quantity > 0 for line in lines or ())
