"""Troubles: an outage is begun once and ended once, and its time counts once; pauses hold a queue."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from clients.ledger import keys, queues
from clients.ledger.troubles import Troubles, _covered
from tests.support.set_clock import SetClock

BOTH = ("WHMCS", "Salesforce")
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def troubles(store: redis.Redis, clock: SetClock) -> Troubles:
    return Troubles(store, clock)


def _outage(troubles: Troubles, clock: SetClock, system: str, *, minutes: int) -> None:
    troubles.begin_outage(system, told_by="a-stage")
    clock.move(minutes=minutes)
    troubles.end_outage(system)


def test_of_many_that_see_a_system_go_one_begins_the_outage(troubles: Troubles) -> None:
    assert [troubles.begin_outage("WHMCS", told_by=stage) for stage in ("a", "b", "a")] == [True, False, False]


def test_of_many_that_see_it_back_one_ends_the_outage_and_learns_how_long_it_was(
    troubles: Troubles, clock: SetClock
) -> None:
    troubles.begin_outage("WHMCS", told_by="a")
    clock.move(minutes=3)
    assert [troubles.end_outage("WHMCS"), troubles.end_outage("WHMCS")] == [3 * MINUTE, None]


def test_an_outage_is_known_by_the_stage_that_told_of_it(troubles: Troubles) -> None:
    troubles.begin_outage("WHMCS", told_by="a")
    troubles.begin_outage("Salesforce", told_by="b")
    assert troubles.outages_told_by("a", BOTH) == ["WHMCS"]
    assert troubles.outages_told_by("c", BOTH) == []
    troubles.end_outage("WHMCS")
    assert troubles.outages_told_by("a", BOTH) == []


def test_without_any_outage_no_time_was_lost(troubles: Troubles) -> None:
    assert troubles.outage_since(START, BOTH) == timedelta()


def test_an_outage_that_is_over_counts_from_the_moment_that_is_asked_for(troubles: Troubles, clock: SetClock) -> None:
    _outage(troubles, clock, "WHMCS", minutes=10)
    clock.move(minutes=5)
    assert troubles.outage_since(START - MINUTE, BOTH) == 10 * MINUTE
    assert troubles.outage_since(START + 4 * MINUTE, BOTH) == 6 * MINUTE
    assert troubles.outage_since(START + 11 * MINUTE, BOTH) == timedelta()


def test_an_outage_that_goes_on_counts_up_to_now(troubles: Troubles, clock: SetClock) -> None:
    troubles.begin_outage("WHMCS", told_by="a")
    clock.move(minutes=4)
    assert troubles.outage_since(START + MINUTE, BOTH) == 3 * MINUTE


def test_two_outages_at_once_count_once(troubles: Troubles, clock: SetClock) -> None:
    troubles.begin_outage("Salesforce", told_by="a")
    clock.move(minutes=1)
    _outage(troubles, clock, "WHMCS", minutes=2)
    clock.move(minutes=1)
    troubles.end_outage("Salesforce")
    assert troubles.outage_since(START, BOTH) == 4 * MINUTE


def test_only_the_systems_that_are_asked_for_count(troubles: Troubles, clock: SetClock) -> None:
    _outage(troubles, clock, "WHMCS", minutes=2)
    _outage(troubles, clock, "Salesforce", minutes=1)
    assert troubles.outage_since(START, ("Salesforce",)) == MINUTE


def test_the_list_of_past_outages_is_bounded_and_keeps_the_last(
    troubles: Troubles, clock: SetClock, store: redis.Redis
) -> None:
    for _ in range(205):
        _outage(troubles, clock, "WHMCS", minutes=1)
    assert store.llen(keys.OUTAGES) == 200
    assert troubles.outage_since(START, BOTH) == 200 * MINUTE


spans = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda ends: (min(ends), max(ends)))


@given(st.lists(spans, max_size=8), st.integers(0, 40))
def test_covered_time_is_what_counting_minute_by_minute_finds(found: list[tuple[int, int]], since: int) -> None:
    counted = len({minute for began, ended in found for minute in range(max(began, since), ended)})
    moments = [(START + began * MINUTE, START + ended * MINUTE) for began, ended in found]
    assert _covered(moments, START + since * MINUTE) == counted * MINUTE


def test_a_paused_queue_says_why_and_until_when(troubles: Troubles, store: redis.Redis) -> None:
    assert troubles.paused("a") is None
    assert troubles.pause("a", reason="It is away.", for_s=60)
    assert troubles.paused("a") == {"reason": "It is away.", "until": (START + MINUTE).isoformat()}
    assert 0 < store.pttl(keys.pause("a")) <= 60_000


def test_a_pause_is_made_longer_and_never_shorter(troubles: Troubles, store: redis.Redis) -> None:
    troubles.pause("a", reason="It is away.", for_s=60)
    assert not troubles.pause("a", reason="The access is wrong.", for_s=120)
    assert not troubles.pause("a", reason="It is away.", for_s=5)
    held = troubles.paused("a")
    assert held == {"reason": "The access is wrong.", "until": (START + 2 * MINUTE).isoformat()}
    assert store.pttl(keys.pause("a")) > 60_000


def test_a_resumed_queue_goes_on_and_who_waits_for_it_is_woken(troubles: Troubles, store: redis.Redis) -> None:
    troubles.pause("a", reason="It is away.", for_s=60)
    with store.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(queues.waiting("a"))
        listener.get_message(timeout=1)
        assert troubles.resume("a")
        assert listener.get_message(timeout=5) is not None
    assert troubles.paused("a") is None
    assert not troubles.resume("a")
