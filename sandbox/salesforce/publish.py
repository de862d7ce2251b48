"""Publish: each event has its own result, and nobody looks at its bytes.

Source: Salesforce fact sheet 2.6, 2.7.
"""

import grpc

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.bus import Topic
from sandbox.salesforce.org import Org
from sandbox.salesforce.rpc_errors import RpcRefused, invalid, new_rpc_id

_LARGEST_EVENT_BYTES = 1024 * 1024


def publish(org: Org, request: pb.PublishRequest, *, is_over_limit: bool = False) -> pb.PublishResponse:
    """Put events on a topic; raise RpcRefused if the request as a whole is wrong."""
    if not request.topic_name:
        raise invalid("publish.topic.validation.empty", "The topic name is blank.")
    topic = org.bus.topics.get(request.topic_name)
    if topic is None:
        text = f"The topic {request.topic_name} was not found."
        raise RpcRefused(grpc.StatusCode.NOT_FOUND, "topic.not.found", text)
    if not request.events:
        raise invalid("publish.event.count.invalid", "The request has no events.")
    results = [_publish_one(org, topic, event, is_over_limit=is_over_limit) for event in request.events]
    return pb.PublishResponse(results=results, schema_id=topic.schema.schema_id, rpc_id=new_rpc_id())


def _publish_one(org: Org, topic: Topic, event: pb.ProducerEvent, *, is_over_limit: bool) -> pb.PublishResult:
    problem = _problem(org, topic, event, is_over_limit=is_over_limit)
    if problem:
        return pb.PublishResult(correlation_key=event.id, error=pb.Error(code=pb.PUBLISH, msg=problem))
    stored = org.bus.publish_raw(topic.name, event.schema_id, event.payload, event_id=event.id)
    return pb.PublishResult(replay_id=stored.replay_id, correlation_key=event.id)


def _problem(org: Org, topic: Topic, event: pb.ProducerEvent, *, is_over_limit: bool) -> str:
    if is_over_limit:
        return "LIMIT_EXCEEDED: the hourly allocation of published events is used up."
    if not topic.can_publish:
        return f"INSUFFICIENT_ACCESS: you cannot publish to {topic.name}."
    if event.schema_id not in org.bus.schemas:
        return f"Unknown schema ID {event.schema_id!r}."
    return "The event is larger than 1 MB." if len(event.payload) > _LARGEST_EVENT_BYTES else ""
