"""A running subscription: what came, how much more may come.

The request side must stay open for as long as the stream lives: when the request iterator ends, gRPC half-closes and
the server ends the stream. So requests come from a queue that is ended only by `finish`, by `cancel`, or by the
stream's own end.
Source: Salesforce fact sheet 2.1, 2.2, 2.7.
"""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Lock
from typing import Generic, Protocol, TypeVar
from uuid import uuid4

import grpc

from clients.salesforce.events import CommitOutcome, Delivery, ReceivedEvent
from clients.salesforce.proto import pubsub_api_pb2 as pb
from clients.salesforce.stream_errors import StreamError, stream_error

# All that may be on its way in one subscription; more is cut by the server, or ends the stream.
MAX_CREDIT = 100

Request = TypeVar("Request", pb.FetchRequest, pb.ManagedFetchRequest)


class Responses(Protocol):
    """The part of a gRPC call that a subscription uses."""

    def __next__(self) -> pb.FetchResponse | pb.ManagedFetchResponse:
        """Wait for a response, or for the end."""

    def cancel(self) -> bool:
        """End the call from our side."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Have something done when the call is over; False if it is over already."""


class _Stream(Generic[Request]):
    """The queue of requests, the credit, and the responses; requests may come from any thread."""

    def __init__(self, first: Request, open_call: Callable[[Iterator[Request]], Responses]) -> None:
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._requests.put(first)
        self._lock = Lock()
        self._credit = first.num_requested
        self._leaving = False
        self._call = open_call(iter(self._requests.get, None))
        # Lets the thread that waits for our next request go when the call is over, however it ends.
        if not self._call.add_callback(self._end_requests):
            self._end_requests()

    @property
    def credit(self) -> int:
        """How many events were asked for and have not come."""
        with self._lock:
            return self._credit

    def __iter__(self) -> Iterator[Delivery]:
        return self

    def __next__(self) -> Delivery:
        """Wait for the next response.

        Raises: StreamError when the stream ends, politely or not; StopIteration only after `finish` or `cancel`.
        """
        try:
            response = next(self._call)
        except StopIteration as end:
            raise self._ended(StreamError(status="OK", details="the server ended the stream")) from end
        except grpc.RpcError as error:
            raise self._ended(stream_error(error)) from error
        return self._delivery(response)

    def finish(self) -> None:
        """Ask the server to end the stream, from any thread: what was sent until now is still read by it."""
        self._leaving = True
        self._end_requests()

    def cancel(self) -> None:
        """End the stream at once from our side, from any thread; harmless when it is over."""
        self._leaving = True
        self._call.cancel()
        self._end_requests()

    def _grant(self, wanted: int) -> int:
        """Take as much credit as there is room for."""
        if wanted < 1:
            raise ValueError("ask for at least one event")
        with self._lock:
            granted = min(wanted, MAX_CREDIT - self._credit)
            self._credit += granted
        return granted

    def _end_requests(self) -> None:
        self._requests.put(None)

    def _ended(self, error: StreamError) -> StreamError | StopIteration:
        return StopIteration() if self._leaving else error

    def _delivery(self, response: pb.FetchResponse | pb.ManagedFetchResponse) -> Delivery:
        events = tuple(_event(event) for event in response.events)
        with self._lock:
            self._credit = max(0, self._credit - len(events))
        return Delivery(events, response.latest_replay_id, response.pending_num_requested, _commit(response))


class Subscription(_Stream[pb.FetchRequest]):
    """A Subscribe call; iterate over its deliveries."""

    def request_more(self, n: int) -> int:
        """Ask for `n` more events and return how many were asked for: never more than 100 are on their way."""
        granted = self._grant(n)
        if granted:
            # The topic and the position count in the first request only, and are left out here.
            self._requests.put(pb.FetchRequest(num_requested=granted))
        return granted


class ManagedSubscription(_Stream[pb.ManagedFetchRequest]):
    """A ManagedSubscribe call, whose position Salesforce keeps; iterate over its deliveries."""

    def request_more(self, n: int) -> int:
        """Ask for `n` more events and return how many were asked for: never more than 100 are on their way."""
        granted = self._grant(n)
        if granted:
            self._requests.put(pb.ManagedFetchRequest(num_requested=granted))
        return granted

    def commit(self, replay_id: bytes) -> str:
        """Tell Salesforce how far we are and return the request's id.

        The answer comes as `Delivery.commit`, one for several commits at times, with the id of the last.
        """
        request_id = str(uuid4())
        commit = pb.CommitReplayRequest(commit_request_id=request_id, replay_id=replay_id)
        self._requests.put(pb.ManagedFetchRequest(commit_replay_id_request=commit))
        return request_id


def _event(event: pb.ConsumerEvent) -> ReceivedEvent:
    return ReceivedEvent(event.event.id, event.event.schema_id, event.event.payload, event.replay_id)


def _commit(response: pb.FetchResponse | pb.ManagedFetchResponse) -> CommitOutcome | None:
    if isinstance(response, pb.FetchResponse) or not response.HasField("commit_response"):
        return None
    answer = response.commit_response
    error = (answer.error.msg or "refused without a reason") if answer.HasField("error") else ""
    return CommitOutcome(answer.commit_request_id, answer.replay_id, error)
