"""The Pub/Sub API over gRPC.

Source: Salesforce fact sheet 1, 2.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import grpc
import grpc.aio

from clients.salesforce.proto import pubsub_api_pb2 as pb
from clients.salesforce.proto.pubsub_api_pb2_grpc import PubSubServicer, add_PubSubServicer_to_server
from sandbox.calls import Calls
from sandbox.faults import Fault, Faults
from sandbox.salesforce.bus import Opening
from sandbox.salesforce.managed_subscribe import ManagedStream
from sandbox.salesforce.org import Org
from sandbox.salesforce.publish import publish
from sandbox.salesforce.rpc_auth import authenticate
from sandbox.salesforce.rpc_errors import RpcRefused, abort, invalid, new_rpc_id, unavailable
from sandbox.salesforce.stream import Stream
from sandbox.salesforce.stream_faults import StreamFaults
from sandbox.salesforce.subscribe import Subscription, known_topic

Answer = TypeVar("Answer")
_MS = 1000
_UNARY_FAULTS = {"latency", "auth_error", "unavailable"}
_MORE_FAULTS = {"GetSchema": {"late_schema"}, "Publish": {"limit_exceeded"}, "PublishStream": {"limit_exceeded"}}
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    # Salesforce tells nobody how often it may be pinged; here, any number of pings is fine.
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
)


async def start_pubsub(org: Org, faults: Faults, calls: Calls, port: int = 0) -> tuple[grpc.aio.Server, int]:
    """Start the Pub/Sub API on loopback and return the server and its port."""
    server = grpc.aio.server(options=_OPTIONS)
    add_PubSubServicer_to_server(PubSub(org, faults, calls), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, bound


class PubSub(PubSubServicer):
    """The six calls of the Pub/Sub API."""

    def __init__(self, org: Org, faults: Faults, calls: Calls) -> None:
        self._org = org
        self._faults = faults
        self._calls = calls

    async def Subscribe(self, requests: AsyncIterator[pb.FetchRequest], context: Any) -> None:  # noqa: N802 - the wire's name
        """Open a stream whose position the caller keeps."""
        await self._stream("Subscribe", requests, context, Subscription)

    async def ManagedSubscribe(  # noqa: N802 - the wire's name
        self, requests: AsyncIterator[pb.ManagedFetchRequest], context: Any
    ) -> None:
        """Open the stream of a managed subscription."""
        await self._stream("ManagedSubscribe", requests, context, ManagedStream)

    async def GetSchema(self, request: pb.SchemaRequest, context: Any) -> pb.SchemaInfo:  # noqa: N802 - the wire's name
        """Return a schema by its id."""
        return await self._unary("GetSchema", context, lambda _fault: self._schema(request.schema_id))

    async def GetTopic(self, request: pb.TopicRequest, context: Any) -> pb.TopicInfo:  # noqa: N802 - the wire's name
        """Return what is known of a topic."""
        return await self._unary("GetTopic", context, lambda _fault: self._topic(request.topic_name))

    async def Publish(self, request: pb.PublishRequest, context: Any) -> pb.PublishResponse:  # noqa: N802 - the wire's name
        """Publish events."""
        return await self._unary("Publish", context, lambda fault: self._publish(request, fault))

    async def PublishStream(  # noqa: N802 - the wire's name
        self, requests: AsyncIterator[pb.PublishRequest], context: Any
    ) -> AsyncIterator[pb.PublishResponse]:
        """Publish events, request after request."""
        topic = ""
        async for request in requests:
            topic = topic or request.topic_name
            if request.topic_name not in {"", topic}:
                await abort(context, "PublishStream", invalid("publish.topic.mismatch", "The topic cannot change."))
            request.topic_name = topic
            yield await self._unary("PublishStream", context, lambda fault, each=request: self._publish(each, fault))  # type: ignore[misc]

    async def _stream(
        self, rpc: str, requests: AsyncIterator[Any], context: Any, make: Callable[[Org, StreamFaults, Any], Stream]
    ) -> None:
        self._calls.count(f"pubsub.{rpc}")
        faults = StreamFaults(self._faults, f"pubsub.{rpc}")
        opening = faults.draw_at_opening()
        try:
            await self._admit(context, opening)
            async for first in requests:
                self._org.bus.openings.append(_opening(rpc, first, context))
                await self._serve(make(self._org, faults, first), requests, context, opening)
                return
        except RpcRefused as refused:
            await abort(context, rpc, refused)

    @staticmethod
    async def _serve(stream: Stream, requests: AsyncIterator[Any], context: Any, opening: Fault | None) -> None:
        try:
            await stream.run(requests, context, opening)
        finally:
            stream.release()

    async def _unary(self, rpc: str, context: Any, work: Callable[[Fault | None], Answer]) -> Answer:
        self._calls.count(f"pubsub.{rpc}")
        kinds = _UNARY_FAULTS | _MORE_FAULTS.get(rpc, set())
        fault = self._faults.draw(f"pubsub.{rpc}", only=lambda fault: fault.kind in kinds)
        try:
            await self._admit(context, fault)
            return work(fault)
        except RpcRefused as refused:
            await abort(context, rpc, refused)

    async def _admit(self, context: Any, fault: Fault | None) -> None:
        """Let a call in; raise RpcRefused if it has no session, or if a fault ends it before it begins."""
        if fault is not None and fault.kind == "latency":
            await asyncio.sleep(fault.value / _MS)
        if fault is not None and fault.kind == "auth_error":
            self._org.sessions.end(str(dict(context.invocation_metadata()).get("accesstoken", "")))
        authenticate(self._org, context.invocation_metadata())
        ending = _ENDINGS.get(fault.kind) if fault is not None else None
        if ending is not None:
            raise unavailable(ending)

    def _schema(self, schema_id: str) -> pb.SchemaInfo:
        if not schema_id:
            raise invalid("schema.validation.failed", "The schema ID is blank.")
        schema = self._org.bus.schemas.get(schema_id)
        if schema is None:
            text = f"The schema {schema_id} was not found."
            raise RpcRefused(grpc.StatusCode.NOT_FOUND, "schema.validation.failed", text)
        return pb.SchemaInfo(schema_json=schema.json_text, schema_id=schema_id, rpc_id=new_rpc_id())

    def _topic(self, name: str) -> pb.TopicInfo:
        topic = known_topic(self._org.bus, name)
        return pb.TopicInfo(
            topic_name=name,
            tenant_guid=f"core/sandbox/{self._org.org_id}",
            can_publish=topic.can_publish,
            can_subscribe=topic.can_subscribe,
            schema_id=topic.schema.schema_id,
            rpc_id=new_rpc_id(),
        )

    def _publish(self, request: pb.PublishRequest, fault: Fault | None) -> pb.PublishResponse:
        is_over_limit = fault is not None and fault.kind == "limit_exceeded"
        return publish(self._org, request, is_over_limit=is_over_limit)


def _opening(rpc: str, first: Any, context: Any) -> Opening:
    token = dict(context.invocation_metadata()).get("accesstoken", "")
    return Opening(rpc, first, str(token), context.peer())


# How a fault ends a call before it begins; Publish tells a spent allowance for each event instead.
_ENDINGS = {"unavailable": "service.unavailable", "late_schema": "schema.api.unavailable"}
