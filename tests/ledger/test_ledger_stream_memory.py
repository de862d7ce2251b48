"""The stream's memory: a position of its own for each org, topic and bus; broken events kept, but not without bound."""

import pytest
import redis

from clients.ledger.ledger import Ledger
from clients.ledger.stream_memory import UNDECODABLE_LIMIT, StreamMemory


@pytest.fixture
def memory(store: redis.Redis) -> StreamMemory:
    return StreamMemory(store, org_id="org-1", topic="/event/x", endpoint="bus-1")


def _keep(memory: StreamMemory, number: int) -> None:
    memory.keep_undecodable(
        event_id=f"event-{number}", schema_id="schema", replay_id=b"\x00\xff", payload=b"\xfe", reason="It is broken."
    )


def test_there_is_no_position_before_the_first(memory: StreamMemory) -> None:
    assert memory.position() is None


def test_a_position_is_given_back_byte_for_byte(memory: StreamMemory, ledger: Ledger) -> None:
    ledger.admit([], position=(memory.position_key, b"\x00\xff\n"))
    assert memory.position() == b"\x00\xff\n"


@pytest.mark.parametrize("other", [{"org_id": "org-2"}, {"topic": "/event/y"}, {"endpoint": "bus-2"}])
def test_another_org_topic_or_bus_has_another_position(
    memory: StreamMemory, ledger: Ledger, store: redis.Redis, other: dict[str, str]
) -> None:
    ledger.admit([], position=(memory.position_key, b"1"))
    where = {"org_id": "org-1", "topic": "/event/x", "endpoint": "bus-1"} | other
    assert StreamMemory(store, **where).position() is None


def test_a_position_that_salesforce_refuses_is_forgotten(memory: StreamMemory, ledger: Ledger) -> None:
    ledger.admit([], position=(memory.position_key, b"1"))
    memory.forget_position()
    assert memory.position() is None


def test_a_broken_event_is_kept_whole_and_counted(memory: StreamMemory) -> None:
    _keep(memory, 1)
    [entry] = memory.undecodable()
    assert (entry["event_id"], entry["replay_id"], entry["payload"]) == ("event-1", "00ff", "/g==")
    assert memory.counters() == {"events_undecodable": 1}


def test_a_flood_of_broken_events_leaves_the_last_ones(memory: StreamMemory) -> None:
    for number in range(UNDECODABLE_LIMIT + 5):
        _keep(memory, number)
    kept = memory.undecodable()
    assert (len(kept), kept[-1]["event_id"]) == (UNDECODABLE_LIMIT, f"event-{UNDECODABLE_LIMIT + 4}")
    assert memory.counters() == {"events_undecodable": UNDECODABLE_LIMIT + 5}


def test_counters_add_up(memory: StreamMemory) -> None:
    memory.count(events_received=2, events_duplicate=1)
    memory.count(events_received=3)
    assert memory.counters() == {"events_received": 5, "events_duplicate": 1}
