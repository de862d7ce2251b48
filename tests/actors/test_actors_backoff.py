"""Backoff: waits double up to a longest one, spread over their upper half, and respect what the other side asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.backoff import backoff_s

SHORTEST_S, LONGEST_S = 2.0, 600.0


def _wait_s(attempt: int, asked_for_s: float | None = None) -> float:
    return backoff_s(attempt, shortest_s=SHORTEST_S, longest_s=LONGEST_S, asked_for_s=asked_for_s)


@pytest.mark.parametrize(
    ("attempt", "ceiling_s"), [(1, 2), (2, 4), (3, 8), (9, 512), (10, 600), (31, 600), (10_000, 600)]
)
def test_waits_lie_in_the_upper_half_below_a_ceiling_that_doubles(attempt: int, ceiling_s: float) -> None:
    waits = [_wait_s(attempt) for _ in range(200)]
    assert min(waits) >= ceiling_s / 2
    assert max(waits) <= ceiling_s


def test_orders_that_failed_together_do_not_come_back_together() -> None:
    assert len({round(_wait_s(5), 2) for _ in range(50)}) > 25


@pytest.mark.parametrize("asked_for_s", [None, 0.0])
def test_who_asks_for_no_wait_changes_nothing(asked_for_s: float | None) -> None:
    assert _wait_s(1, asked_for_s) <= SHORTEST_S


def test_a_longer_wait_that_the_other_side_asks_for_is_kept() -> None:
    assert _wait_s(1, 90.0) == 90.0


def test_a_silly_wait_is_cut() -> None:
    assert _wait_s(1, 365 * 24 * 3600.0) == 12 * LONGEST_S


@given(st.integers(1, 10**6), st.floats(0, 10**9))
def test_a_wait_is_never_below_half_the_shortest_and_never_beyond_the_cut(attempt: int, asked_for_s: float) -> None:
    assert SHORTEST_S / 2 <= _wait_s(attempt, asked_for_s) <= 12 * LONGEST_S
