"""Publish, and the schema and topic look-ups."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.org import TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.salesforce.conftest import Box


def failure(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    error: Any = raised.value
    trailers = dict(error.trailing_metadata())
    return error.code().name, trailers["error-code"].removeprefix("sfdc.platform.eventbus.grpc.")


def event(box: Box, payload: bytes = b"\x00", **fields: Any) -> pb.ProducerEvent:
    schema_id = box.org.bus.topics[TOPIC].schema.schema_id
    return pb.ProducerEvent(**({"id": str(uuid.uuid4()), "schema_id": schema_id, "payload": payload} | fields))


def publish(box: Box, *events: pb.ProducerEvent, topic: str = TOPIC) -> pb.PublishResponse:
    response = box.stub.Publish(pb.PublishRequest(topic_name=topic, events=events), metadata=box.metadata)
    assert isinstance(response, pb.PublishResponse)
    return response


def test_each_event_has_its_result_and_nobody_looks_at_its_bytes(box: Box) -> None:
    malformed, unknown = event(box, b"\xff\xff nonsense"), event(box, schema_id="unknown")
    response = publish(box, malformed, unknown)
    good, bad = response.results
    assert (good.correlation_key, len(good.replay_id), good.HasField("error")) == (malformed.id, 10, False)
    assert (bad.correlation_key, bad.error.code, bad.replay_id) == (unknown.id, pb.PUBLISH, b"")
    assert response.schema_id == malformed.schema_id
    first = pb.FetchRequest(topic_name=TOPIC, replay_preset=pb.EARLIEST, num_requested=5)
    [found] = box.feed(request=first).events(1)
    assert (found.event.id, found.event.payload, found.replay_id) == (malformed.id, malformed.payload, good.replay_id)


def test_an_event_beyond_a_megabyte_is_refused_by_itself(box: Box) -> None:
    [large] = publish(box, event(box, b"x" * (1024 * 1024 + 1))).results
    assert large.error.code == pb.PUBLISH


def test_a_wrong_request_is_refused_as_a_whole(box: Box) -> None:
    assert failure(lambda: publish(box)) == ("INVALID_ARGUMENT", "publish.event.count.invalid")
    assert failure(lambda: publish(box, event(box), topic="")) == ("INVALID_ARGUMENT", "publish.topic.validation.empty")
    assert failure(lambda: publish(box, event(box), topic="/event/Nope__e")) == ("NOT_FOUND", "topic.not.found")


def test_schemas_and_topics_that_are_not_there_are_told(box: Box) -> None:
    def schema(schema_id: str) -> Callable[[], Any]:
        return lambda: box.stub.GetSchema(pb.SchemaRequest(schema_id=schema_id), metadata=box.metadata)

    def topic(name: str) -> Callable[[], Any]:
        return lambda: box.stub.GetTopic(pb.TopicRequest(topic_name=name), metadata=box.metadata)

    assert failure(schema("")) == ("INVALID_ARGUMENT", "schema.validation.failed")
    assert failure(schema("unknown")) == ("NOT_FOUND", "schema.validation.failed")
    assert failure(topic("")) == ("INVALID_ARGUMENT", "topic.validation.empty")
    assert failure(topic("/event/Nope__e")) == ("NOT_FOUND", "topic.not.found")


def test_a_stream_of_requests_is_answered_one_by_one(box: Box) -> None:
    requests = [pb.PublishRequest(topic_name=topic, events=[event(box)]) for topic in (TOPIC, "", TOPIC)]
    responses = list(box.stub.PublishStream(iter(requests), metadata=box.metadata))
    assert [len(response.results) for response in responses] == [1, 1, 1]
    assert len(box.org.bus.topics[TOPIC].events) == 3
    mixed = [requests[0], pb.PublishRequest(topic_name="/event/Other__e", events=[event(box)])]
    call = failure(lambda: list(box.stub.PublishStream(iter(mixed), metadata=box.metadata)))
    assert call == ("INVALID_ARGUMENT", "publish.topic.mismatch")


def test_rest_publishes_with_the_ids_that_salesforce_gives(box: Box) -> None:
    path = "sobjects/OrderProvisionRequested__e"
    response = box.ask("POST", path, json={"OrderId__c": "801a"})
    assert response.status_code == 201
    body = response.json()
    assert (body["id"], body["success"], body["errors"][0]["statusCode"]) == (
        *("e01xx0000000001AAA", True, "OPERATION_ENQUEUED"),
    )
    assert box.org.bus.topics[TOPIC].events[0].event_id == body["errors"][0]["message"]
    assert box.ask("POST", path, json={"Nope__c": "x"}).json()[0]["errorCode"] == "INVALID_FIELD"
    assert box.ask("POST", path, json={"OrderId__c": 5}).json()[0]["errorCode"] == "JSON_PARSER_ERROR"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("unavailable", ("INTERNAL", "service.unavailable")), ("auth_error", ("UNAUTHENTICATED", "service.auth.error"))],
)
def test_a_publisher_meets_faults(box: Box, kind: str, expected: tuple[str, str]) -> None:
    box.fault("pubsub.Publish", kind, times=1)
    assert failure(lambda: publish(box, event(box))) == expected
    assert box.org.bus.topics[TOPIC].events == []


def test_a_spent_allowance_is_told_for_each_event(box: Box) -> None:
    box.fault("pubsub.Publish", "limit_exceeded", times=1)
    assert publish(box, event(box)).results[0].error.msg.startswith("LIMIT_EXCEEDED")
    assert not publish(box, event(box)).results[0].HasField("error")


def test_a_schema_may_come_late(box: Box) -> None:
    box.fault("pubsub.*", "late_schema", times=1)
    request = pb.SchemaRequest(schema_id=box.org.bus.topics[TOPIC].schema.schema_id)
    box.stub.GetTopic(pb.TopicRequest(topic_name=TOPIC), metadata=box.metadata)
    assert failure(lambda: box.stub.GetSchema(request, metadata=box.metadata)) == ("INTERNAL", "schema.api.unavailable")
    assert box.stub.GetSchema(request, metadata=box.metadata).schema_id == request.schema_id
