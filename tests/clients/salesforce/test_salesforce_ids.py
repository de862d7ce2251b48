"""Record ids: 15 and 18 characters are the same record, and nothing else is one."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.salesforce.ids import is_record_id, to_18

BASES = st.text(alphabet=string.ascii_letters + string.digits, min_size=15, max_size=15)
EXAMPLES = [
    ("001R00000064wdt", "001R00000064wdtIAA"),
    ("00D58000000arpq", "00D58000000arpqEAA"),
    ("0055J000001D89M", "0055J000001D89MQAS"),
]


@pytest.mark.parametrize(("short", "long"), EXAMPLES)
def test_a_15_character_id_gains_its_check_characters(short: str, long: str) -> None:
    assert to_18(short) == long


@pytest.mark.parametrize(("_short", "long"), EXAMPLES)
def test_an_id_that_lost_its_case_is_repaired(_short: str, long: str) -> None:
    assert {to_18(long), to_18(long.lower()), to_18(long.upper())} == {long}


def test_check_characters_alone_may_have_lost_their_case() -> None:
    assert to_18("001R00000064wdtiaa") == "001R00000064wdtIAA"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "801",
        "001R00000064wd",
        "001R00000064wdtI",
        "001R00000064wdtIAAA",
        " 001R00000064wdt",
        "001R00000064wdt\n",
        "001R00000064wdtIAA\n",
        "001R00000064wd'",
        "' OR Id != '0000",
        "001R00000064wdü",
        "00\u0661R00000064wdt",
        "001R00000064wdtIAB",
        "001R00000064wdtI9A",
        "001r00000064wdti6a",
        "001r00000064wdt555",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    assert not is_record_id(text)
    with pytest.raises(ValueError, match="Salesforce record id"):
        to_18(text)


def test_a_prefix_tells_the_object() -> None:
    assert is_record_id("001R00000064wdt", "001")
    assert not is_record_id("001R00000064wdt", "801")


@given(BASES)
def test_the_18_character_form_is_a_fixed_point_that_keeps_the_first_15(base: str) -> None:
    long = to_18(base)
    assert long.startswith(base)
    assert to_18(long) == long


@given(BASES)
def test_every_id_survives_losing_its_case(base: str) -> None:
    long = to_18(base)
    assert to_18(long.lower()) == long
    assert to_18(long.upper()) == long


@given(st.text(max_size=20))
def test_any_text_is_an_id_or_a_value_error(text: str) -> None:
    assert not is_record_id(text) or to_18(to_18(text)) == to_18(text)
