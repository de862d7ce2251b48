"""Config options arrive as they were meant, or are refused; nothing in between."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rules.config_options import OptionsRefusedError, parse
from clients.whmcs.encoding import serialize


@pytest.mark.parametrize("text", [None, "", "  ", "\u00a0\n", "{}", " { } ", "[]", "[ ]"])
def test_nothing_is_no_options(text: str | None) -> None:
    assert parse(text) == {}


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ('{"4": 12}', {4: 12}),
        ('{"4": 12, "7": 5, "9": "1"}', {4: 12, 7: 5, 9: "1"}),
        ('\n{ "4" :\t12 }\n', {4: 12}),
        ('{"1": "Google", "3": "東京 Café"}', {1: "Google", 3: "東京 Café"}),
        ('{"1": "\\ud83d\\ude00"}', {1: "😀"}),
        ('{"1": true, "2": false}', {1: 1, 2: 0}),
        ('{"1": 5.0, "2": 1e3, "3": -0.0}', {1: 5, 2: 1000, 3: 0}),
        ('{"1": 0, "2": -3, "3": ""}', {1: 0, 2: -3, 3: ""}),
        ('{"1": 900719925474099301.0}', {1: 900719925474099301}),
    ],
)
def test_numbers_texts_and_switches_are_taken(text: str, options: dict[int, int | str]) -> None:
    found = parse(text)
    assert found == options
    assert [type(value) for value in found.values()] == [type(value) for value in options.values()]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no valid JSON"),
        ("4=12", "no valid JSON"),
        ("{'4': 12}", "no valid JSON"),
        ('{"4": 12,}', "no valid JSON"),
        ('\ufeff{"4": 12}', "no valid JSON"),
        ("[" * 200_000, "no valid JSON"),
        ('{"1":' * 200_000, "no valid JSON"),
        ('{"1": ' + "9" * 5000 + "}", "no valid JSON"),
        ('{"1": 1e99999999999999999999}', "no valid JSON"),
        ("null", "no JSON object"),
        ("4", "no JSON object"),
        ('"4"', "no JSON object"),
        ("[12]", "no JSON object"),
        ('{"": 1}', 'has the key ""'),
        ('{"0": 1}', 'has the key "0"'),
        ('{"-4": 1}', 'has the key "-4"'),
        ('{"04": 1}', 'has the key "04"'),
        ('{"4.0": 1}', 'has the key "4.0"'),
        ('{"\u0664": 1}', "has the key"),
        ('{"CPU": 1}', 'has the key "CPU"'),
        ('{"1234567890123456789": 1}', "has the key"),
        ('{"\\ud800": 1}', 'has the key ""'),
        ('{"4": 1, "4": 2}', 'the key "4" twice'),
        ('{"5": 1, "4": {"a": 1, "a": 1}}', 'the key "a" twice'),
        ('{"4": null}', 'unusable value for "4"'),
        ('{"4": [1]}', 'unusable value for "4"'),
        ('{"4": {"optionid": 31, "qty": 5}}', 'unusable value for "4"'),
        ('{"4": 1.5}', 'unusable value for "4"'),
        ('{"4": 1e400}', 'unusable value for "4"'),
        ('{"4": 1e999999999}', 'unusable value for "4"'),
        ('{"4": 9223372036854775808}', 'unusable value for "4"'),
        ('{"4": "\\ud800"}', 'unusable value for "4"'),
        ('{"4": NaN}', "the value NaN"),
        ('{"4": Infinity}', "the value Infinity"),
        ('{"4": -Infinity}', "the value -Infinity"),
    ],
)
def test_whatever_whmcs_would_misread_is_refused(text: str, why: str) -> None:
    with pytest.raises(OptionsRefusedError) as refused:
        parse(text)
    assert why in str(refused.value)


def test_a_refusal_names_keys_but_never_values() -> None:
    with pytest.raises(OptionsRefusedError) as refused:
        parse('{"4": ["top-secret"]}')
    assert "top-secret" not in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(deadline=None)
@given(st.text() | JSON.map(json.dumps) | st.dictionaries(st.integers(1, 10**18 - 1).map(str), JSON).map(json.dumps))
def test_any_text_is_options_that_php_can_hold_or_a_refusal(text: str) -> None:
    try:
        options = parse(text)
    except OptionsRefusedError:
        return
    assert all(key > 0 for key in options)
    assert serialize(options)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.integers(1, 10**18 - 1), st.integers(-(10**18) + 1, 10**18 - 1) | st.text(st.characters(codec="utf-8"))
    )
)
def test_options_written_as_json_come_back_unchanged(options: dict[int, int | str]) -> None:
    assert parse(json.dumps(options)) == options
