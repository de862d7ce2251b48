"""What we send is, byte for byte, what PHP would have written itself."""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.whmcs.encoding import FormValue, Php, form_body, form_pairs, packed, serialize

FACT_SHEET_ROWS: list[tuple[Php, str, str]] = [
    ({1: 999}, "a:1:{i:1;i:999;}", "YToxOntpOjE7aTo5OTk7fQ=="),
    ({1: "Google"}, 'a:1:{i:1;s:6:"Google";}', "YToxOntpOjE7czo2OiJHb29nbGUiO30="),
    (
        {15: "8014x000000ABCDXYZ"},
        'a:1:{i:15;s:18:"8014x000000ABCDXYZ";}',
        "YToxOntpOjE1O3M6MTg6IjgwMTR4MDAwMDAwQUJDRFhZWiI7fQ==",
    ),
    (
        {4: 12, 7: 5, 9: "1"},
        'a:3:{i:4;i:12;i:7;i:5;i:9;s:1:"1";}',
        "YTozOntpOjQ7aToxMjtpOjc7aTo1O2k6OTtzOjE6IjEiO30=",
    ),
    (
        {4: 12, 7: {"optionid": 31, "qty": 5}},
        'a:2:{i:4;i:12;i:7;a:2:{s:8:"optionid";i:31;s:3:"qty";i:5;}}',
        "YToyOntpOjQ7aToxMjtpOjc7YToyOntzOjg6Im9wdGlvbmlkIjtpOjMxO3M6MzoicXR5IjtpOjU7fX0=",
    ),
    (
        {3: '東京 Café "x";', "name": "v"},
        'a:2:{i:3;s:17:"東京 Café "x";";s:4:"name";s:1:"v";}',
        "YToyOntpOjM7czoxNzoi5p2x5LqsIENhZsOpICJ4IjsiO3M6NDoibmFtZSI7czoxOiJ2Ijt9",
    ),
]


@pytest.mark.parametrize(("value", "serialized", "in_base64"), FACT_SHEET_ROWS)
def test_each_example_of_the_fact_sheet_comes_out_byte_for_byte(value: Php, serialized: str, in_base64: str) -> None:
    assert serialize(value) == serialized.encode()
    assert packed(value) == in_base64


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"N;"),
        (True, b"b:1;"),
        (False, b"b:0;"),
        (-5, b"i:-5;"),
        (2**63 - 1, b"i:9223372036854775807;"),
        (1.5, b"d:1.5;"),
        (0.1, b"d:0.1;"),
        ("", b's:0:"";'),
        ([], b"a:0:{}"),
        ({}, b"a:0:{}"),
        (["a", "b"], b'a:2:{i:0;s:1:"a";i:1;s:1:"b";}'),
        (("é",), b'a:1:{i:0;s:2:"\xc3\xa9";}'),
    ],
)
def test_each_type_has_its_php_form(value: Php, expected: bytes) -> None:
    assert serialize(value) == expected


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("1", b"i:1;"),
        ("-5", b"i:-5;"),
        ("0", b"i:0;"),
        ("08", b's:2:"08";'),
        ("-0", b's:2:"-0";'),
        ("1.0", b's:3:"1.0";'),
        ("+1", b's:2:"+1";'),
        ("\N{ARABIC-INDIC DIGIT ONE}", 's:2:"\N{ARABIC-INDIC DIGIT ONE}";'.encode()),
        ("9223372036854775808", b's:19:"9223372036854775808";'),
        (True, b"i:1;"),
    ],
)
def test_keys_become_integers_exactly_when_php_would_make_them_so(key: int | str, written: bytes) -> None:
    assert serialize({key: 7}) == b"a:1:{" + written + b"i:7;}"


def test_keys_that_php_holds_for_the_same_are_counted_once() -> None:
    assert serialize({"1": "first", 1: "last"}) == b'a:1:{i:1;s:4:"last";}'


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, {2**63: 1}, float("inf"), float("nan")])
def test_numbers_that_php_cannot_hold_are_refused(value: Php) -> None:
    with pytest.raises(ValueError, match=r"64 bits|finite"):
        serialize(value)


@pytest.mark.parametrize("value", [b"bytes", Decimal("1.5"), {1, 2}])
def test_types_without_a_php_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        serialize(value)  # type: ignore[arg-type]


class Unserialize:
    """A reader of PHP's format, written from the fact sheet's rules and sharing nothing with the writer."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count : self.at]

    def until(self, end: bytes) -> bytes:
        found = self.take(self.data.index(end, self.at) - self.at)
        assert self.take(1) == end
        return found

    def value(self) -> object:
        kind = self.take(2)
        if kind == b"N;":
            return None
        if kind in {b"i:", b"b:", b"d:"}:
            number = self.until(b";")
            return number == b"1" if kind == b"b:" else int(number) if kind == b"i:" else float(number)
        size = int(self.until(b":"))
        if kind == b"s:":
            assert self.take(1) == b'"'
            text = self.take(size).decode()
            assert self.take(2) == b'";'
            return text
        assert kind == b"a:"
        assert self.take(1) == b"{"
        items = {self.value(): self.value() for _ in range(size)}
        assert self.take(1) == b"}"
        return items


def as_php_gives_it_back(value: Php) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        is_number = re.compile(r"(0|-?[1-9][0-9]*)\Z", re.ASCII).match
        return {int(k) if is_number(str(k)) else k: as_php_gives_it_back(v) for k, v in value.items()}
    if isinstance(value, list):
        return {index: as_php_gives_it_back(item) for index, item in enumerate(value)}
    return value


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INT64 = st.integers(-(2**63), 2**63 - 1)
SCALARS = st.none() | st.booleans() | INT64 | st.floats(allow_nan=False, allow_infinity=False) | TEXT
# Digits long enough to leave 64 bits have their own example above.
KEYS = INT64 | TEXT.filter(lambda key: not re.fullmatch(r"-?[0-9]{19,}", key))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_an_independent_reader_gets_back_what_was_written(value: Php) -> None:
    reader = Unserialize(base64.b64decode(packed(value), validate=True))
    assert reader.value() == as_php_gives_it_back(value)
    assert reader.at == len(reader.data)


def test_lists_get_brackets_with_explicit_indexes_and_never_repeat_a_name() -> None:
    pairs = form_pairs({"pid": [185, 242], "billingcycle": ["monthly", "onetime"]})
    assert pairs == [
        ("pid[0]", "185"),
        ("pid[1]", "242"),
        ("billingcycle[0]", "monthly"),
        ("billingcycle[1]", "onetime"),
    ]


def test_lines_without_a_value_keep_their_index() -> None:
    pairs = form_pairs({"priceoverride": [None, Decimal("9.90"), ""], "idprotection": [False, True]})
    assert pairs == [
        ("priceoverride[0]", ""),
        ("priceoverride[1]", "9.90"),
        ("priceoverride[2]", ""),
        ("idprotection[0]", ""),
        ("idprotection[1]", "1"),
    ]


def test_false_and_none_are_left_out_and_true_is_one() -> None:
    fields: dict[str, FormValue] = {"noinvoice": False, "noemail": True, "clientip": None, "notes": "", "zero": 0}
    assert form_pairs(fields) == [("noemail", "1"), ("notes", ""), ("zero", "0")]


def test_named_arrays_keep_their_names() -> None:
    assert form_pairs({"domainrenewals": {"a.example": 2}}) == [("domainrenewals[a.example]", "2")]


@pytest.mark.parametrize(("amount", "text"), [("1E+2", "100"), ("0.10", "0.10"), ("-1.00", "-1.00")])
def test_money_is_written_plainly(amount: str, text: str) -> None:
    assert form_pairs({"amount": Decimal(amount)}) == [("amount", text)]


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), b"x", object()])
def test_values_that_php_would_misread_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        form_pairs({"name": value})  # type: ignore[dict-item]


def test_the_body_of_the_fact_sheet_comes_out_byte_for_byte() -> None:
    assert form_body(form_pairs({"configoptions": [packed({1: 999})]})) == (
        b"configoptions%5B0%5D=YToxOntpOjE7aTo5OTk7fQ%3D%3D"
    )


@given(st.dictionaries(st.text("abcdefgh[]_", min_size=1), TEXT, max_size=5))
def test_any_text_survives_the_form_encoding(fields: dict[str, str]) -> None:
    pairs = form_pairs(fields)
    assert parse_qsl(form_body(pairs).decode(), keep_blank_values=True, strict_parsing=bool(pairs)) == pairs
