"""Positions: opaque, retained for 72 hours, and events that keep their own schema."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.org import TOPIC

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Box

_CORRUPTED = ("INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted")


def fetch(preset: Any, replay_id: bytes = b"") -> pb.FetchRequest:
    return pb.FetchRequest(topic_name=TOPIC, replay_preset=preset, replay_id=replay_id, num_requested=100)


def test_replay_ids_are_ten_bytes_ascending_with_gaps(box: Box) -> None:
    ids = box.publish(*(f"801{number}" for number in range(50)))
    assert {len(each) for each in ids} == {10}
    assert {each[8:] for each in ids} == {b"\x00\x00"}
    counters = [int.from_bytes(each[:8]) for each in ids]
    assert counters == sorted(counters)
    assert len({later - earlier for earlier, later in pairwise(counters)}) > 10


def test_custom_means_strictly_after(box: Box) -> None:
    first, second, third = box.publish("801a", "801b", "801c")
    found = box.feed(request=fetch(pb.CUSTOM, first)).events(2)
    assert [event.replay_id for event in found] == [second, third]
    feed = box.feed(request=fetch(pb.CUSTOM, third))
    [fourth] = box.publish("801d")
    assert feed.events(1)[0].replay_id == fourth


def test_the_same_events_come_again_with_the_same_ids(box: Box) -> None:
    box.publish("801a", "801b")
    first = box.feed(request=fetch(pb.EARLIEST)).events(2)
    again = box.feed(request=fetch(pb.EARLIEST)).events(2)
    assert first == again
    assert first[0].event.id != first[1].event.id


def test_a_position_that_was_computed_cut_or_invented_is_refused(box: Box) -> None:
    [good] = box.publish("801a")
    computed = (int.from_bytes(good[:8]) + 1).to_bytes(8) + good[8:]
    for wrong in (computed, good[:8], good + b"\x00", b"nonsense!!", b"\xff" * 10):
        assert box.feed(request=fetch(pb.CUSTOM, wrong)).error() == _CORRUPTED


def test_custom_without_a_position_is_refused(box: Box) -> None:
    expected = ("INVALID_ARGUMENT", "subscription.fetch.replayid.validation.failed")
    assert box.feed(request=fetch(pb.CUSTOM)).error() == expected


def test_after_72_hours_events_and_positions_are_gone(box: Box) -> None:
    [old] = box.publish("801old")
    box.clock.pass_by(timedelta(hours=71))
    [young] = box.publish("801young")
    assert len(box.feed(request=fetch(pb.EARLIEST)).events(2)) == 2
    box.clock.pass_by(timedelta(hours=2))
    box.token = box.log_in().json()["access_token"]
    assert [event.replay_id for event in box.feed(request=fetch(pb.EARLIEST)).events(1)] == [young]
    assert box.feed(request=fetch(pb.CUSTOM, old)).error() == _CORRUPTED


def test_a_test_may_let_everything_expire(box: Box) -> None:
    [old] = box.publish("801a")
    box.clock.pass_by(timedelta(seconds=1))
    box.run(lambda: box.org.bus.expire(timedelta(0)))
    assert box.feed(request=fetch(pb.CUSTOM, old)).error() == _CORRUPTED


def test_a_schema_has_the_shape_and_the_id_that_salesforce_gives_it(box: Box) -> None:
    topic = box.stub.GetTopic(pb.TopicRequest(topic_name=TOPIC), metadata=box.metadata)
    assert (topic.topic_name, topic.can_publish, topic.can_subscribe) == (TOPIC, True, True)
    assert len(base64.urlsafe_b64decode(topic.schema_id + "==")) == 16
    assert len(topic.schema_id) == 22
    info = box.stub.GetSchema(pb.SchemaRequest(schema_id=topic.schema_id), metadata=box.metadata)
    schema = json.loads(info.schema_json)
    assert (schema["type"], schema["name"]) == ("record", "OrderProvisionRequested__e")
    assert schema["namespace"] == "com.sforce.eventbus"
    assert [(field["name"], field["type"]) for field in schema["fields"]] == [
        ("CreatedDate", "long"),
        ("CreatedById", "string"),
        ("OrderId__c", ["null", "string"]),
        ("IdemKey__c", ["null", "string"]),
    ]
    assert schema["fields"][0]["doc"] == "CreatedDate:DateTime"
    assert schema["fields"][2]["doc"].startswith("Data:Text:00N")
    assert schema["fields"][2]["default"] is None


def test_a_new_field_makes_a_new_schema_and_retained_events_keep_theirs(box: Box) -> None:
    box.publish("801a")
    old = box.org.bus.topics[TOPIC].schema.schema_id
    new = box.run(lambda: box.org.bus.evolve_schema(TOPIC, "Reason__c"))
    box.run(lambda: box.org.bus.publish(TOPIC, {"OrderId__c": "801b", "Reason__c": "why"}))
    assert [event.event.schema_id for event in box.feed(request=fetch(pb.EARLIEST)).events(2)] == [old, new]
    assert old != new
    assert box.stub.GetTopic(pb.TopicRequest(topic_name=TOPIC), metadata=box.metadata).schema_id == new
    for schema_id in (old, new):
        info = box.stub.GetSchema(pb.SchemaRequest(schema_id=schema_id), metadata=box.metadata)
        assert info.schema_id == schema_id
        assert ("Reason__c" in info.schema_json) is (schema_id == new)


def test_rest_has_the_schema_too(box: Box) -> None:
    schema_id = box.org.bus.topics[TOPIC].schema.schema_id
    by_id = box.ask("GET", f"event/eventSchema/{schema_id}?payloadFormat=COMPACT").json()
    assert (by_id["name"], by_id["uuid"]) == ("OrderProvisionRequested__e", schema_id)
    assert box.ask("GET", "sobjects/OrderProvisionRequested__e/eventSchema").json()["fields"] == by_id["fields"]
    assert box.ask("GET", "event/eventSchema/unknown").status_code == 404


@pytest.mark.parametrize("topic", ["OrderProvisionRequested__e", TOPIC])
def test_a_field_that_the_event_does_not_have_is_a_mistake_of_the_test(box: Box, topic: str) -> None:
    with pytest.raises(KeyError, match="Nope__c"):
        box.org.bus.publish(topic, {"Nope__c": "x"})
