"""An order is ours when it carries exactly our id, and only then."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.whmcs.marker import Marker, marked_ids
from clients.whmcs.values import WhmcsOrder

ORDER_ID = "8014x000000ABCDXYZ"
NOTES = Marker.parse("notes")


def noted(notes: str) -> WhmcsOrder:
    return WhmcsOrder(id=1, client_id=2, status="Pending", notes=notes)


def test_the_text_is_the_contracts() -> None:
    assert NOTES.text_for(ORDER_ID) == "sfOrderId=8014x000000ABCDXYZ"


@pytest.mark.parametrize("bad", ["", "8014x000000ABCD", ORDER_ID + "A", "8014x000000ABCD XY", "8014x000000ABCDXYé"])
def test_a_marker_is_made_of_full_ids_only(bad: str) -> None:
    with pytest.raises(ValueError, match="18-character"):
        NOTES.text_for(bad)


@pytest.mark.parametrize(
    "notes",
    [
        f"sfOrderId={ORDER_ID}",
        f"paid by phone\r\nsfOrderId={ORDER_ID}\r\ncall back",
        f"sfOrderId={ORDER_ID}<br />\n",
        f"&quot;sfOrderId={ORDER_ID}&quot;",
        f"sfOrderId&#61;{ORDER_ID}",
        f"sfOrderId&amp;#61;{ORDER_ID}",
        f"sfOrderId=801000000000000AAA, sfOrderId={ORDER_ID}.",
        f"[sfOrderId={ORDER_ID}]",
    ],
)
def test_the_marker_is_found_among_other_text(notes: str) -> None:
    assert NOTES.carried_by(noted(notes), ORDER_ID)


@pytest.mark.parametrize(
    "notes",
    [
        "",
        ORDER_ID,
        f"sfOrderId={ORDER_ID}1",
        f"sfOrderId={ORDER_ID}_2",
        f"sfOrderId={ORDER_ID[:-1]}",
        f"sfOrderId={ORDER_ID.lower()}",
        f"sfOrderId={ORDER_ID.swapcase()}",
        f"oldsfOrderId={ORDER_ID}",
        f"x_sfOrderId={ORDER_ID}",
        f"sforderid={ORDER_ID}",
        f"sfOrderId: {ORDER_ID}",
        f"sfOrderId={ORDER_ID[:9]}\n{ORDER_ID[9:]}",
        f"sfOrderId=8014x000000ABCDXYY {ORDER_ID}",
    ],
)
def test_another_id_is_not_ours(notes: str) -> None:
    assert not NOTES.carried_by(noted(notes), ORDER_ID)


def test_a_marker_in_the_custom_field_counts_whatever_the_setting_says_now() -> None:
    order = WhmcsOrder(id=1, client_id=2, status="Active", marker_values=("", f"sfOrderId={ORDER_ID}"))
    assert NOTES.carried_by(order, ORDER_ID)
    assert Marker.parse("customfield:SF").carried_by(noted(f"sfOrderId={ORDER_ID}"), ORDER_ID)


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ("notes", None),
        (" Notes ", None),
        ("customfield:SF Order", "SF Order"),
        ("CustomField: SF Order ", "SF Order"),
        ("customfield:SF Order|Shown to clients", "SF Order"),
    ],
)
def test_the_setting_names_the_place(setting: str, field: str | None) -> None:
    assert Marker.parse(setting).field == field


@pytest.mark.parametrize("setting", ["", "note", "customfield:", "customfield: ", "customfield", "domain", "a:SF"])
def test_a_setting_that_names_no_place_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="ORDER_MARKER"):
        Marker.parse(setting)


IDS = st.text("ABCXYZabcxyz0189", min_size=18, max_size=18)


@given(st.text(max_size=30), IDS, st.text(max_size=30), st.integers(0, 2))
def test_an_escaped_marker_between_any_separated_texts_is_found(before: str, key: str, after: str, times: int) -> None:
    notes = f"{before} {NOTES.text_for(key)} {after}"
    for _ in range(times):
        notes = html.escape(notes)
    assert key in marked_ids(notes)


@given(IDS, IDS)
def test_two_different_ids_never_match(ours: str, theirs: str) -> None:
    assert NOTES.carried_by(noted(NOTES.text_for(theirs)), ours) == (ours == theirs)
