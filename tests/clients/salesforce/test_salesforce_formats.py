"""Times and texts as Salesforce's fields take them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.salesforce.formats import cut, timestamp


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(at) == "2026-03-01T10:30:15.123Z"
    assert timestamp(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00.000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        timestamp(datetime(2026, 3, 1))  # noqa: DTZ001 - the trap itself


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert cut("x" * 255, 255) == "x" * 255


def test_a_long_text_is_cut_at_a_word() -> None:
    assert cut("one two three four", 13) == "one two…"
    assert cut("one two three", 12) == "one two…"


def test_one_long_word_keeps_its_beginning() -> None:
    assert cut("a " + "x" * 300, 255) == "a " + "x" * 252 + "…"
    assert cut("x" * 300, 255) == "x" * 254 + "…"


def test_characters_beyond_the_basic_plane_count_twice() -> None:
    """Salesforce counts as Java does, so 128 emoji do not fit into 255."""
    assert cut("🙂" * 127, 255) == "🙂" * 127
    assert cut("🙂" * 128, 255) == "🙂" * 127 + "…"


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=600), st.integers(2, 300))
def test_no_text_is_longer_than_the_field_by_either_count(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
    assert len(cut(text, limit).encode("utf-16-le", "surrogatepass")) <= 2 * limit
