"""ManagedSubscribe: Salesforce keeps the position, and commits move it.

Source: Salesforce fact sheet 2.7.
"""

from collections.abc import Sequence

import grpc

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.salesforce.bus import EventBus
from sandbox.salesforce.managed import ManagedSubscription
from sandbox.salesforce.org import Org
from sandbox.salesforce.rpc_errors import RpcRefused, already_active, invalid
from sandbox.salesforce.stream import Stream, ensure_positive, rpc_id
from sandbox.salesforce.stream_faults import StreamFaults
from sandbox.salesforce.subscribe import ensure_subscribable

_NO_EVENTS_ASKED = "managed.subscription.fetch.request.events.invalid"
_PREFIX, _ID_LENGTHS = "18x", {15, 18}


class ManagedStream(Stream):
    """The one stream of a managed subscription; commits are answered in the stream and never end it."""

    def __init__(self, org: Org, faults: StreamFaults, first: pb.ManagedFetchRequest) -> None:
        self.managed = _open(org.bus, first)
        if faults.strikes("already_active"):
            raise already_active()
        ensure_subscribable(org.bus, self.managed.topic)
        super().__init__(org, faults, topic=self.managed.topic, position=_start(org.bus, self.managed))
        self.managed.active_until = float("inf")
        self.add_credit(first.num_requested)

    def release(self) -> None:
        """Give the subscription up; for a while it may still count as active."""
        self.managed.active_until = self.org.bus.now() + self.org.bus.timing.managed_lingers_s

    def on_request(self, request: pb.ManagedFetchRequest) -> None:
        """Add credit, commit, or both."""
        is_commit = request.HasField("commit_replay_id_request")
        if not is_commit or request.num_requested:
            ensure_positive(request.num_requested, _NO_EVENTS_ASKED)
            self.add_credit(request.num_requested)
        if is_commit:
            self._answer(self._commit(request.commit_replay_id_request))

    def response(self, events: Sequence[pb.ConsumerEvent], latest: bytes, credit: int) -> pb.ManagedFetchResponse:
        """Return a ManagedFetchResponse."""
        return pb.ManagedFetchResponse(
            events=events, latest_replay_id=latest, rpc_id=rpc_id(), pending_num_requested=credit
        )

    def on_delivered(self, position: int) -> None:
        """Remember how far commits may go."""
        self.managed.delivered = max(self.managed.delivered, position)

    def _commit(self, commit: pb.CommitReplayRequest) -> pb.CommitReplayResponse:
        problem = self._problem(commit.replay_id)
        answer = pb.CommitReplayResponse(
            commit_request_id=commit.commit_request_id,
            replay_id=commit.replay_id,
            process_time=int(self.org.bus.now() * 1000),
        )
        if problem:
            answer.error.CopyFrom(pb.Error(code=pb.COMMIT, msg=problem))
        else:
            self.managed.committed = commit.replay_id
        return answer

    def _problem(self, replay_id: bytes) -> str:
        if not replay_id:
            return "The commit has no replay ID."
        position = self.org.bus.position_of(replay_id)
        if position is None:
            return "The replay ID is invalid or expired."
        if position > self.managed.delivered:
            return "The replay ID was not delivered yet."
        committed = self.managed.committed and self.org.bus.position_of(self.managed.committed)
        return "The replay ID is older than the committed one." if committed and position < committed else ""

    def _answer(self, answer: pb.CommitReplayResponse) -> None:
        """Queue an answer; one that is good also answers the good ones that wait before it."""
        response = pb.ManagedFetchResponse(
            rpc_id=rpc_id(), pending_num_requested=self.pending.credit, commit_response=answer
        )
        waiting = self.pending.answers
        if waiting and not answer.HasField("error") and not waiting[-1].commit_response.HasField("error"):
            waiting[-1] = response
        else:
            waiting.append(response)


def _open(bus: EventBus, first: pb.ManagedFetchRequest) -> ManagedSubscription:
    """Return the subscription that a first request names; raise RpcRefused if it cannot be opened."""
    if first.HasField("commit_replay_id_request"):
        text = "The first request cannot commit."
        raise invalid("managed.subscription.fetch.request.commit.request.restricted", text)
    if first.auth_refresh:
        text = "The first request cannot refresh the authentication."
        raise invalid("managed.subscription.fetch.request.auth.request.restricted", text)
    ensure_positive(first.num_requested, _NO_EVENTS_ASKED)
    managed = _named(bus, first)
    if managed.state != "RUN":
        text = "The managed subscription is stopped."
        raise RpcRefused(grpc.StatusCode.FAILED_PRECONDITION, "managed.subscription.config.stopped", text)
    if managed.is_active(bus.now()):
        raise already_active()
    return managed


def _named(bus: EventBus, first: pb.ManagedFetchRequest) -> ManagedSubscription:
    if bool(first.subscription_id) == bool(first.developer_name):
        text = "Give either the ID or the developer name of the subscription."
        raise invalid("managed.subscription.id.or.developer.name.empty", text)
    if first.developer_name:
        found = bus.managed.get(first.developer_name)
        missing = "managed.subscription.developer.name.not.found"
    else:
        if not first.subscription_id.startswith(_PREFIX) or len(first.subscription_id) not in _ID_LENGTHS:
            raise invalid("managed.subscription.subscription.id.invalid", "The subscription ID is invalid.")
        same = (each for each in bus.managed.values() if each.subscription_id[:15] == first.subscription_id[:15])
        found, missing = next(same, None), "managed.subscription.subscription.id.not.found"
    if found is None:
        raise RpcRefused(grpc.StatusCode.NOT_FOUND, missing, "The managed subscription was not found.")
    return found


def _start(bus: EventBus, managed: ManagedSubscription) -> int:
    """Return where the stream begins: behind the last commit, if that is still good."""
    committed = managed.committed and bus.position_of(managed.committed)
    if committed:
        return committed
    replay = managed.default_replay if managed.committed is None else managed.error_recovery_replay
    return bus.tip() if replay == "LATEST" else 0
