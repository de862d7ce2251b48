"""A paged list is read whole, or the reader is told that it was not."""

from collections.abc import Callable, Mapping

import pytest

from clients.errors import Retryable
from clients.whmcs.fields import MalformedError, required_id
from clients.whmcs.paging import PAGE_ROWS, Page, all_rows, read_page

Fetch = Callable[[int], Page[int]]


def pages_of(ids: list[int], *, size: int = PAGE_ROWS, total: int | None = None) -> Fetch:
    claimed = len(ids) if total is None else total
    return lambda offset: Page(tuple(ids[offset : offset + size]), claimed)


def itself(row: int) -> int:
    return row


def recorded(fetch: Fetch) -> tuple[Fetch, list[int]]:
    offsets: list[int] = []

    def fetch_and_record(offset: int) -> Page[int]:
        offsets.append(offset)
        return fetch(offset)

    return fetch_and_record, offsets


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 450])
def test_every_page_is_read_once_and_none_after_the_last(count: int) -> None:
    fetch, offsets = recorded(pages_of(list(range(1, count + 1))))
    assert all_rows(fetch, itself) == list(range(1, count + 1))
    assert offsets == list(range(0, max(count, 1), PAGE_ROWS))


def test_a_server_that_gives_fewer_rows_than_asked_is_followed_at_its_pace() -> None:
    fetch, offsets = recorded(pages_of(list(range(1, 61)), size=25))
    assert all_rows(fetch, itself) == list(range(1, 61))
    assert offsets == [0, 25, 50]


def test_without_a_total_reading_ends_with_the_first_empty_page() -> None:
    ids = list(range(1, 251))
    fetch, offsets = recorded(lambda offset: Page(tuple(ids[offset : offset + 100]), None))
    assert all_rows(fetch, itself) == ids
    assert offsets == [0, 100, 200, 250]


def test_a_row_repeated_by_an_arriving_order_is_kept_once_and_the_arrival_is_found_by_reading_again() -> None:
    """Newest first: an order that arrives after page one pushes row 100 onto page two and is itself not seen."""
    ids = list(range(450, 0, -1))

    def fetch(offset: int) -> Page[int]:
        if offset == 200 and ids[0] == 450:
            ids.insert(0, 451)
        return pages_of(ids)(offset)

    assert sorted(all_rows(fetch, itself)) == list(range(1, 452))


def test_a_row_skipped_by_a_deletion_is_found_by_reading_again() -> None:
    ids = list(range(1, 451))

    def fetch(offset: int) -> Page[int]:
        if offset == 100 and 7 in ids:
            ids.remove(7)
        return pages_of(ids)(offset)

    assert sorted(all_rows(fetch, itself)) == [number for number in range(1, 451) if number != 7]


def test_a_list_that_will_not_hold_still_proves_nothing() -> None:
    ids = list(range(1, 251))

    def fetch(offset: int) -> Page[int]:
        if offset:
            ids.insert(0, len(ids) + 1)
        return pages_of(ids)(offset)

    with pytest.raises(Retryable, match="changed while it was read"):
        all_rows(fetch, itself)


def test_a_total_that_counts_too_much_each_time_is_a_miscount_and_no_change() -> None:
    fetch, offsets = recorded(pages_of(list(range(1, 151)), total=151))
    assert all_rows(fetch, itself) == list(range(1, 151))
    assert offsets == [0, 100, 150] * 2


def test_the_same_rows_under_another_total_are_a_change_that_was_not_seen() -> None:
    totals = iter([151, 151, 151, 152, 152, 152])
    ids = list(range(1, 151))

    def fetch(offset: int) -> Page[int]:
        return pages_of(ids, total=next(totals))(offset)

    with pytest.raises(Retryable, match="changed while it was read"):
        all_rows(fetch, itself)


def test_a_server_that_ignores_the_offset_does_not_hold_us_for_ever() -> None:
    fetch, offsets = recorded(lambda _: Page(tuple(range(1, 101)), 10_000))
    assert len(all_rows(fetch, itself)) == 100
    assert len(offsets) == 4


def parse(row: Mapping[str, object]) -> int:
    return required_id(row, "id")


@pytest.mark.parametrize(
    "answer",
    [
        {"totalresults": "3", "numreturned": "3", "orders": ""},
        {"totalresults": 3, "orders": {"order": []}},
        {"totalresults": 2, "numreturned": 2, "orders": {"order": [{"id": 1}]}},
        {"totalresults": 1, "numreturned": 1, "orders": {"order": [{"id": ""}]}},
    ],
)
def test_rows_that_were_announced_and_did_not_come_are_no_empty_list(answer: Mapping[str, object]) -> None:
    with pytest.raises(MalformedError):
        read_page(answer, "orders", "order", parse, offset=0)


@pytest.mark.parametrize(
    ("answer", "offset", "page"),
    [
        ({"totalresults": "0", "numreturned": "0", "orders": []}, 0, Page[int]((), 0)),
        ({"totalresults": "101", "numreturned": 0, "orders": ""}, 100, Page[int]((), 101)),
        ({"orders": {"order": {"id": "5"}}}, 0, Page((5,), None)),
        ({"totalresults": "2", "numreturned": "2", "orders": {"order": {"3": {"id": 1}, "9": {"id": 2}}}}, 0, None),
    ],
)
def test_a_page_is_read_in_every_shape(answer: Mapping[str, object], offset: int, page: Page[int] | None) -> None:
    assert read_page(answer, "orders", "order", parse, offset=offset) == (page or Page((1, 2), 2))
