"""Events: each order once, and what cannot be read is kept, counted and passed."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from clients.ledger.stream_memory import KEPT_PAYLOAD_BYTES, UNDECODABLE_LIMIT, StreamMemory
from pipeline.intake import published_at
from sandbox.salesforce.org import TOPIC
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.subscriber.conftest import Scene

NO_AVRO = b"\xff\xfe\xfd\xfc\xfb\xfa"
PERSON = "Erika Mustermann, Heidestrasse 17"


def memory(scene: Scene) -> StreamMemory:
    return StreamMemory(scene.store, org_id="", topic="", endpoint="")


def kept(scene: Scene) -> list[dict[str, object]]:
    return memory(scene).undecodable()


def test_an_undecodable_event_is_kept_and_counted_and_the_next_one_still_comes(scene: Scene) -> None:
    replay_id = scene.publish_raw(NO_AVRO, event_id="bad-1")
    order_ids = scene.publish_new(1)
    with scene.subscribing():
        scene.all_queued(order_ids)
    [entry] = kept(scene)
    assert (entry["event_id"], entry["replay_id"]) == ("bad-1", replay_id.hex())
    assert memory(scene).counters() == {"events_undecodable": 1, "events_enqueued": 1}
    [told] = scene.told("event.unreadable", log_level="warning")
    assert told["event_id"] == "bad-1"


def test_a_last_event_that_is_undecodable_is_passed_all_the_same(scene: Scene) -> None:
    replay_id = scene.publish_raw(NO_AVRO)
    with scene.subscribing():
        scene.positioned(replay_id)


def test_an_undecodable_event_that_comes_again_is_kept_and_counted_once(scene: Scene) -> None:
    scene.publish_raw(NO_AVRO)
    for _ in range(2):
        position = scene.publish(scene.new_ids(1))[-1]
        with scene.subscribing():
            scene.positioned(position)
        scene.store.delete(*scene.store.keys("provision:position:*"))
    assert len(kept(scene)) == 1
    assert memory(scene).counters()["events_undecodable"] == 1


def test_an_event_that_names_no_order_is_kept_and_the_next_one_still_comes(scene: Scene) -> None:
    malformed = ["801", "801" + "0" * 16, "801000000000001AAB", "80100000000000é", "801000000000001\x00", PERSON]
    scene.publish([None, "", "   ", *malformed])
    order_ids = scene.publish_new(1)
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert [entry["reason"] for entry in kept(scene)] == ["it names no order"] * 3 + [
        f"its order id, of {len(each)} characters, is none" for each in malformed
    ]


def test_every_spelling_of_an_order_id_is_the_same_order(scene: Scene) -> None:
    full, short, spaced, lower = scene.new_ids(4)
    scene.publish([full, short[:15], f" {spaced}\n", lower.lower()])
    with scene.subscribing():
        scene.all_queued([full, short, spaced, lower])


def test_an_event_without_the_field_of_the_order_is_kept(scene: Scene) -> None:
    def publish() -> None:
        scene.bus.add_topic("/event/Other__e", {"Name__c": "Text"})
        payload = scene.bus.topics["/event/Other__e"].schema.encode({"CreatedDate": 1, "CreatedById": "005"})
        scene.bus.publish_raw(TOPIC, scene.bus.topics["/event/Other__e"].schema.schema_id, payload)

    scene.box.call(publish)
    order_ids = scene.publish_new(1)
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert [entry["reason"] for entry in kept(scene)] == ["it names no order"]


def test_no_log_and_no_reason_tells_what_an_unreadable_event_says(scene: Scene) -> None:
    scene.publish([PERSON])
    scene.publish_raw(PERSON.encode(), event_id=f"{PERSON} {'x' * 10_000}")
    order_ids = scene.publish_new(1)
    with scene.subscribing():
        scene.all_queued(order_ids)
    told = json.dumps(scene.logs, default=str) + json.dumps([entry["reason"] for entry in kept(scene)])
    assert len(scene.told("event.unreadable")) == 2
    assert "Mustermann" not in told
    assert len(told) < 5000


def test_a_flood_of_broken_events_fills_neither_store_nor_memory_and_the_next_order_comes(scene: Scene) -> None:
    scene.limits = {"backlog_bytes": 100_000}
    flood = UNDECODABLE_LIMIT + 100
    for _ in range(flood):
        scene.publish_raw(b"\xff" * 20_000)
    order_ids = scene.publish_new(1)
    with scene.subscribing():
        scene.all_queued(order_ids)
    entries = kept(scene)
    assert len(entries) == UNDECODABLE_LIMIT
    assert memory(scene).counters() == {"events_undecodable": flood, "events_enqueued": 1}
    assert all(entry["payload_bytes"] == 20_000 for entry in entries)
    assert max(len(str(entry["payload"])) for entry in entries) < KEPT_PAYLOAD_BYTES * 1.4


def test_an_event_that_is_delivered_twice_enqueues_once(scene: Scene) -> None:
    scene.fault("pubsub.Subscribe", "duplicate_event", times=5)
    order_ids = []
    with scene.subscribing():
        for _ in range(5):
            order_ids += scene.publish_new(3)
            scene.all_queued(order_ids)
        eventually(lambda: scene.bus.delivered > len(order_ids), what="events came twice")
        scene.soon_told("event.received", admission="duplicate_event")
    scene.all_queued(order_ids)


def test_an_order_that_is_already_claimed_is_not_enqueued_again(scene: Scene) -> None:
    [order_id] = scene.new_ids(1)
    scene.stack.request(order_id)
    position = scene.publish([order_id, order_id])[-1]
    with scene.subscribing():
        scene.positioned(position)
    assert scene.queued() == [order_id]
    assert len(scene.told("event.received", admission="already_claimed")) == 2


def test_a_replay_of_the_whole_stream_doubles_nothing(scene: Scene) -> None:
    order_ids = scene.publish_new(60)
    for _ in range(2):
        with scene.subscribing():
            [last] = scene.publish(scene.new_ids(1))
            scene.positioned(last)
        scene.store.delete(*scene.store.keys("provision:position:*"))
    assert len(scene.queued()) == len(set(scene.queued())) == 62
    assert scene.queued()[:60] == order_ids


def test_of_two_subscribers_one_leads_and_the_other_takes_over_when_it_leaves(scene: Scene) -> None:
    """At a deploy the old and the new one overlap for seconds; each copy of an event would cost an allowance."""
    with ExitStack() as first:
        first.enter_context(scene.subscribing())
        order_ids = scene.publish_new(30)
        scene.all_queued(order_ids)
        with scene.subscribing():
            scene.soon_told("subscriber.stands_by")
            assert len(scene.bus.streams) == 1
            first.close()
            order_ids += scene.publish_new(30)
            scene.all_queued(order_ids)


def test_a_subscriber_that_lost_its_lease_stores_nothing_more(scene: Scene) -> None:
    with scene.subscribing():
        known = scene.publish_new(1)
        scene.all_queued(known)
        [lease_key] = scene.store.keys("provision:lease:*")
        scene.store.set(lease_key, "somebody else", px=1500)
        order_ids = scene.publish_new(5)
        scene.soon_told("subscriber.lease_lost")
        assert scene.queued() == known
        scene.all_queued(known + order_ids)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_764_000_000_000, datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),
        (1_764_000_000, datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),  # several publishers' mistake
        (4_000_000_000_000, None),  # what is published in the future proves nothing
        (1_764_000_000_000_000, None),  # microseconds: a year that no calendar has
        (2**63 - 1, None),
        (None, None),
        ("2025", None),
        (0, None),
    ],
)
def test_when_an_event_was_published_is_read_with_care(value: object, expected: datetime | None) -> None:
    assert published_at(value, now=datetime(2026, 11, 25, tzinfo=UTC)) == expected


def test_a_burst_of_events_of_a_new_schema_fetches_it_once_for_all_streams(scene: Scene) -> None:
    order_ids = scene.publish_new(150)
    with scene.subscribing():
        scene.all_queued(order_ids)
        scene.break_stream()
        order_ids += scene.publish_new(20)
        scene.all_queued(order_ids)
    assert scene.box.calls.counts()["pubsub.GetSchema"] == 1


def test_each_event_is_read_with_its_own_schema(scene: Scene) -> None:
    order_ids = scene.publish_new(2)
    scene.box.call(lambda: scene.bus.evolve_schema(TOPIC, "Reason__c"))
    order_ids += scene.publish_new(2)
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert scene.box.calls.counts()["pubsub.GetSchema"] == 2


@pytest.mark.parametrize("kind", ["late_schema", "unavailable", "auth_error"])
def test_a_schema_that_cannot_be_had_yet_drops_no_event(scene: Scene, kind: str) -> None:
    scene.fault("pubsub.GetSchema", kind, times=3)
    order_ids = scene.publish_new(5)
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert scene.queued() == order_ids
    assert not kept(scene)


def test_an_event_whose_schema_nobody_knows_is_kept_and_the_next_one_still_comes(scene: Scene) -> None:
    scene.publish_raw(b"whatever", schema_id="nobodyKnowsThisSchema0")
    scene.publish_raw(b"whatever", schema_id="")
    order_ids = scene.publish_new(1)
    with scene.subscribing():
        scene.all_queued(order_ids)
    assert [entry["reason"] for entry in kept(scene)] == [
        "Salesforce does not know its schema",
        "the event names no schema",
    ]
