"""Words fit their field, are printable, and problems are listed whole."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rules.texts import fit, fit_list, letters, printable, quoted
from actors.rules.whole_numbers import positive_id, whole


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_letters_are_what_is_left_without_spelling_habits() -> None:
    assert letters(" Add-\u00a0ON 2 ") == "addon"


def test_line_breaks_and_broken_characters_do_not_reach_a_message() -> None:
    assert printable("  Fibre\r\n\t100\u200b \ud800x ") == "Fibre 100 x"


def test_a_long_quotation_is_cut_inside_its_marks() -> None:
    text = quoted("Fibre " * 20)
    assert text.startswith('"Fibre Fibre')
    assert text.endswith('…"')
    assert len(text) <= 42


def test_a_list_that_fits_is_told_whole() -> None:
    assert fit_list("Wrong: ", ["a", "b", "c"]) == "Wrong: a; b; c"


def test_a_list_that_does_not_fit_ends_at_a_whole_problem_and_a_count() -> None:
    problems = [f"problem number {number:02}" for number in range(30)]
    text = fit_list("Wrong: ", problems)
    kept = text.count("problem number")
    assert text == "Wrong: " + "; ".join(problems[:kept]) + f" … and {30 - kept} more"
    assert len(text) <= 255 < len("Wrong: " + "; ".join(problems[: kept + 1]) + f" … and {29 - kept} more")


def test_a_first_problem_that_is_too_long_alone_is_cut_and_the_others_are_counted() -> None:
    text = fit_list("Wrong: ", ["word " * 80, "b"])
    assert text.endswith("… … and 1 more")
    assert len(text) <= 255


@settings(deadline=None)
@given(st.text(max_size=50), st.lists(st.text(max_size=200), min_size=1, max_size=40))
def test_no_list_is_longer_than_the_field_by_either_way_of_counting(lead: str, problems: list[str]) -> None:
    assert utf16_length(fit_list(lead, problems)) <= 255


def test_a_text_is_cut_to_the_field() -> None:
    assert fit("short") == "short"
    assert utf16_length(fit("😀" * 200)) <= 255


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        (" 42 ", 42),
        ("42.0", 42),
        ("42.00", 42),
        ("\u00a042\n", 42),
        ("0042", 42),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("0", None),
        ("-42", None),
        ("+42", None),
        ("42.5", None),
        ("42.", None),
        ("4 2", None),
        ("4,200", None),
        ("4e2", None),
        ("\u0664\u0662", None),
        ("#42", None),
        ("NaN", None),
        ("", None),
        (None, None),
    ],
)
def test_an_id_kept_as_text_is_a_positive_whole_number(text: str | None, number: int | None) -> None:
    assert positive_id(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.0", 2),
        ("2", 2),
        ("1E+2", 100),
        ("-3", -3),
        ("0.00", 0),
        ("1.5", None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("-Infinity", None),
        ("1E+18", None),
        ("1E+999999", None),
        ("1E-999999", None),
    ],
)
def test_a_number_is_whole_or_none(text: str, number: int | None) -> None:
    assert whole(Decimal(text)) == number
