"""Every error of the Pub/Sub API has its action: one test per row of the table, over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from clients.salesforce.events import ReplayPreset
from clients.salesforce.stream_errors import StreamAction, StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clients.salesforce.pubsub import PubSubChannel
    from tests.clients.salesforce.conftest import ScriptedPubSub

TOPIC = "/event/OrderProvisionRequested__e"
TABLE = [
    ("INTERNAL", "service.unavailable", "retry"),
    ("UNAUTHENTICATED", "service.auth.error", "reauthenticate"),
    ("INVALID_ARGUMENT", "service.auth.headers.invalid", "stop-and-alert"),
    ("UNAUTHENTICATED", "service.auth.headers.invalid", "stop-and-alert"),
    ("UNAUTHENTICATED", "service.auth.refresh.invalid", "reauthenticate"),
    ("RESOURCE_EXHAUSTED", "service.protection.triggered", "retry-slower"),
    ("RESOURCE_EXHAUSTED", "service.protection.stream.limit.triggered", "retry-slower"),
    ("PERMISSION_DENIED", "service.tenant.license", "stop-and-alert"),
    ("RESOURCE_EXHAUSTED", "concurrent.client.limit.exceeded", "retry-slower"),
    ("NOT_FOUND", "topic.not.found", "stop-and-alert"),
    ("INVALID_ARGUMENT", "topic.validation.empty", "stop-and-alert"),
    ("PERMISSION_DENIED", "topic.meta.permission", "wait-long"),
    ("PERMISSION_DENIED", "subscription.topic.cannot.subscribe", "wait-long"),
    ("UNAVAILABLE", "topic.api.unavailable", "retry"),
    ("UNAVAILABLE", "schema.api.unavailable", "retry"),
    ("PERMISSION_DENIED", "schema.meta.permission", "stop-and-alert"),
    ("INVALID_ARGUMENT", "schema.validation.failed", "stop-and-alert"),
    ("INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted", "reposition"),
    ("INVALID_ARGUMENT", "subscription.fetch.replayid.validation.failed", "reposition"),
    ("INTERNAL", "subscription.fetch.replay.repeated", "restart"),
    ("INVALID_ARGUMENT", "subscription.fetch.overflow", "restart"),
    ("INVALID_ARGUMENT", "subscription.fetch.requested.events.invalid", "stop-and-alert"),
    ("INVALID_ARGUMENT", "subscription.fetch.topic.mismatch", "stop-and-alert"),
    ("INVALID_ARGUMENT", "subscription.fetch.request.invalid", "stop-and-alert"),
    ("RESOURCE_EXHAUSTED", "subscription.limit.exceeded", "wait-long"),
    ("INTERNAL", "subscription.internal.error", "retry"),
    ("CANCELLED", "publish.stream.sweeper.timeout", "restart"),
    ("INVALID_ARGUMENT", "publish.event.count.invalid", "stop-and-alert"),
    ("INVALID_ARGUMENT", "publish.topic.mismatch", "stop-and-alert"),
    ("INVALID_ARGUMENT", "publish.topic.validation.empty", "stop-and-alert"),
    ("INVALID_ARGUMENT", "publish.auth.refresh.invalid", "stop-and-alert"),
    ("FAILED_PRECONDITION", "managed.subscription.already.active", "retry-slower"),
    ("FAILED_PRECONDITION", "managed.subscription.config.stopped", "stop-and-alert"),
    ("FAILED_PRECONDITION", "managed.subscription.config.deleted", "stop-and-alert"),
    ("NOT_FOUND", "managed.subscription.developer.name.not.found", "wait-long"),
    ("NOT_FOUND", "managed.subscription.subscription.id.not.found", "wait-long"),
    ("INVALID_ARGUMENT", "managed.subscription.subscription.id.invalid", "stop-and-alert"),
    ("INVALID_ARGUMENT", "managed.subscription.id.or.developer.name.empty", "stop-and-alert"),
    ("INVALID_ARGUMENT", "managed.subscription.fetch.request.events.invalid", "stop-and-alert"),
    ("INVALID_ARGUMENT", "managed.subscription.fetch.request.invalid", "stop-and-alert"),
    ("INVALID_ARGUMENT", "managed.subscription.fetch.request.commit.request.restricted", "stop-and-alert"),
    ("INVALID_ARGUMENT", "managed.subscription.fetch.request.auth.request.restricted", "stop-and-alert"),
    ("INTERNAL", "some.code.nobody.knows", "retry"),
    ("UNAUTHENTICATED", "some.code.nobody.knows", "retry"),
    ("UNAUTHENTICATED", "", "reauthenticate"),
    ("UNAVAILABLE", "", "retry"),
    ("INTERNAL", "", "retry"),
    ("PERMISSION_DENIED", "", "retry"),
    ("CANCELLED", "", "retry"),
]


@pytest.mark.parametrize(("status", "code", "action"), TABLE)
def test_the_trailers_of_a_stream_say_what_to_do(
    pubsub: ScriptedPubSub, channel: PubSubChannel, status: str, code: str, action: str
) -> None:
    def failing(context: grpc.ServicerContext) -> Iterator[object]:
        yield from ()
        pubsub.fail(context, grpc.StatusCode[status], code, "something happened. rpcId: rpc-1")

    pubsub.stream = failing
    subscription = channel.subscribe(topic=TOPIC, preset=ReplayPreset.EARLIEST, replay_id=None)
    with pytest.raises(StreamError) as caught:
        next(subscription)
    error = caught.value
    assert (error.status, error.error_code, error.rpc_id) == (status, code, "rpc-1")
    assert error.action == StreamAction(action)
    assert "something happened" in error.details


def test_a_unary_call_fails_alike(pubsub: ScriptedPubSub, channel: PubSubChannel) -> None:
    pubsub.unary = lambda _, context: pubsub.fail(context, grpc.StatusCode.PERMISSION_DENIED, "topic.meta.permission")
    with pytest.raises(StreamError) as caught:
        channel.topic_info(TOPIC)
    assert (caught.value.action, caught.value.error_code) == (StreamAction.WAIT_LONG, "topic.meta.permission")
