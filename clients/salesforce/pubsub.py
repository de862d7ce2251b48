"""The Pub/Sub API on the wire: one channel, one token, no opinion about reconnecting.

The subscriber throws a channel away and makes a new one, with a fresh token, whenever a stream ends or falls silent.
Source: Salesforce fact sheet 1, 2.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import certifi
import grpc

from clients.salesforce.auth import Token
from clients.salesforce.events import OutgoingEvent, PublishOutcome, ReplayPreset, TopicDescription
from clients.salesforce.loopback import is_loopback
from clients.salesforce.proto import pubsub_api_pb2 as pb
from clients.salesforce.proto.pubsub_api_pb2_grpc import PubSubStub
from clients.salesforce.stream_errors import StreamError, stream_error
from clients.salesforce.subscription import MAX_CREDIT, ManagedSubscription, Responses, Subscription

# A dead connection looks like silence: ask for a sign of life, but not so often that the server minds.
_KEEPALIVE_TIME_S = 60.0
_KEEPALIVE_TIMEOUT_S = 20.0
# An event has at most 1 MB, but a response holds several; gRPC's own limit is 4 MB.
_MAX_RECEIVE_BYTES = 16 * 1024 * 1024

Answer = TypeVar("Answer")


class PubSubChannel:
    """One connection to the Pub/Sub API with one token; safe to share between threads."""

    def __init__(
        self,
        *,
        endpoint: str,
        tls: bool,
        ca_file: str | None,
        token: Token,
        keepalive_time_s: float = _KEEPALIVE_TIME_S,
        keepalive_timeout_s: float = _KEEPALIVE_TIMEOUT_S,
        unary_timeout_s: float = 20,
    ) -> None:
        options = _options(endpoint, keepalive_time_s, keepalive_timeout_s)
        self._channel = _channel(endpoint, tls=tls, ca_file=ca_file, options=options)
        self._stub: Any = PubSubStub(self._channel)
        self._unary_timeout_s = unary_timeout_s
        # Keys in lower case: gRPC refuses others.
        self._metadata = (
            ("accesstoken", token.access_token),
            ("instanceurl", token.instance_url),
            ("tenantid", token.org_id),
        )

    def subscribe(
        self, *, topic: str, preset: ReplayPreset, replay_id: bytes | None, first_credit: int = MAX_CREDIT
    ) -> Subscription:
        """Open a subscription at a position; `replay_id` goes with CUSTOM, and only with it.

        Raises: ValueError for a position or credit that the server would refuse or misread; StreamError if the channel
        is closed. What the server says comes with the first delivery.
        """
        if (preset is ReplayPreset.CUSTOM) != bool(replay_id):
            raise ValueError("CUSTOM needs a replay id, and the other presets have none")
        first = pb.FetchRequest(
            topic_name=topic,
            replay_preset=preset.name,
            replay_id=replay_id or b"",
            num_requested=_credit(first_credit),
        )
        return Subscription(first, self._stream(self._stub.Subscribe))

    def managed_subscribe(self, *, developer_name: str, first_credit: int = MAX_CREDIT) -> ManagedSubscription:
        """Open a managed subscription, which starts where its last commit left it."""
        first = pb.ManagedFetchRequest(developer_name=developer_name, num_requested=_credit(first_credit))
        return ManagedSubscription(first, self._stream(self._stub.ManagedSubscribe))

    def fetch_schema(self, schema_id: str) -> str:
        """Return the schema with this id as JSON text.

        Raises: StreamError.
        """
        answer: pb.SchemaInfo = self._unary(self._stub.GetSchema, pb.SchemaRequest(schema_id=schema_id))
        return answer.schema_json

    def topic_info(self, topic: str) -> TopicDescription:
        """Return what a topic is and what this user may do with it.

        Raises: StreamError.
        """
        answer: pb.TopicInfo = self._unary(self._stub.GetTopic, pb.TopicRequest(topic_name=topic))
        return TopicDescription(answer.topic_name, answer.schema_id, answer.can_publish, answer.can_subscribe)

    def publish(self, topic: str, events: Sequence[OutgoingEvent]) -> tuple[PublishOutcome, ...]:
        """Publish events and return what became of each, in their order.

        Raises: StreamError.
        """
        request = pb.PublishRequest(topic_name=topic, events=[_producer_event(event) for event in events])
        answer: pb.PublishResponse = self._unary(self._stub.Publish, request)
        return tuple(_outcome(event, result) for event, result in zip(events, answer.results, strict=True))

    def close(self) -> None:
        """Close the connection; what still runs on it ends as cancelled."""
        self._channel.close()

    def _stream(self, rpc: Any) -> Callable[[Iterator[Any]], Responses]:
        def opened(requests: Iterator[Any]) -> Responses:
            try:
                return cast("Responses", rpc(requests, metadata=self._metadata))
            except ValueError as error:
                raise _closed() from error

        return opened

    def _unary(self, rpc: Any, request: object) -> Any:
        try:
            return rpc(request, timeout=self._unary_timeout_s, metadata=self._metadata)
        except grpc.RpcError as error:
            raise stream_error(error) from error
        except ValueError as error:
            raise _closed() from error


def _closed() -> StreamError:
    """Say that a channel was used after `close`, which gRPC reports as a bad value."""
    return StreamError(status="CANCELLED", details="the channel is closed")


def _options(endpoint: str, keepalive_time_s: float, keepalive_timeout_s: float) -> dict[str, int]:
    return {
        "grpc.keepalive_time_ms": int(keepalive_time_s * 1000),
        "grpc.keepalive_timeout_ms": int(keepalive_timeout_s * 1000),
        "grpc.keepalive_permit_without_calls": 1,
        # Without this, gRPC sends two pings and then waits for data that may never come.
        "grpc.http2.max_pings_without_data": 0,
        "grpc.max_receive_message_length": _MAX_RECEIVE_BYTES,
        # A new channel is a new connection: by default equal channels of a process share one, dead or not.
        "grpc.use_local_subchannel_pool": 1,
        "grpc.enable_http_proxy": 0 if _is_local(endpoint) else 1,
    }


def _channel(endpoint: str, *, tls: bool, ca_file: str | None, options: dict[str, int]) -> grpc.Channel:
    if tls:
        credentials = grpc.ssl_channel_credentials(_roots(ca_file))
        return grpc.secure_channel(endpoint, credentials, options=list(options.items()))
    if not _is_local(endpoint):
        raise ValueError("the Pub/Sub API is used without TLS only on this very machine")
    return grpc.insecure_channel(endpoint, options=list(options.items()))


def _is_local(endpoint: str) -> bool:
    return is_loopback(endpoint.rpartition(":")[0])


def _roots(ca_file: str | None) -> bytes | None:
    """Return the public roots with those of a private endpoint, or None for gRPC's own."""
    if ca_file is None:
        return None
    return Path(certifi.where()).read_bytes() + b"\n" + Path(ca_file).read_bytes()


def _credit(first_credit: int) -> int:
    if not 1 <= first_credit <= MAX_CREDIT:
        raise ValueError(f"credit is 1 to {MAX_CREDIT} events")
    return first_credit


def _producer_event(event: OutgoingEvent) -> pb.ProducerEvent:
    return pb.ProducerEvent(id=event.event_id, schema_id=event.schema_id, payload=event.payload)


def _outcome(event: OutgoingEvent, result: pb.PublishResult) -> PublishOutcome:
    error = (result.error.msg or "refused without a reason") if result.HasField("error") else ""
    return PublishOutcome(event.event_id, result.replay_id, error)
