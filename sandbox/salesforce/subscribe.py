"""Subscribe: the caller keeps the position.

Source: Salesforce fact sheet 2.1, 2.3.
"""

from collections.abc import Sequence

import grpc

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.bus import EventBus, Topic
from sandbox.salesforce.org import Org
from sandbox.salesforce.rpc_errors import RpcRefused, corrupted_position, invalid
from sandbox.salesforce.stream import Stream, ensure_positive, rpc_id
from sandbox.salesforce.stream_faults import StreamFaults


class Subscription(Stream):
    """A stream that began where its first request said; later ones only add credit."""

    def __init__(self, org: Org, faults: StreamFaults, first: pb.FetchRequest) -> None:
        ensure_subscribable(org.bus, first.topic_name)
        ensure_positive(first.num_requested, "subscription.fetch.requested.events.invalid")
        super().__init__(org, faults, topic=first.topic_name, position=_start(org.bus, faults, first))
        self.on_request(first)

    def on_request(self, request: pb.FetchRequest) -> None:
        """Add credit."""
        if request.topic_name and request.topic_name != self.topic:
            raise invalid("subscription.fetch.topic.mismatch", "The topic cannot change within a stream.")
        ensure_positive(request.num_requested, "subscription.fetch.requested.events.invalid")
        self.add_credit(request.num_requested)

    def response(self, events: Sequence[pb.ConsumerEvent], latest: bytes, credit: int) -> pb.FetchResponse:
        """Return a FetchResponse."""
        return pb.FetchResponse(events=events, latest_replay_id=latest, rpc_id=rpc_id(), pending_num_requested=credit)


def known_topic(bus: EventBus, name: str) -> Topic:
    """Return a topic by its name in the right case; raise RpcRefused if there is none."""
    if not name:
        raise invalid("topic.validation.empty", "The topic name is blank.")
    topic = bus.topics.get(name)
    if topic is None:
        raise RpcRefused(grpc.StatusCode.NOT_FOUND, "topic.not.found", f"The topic {name} was not found.")
    return topic


def ensure_subscribable(bus: EventBus, name: str) -> None:
    """Raise RpcRefused for a topic that is not there or not for us."""
    if not known_topic(bus, name).can_subscribe:
        text = f"You cannot subscribe to {name}."
        raise RpcRefused(grpc.StatusCode.PERMISSION_DENIED, "subscription.topic.cannot.subscribe", text)


def _start(bus: EventBus, faults: StreamFaults, first: pb.FetchRequest) -> int:
    if first.replay_preset == pb.EARLIEST:
        return 0
    if first.replay_preset == pb.LATEST:
        return bus.tip()
    if not first.replay_id:
        text = "The CUSTOM replay preset needs a replay ID."
        raise invalid("subscription.fetch.replayid.validation.failed", text)
    position = bus.position_of(first.replay_id)
    if position is None or faults.strikes("corrupted_position"):
        raise corrupted_position()
    return position
