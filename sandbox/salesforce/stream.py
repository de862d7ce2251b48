"""An open stream: credit comes in, events go out, and signs of life when there are none.

Source: Salesforce fact sheet 2.1, 2.2, 2.5.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from clients.salesforce.proto import pubsub_api_pb2 as pb
from sandbox.faults import Fault
from sandbox.salesforce.bus import EventBus, StoredEvent
from sandbox.salesforce.org import Org
from sandbox.salesforce.positions import replay_id_of
from sandbox.salesforce.rpc_errors import RpcRefused, broken_line, invalid, limit_exceeded, new_rpc_id, stream_trouble
from sandbox.salesforce.stream_faults import StreamFaults

MOST_CREDIT = 100


@dataclass(slots=True)
class Pending:
    """What the caller's side of a stream has said and what is not answered yet."""

    credit: int = 0
    answers: list[Any] = field(default_factory=list)
    failure: RpcRefused | None = None
    is_closed: bool = False


class Stream:
    """One stream of one topic from a position on; subclasses read the requests and shape the responses."""

    def __init__(self, org: Org, faults: StreamFaults, *, topic: str, position: int) -> None:
        self.org = org
        self.topic = topic
        self.pending = Pending()
        self._bus: EventBus = org.bus
        self._faults = faults
        self._position = position
        self._repeated = 0
        self._responses_left: int | None = None
        self.is_silent = False
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._idle_since = self._loop.time()

    @property
    def credit(self) -> int:
        """Return how many events may still be sent."""
        return self.pending.credit

    def on_request(self, request: Any) -> None:
        """Take in one request; raise RpcRefused if it ends the stream."""
        raise NotImplementedError

    def response(self, events: Sequence[Any], latest: bytes, credit: int) -> Any:
        """Return the response that carries these events."""
        raise NotImplementedError

    def on_delivered(self, position: int) -> None:
        """Take note of how far the caller has been told."""

    def release(self) -> None:
        """Give up what the stream holds."""

    def add_credit(self, number: int) -> None:
        """Add to the credit, of which more than 100 counts as 100."""
        if not self.pending.credit:
            self._idle_since = self._loop.time()
        self._bus.most_credit = max(self._bus.most_credit, self.pending.credit + number)
        self.pending.credit = min(MOST_CREDIT, self.pending.credit + number)

    def wake(self) -> None:
        """Look again at what there is to do; from any thread."""
        # A loop that is closed has no streams left to wake.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    def strike(self, kind: str) -> None:
        """Let a fault befall the open stream; from any thread."""

        def play() -> None:
            self._play(Fault("", kind))
            self._wake.set()

        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(play)

    async def run(self, requests: AsyncIterator[Any], context: Any, opening: Fault | None) -> None:
        """Serve the stream until either side ends it; raise RpcRefused when it ends with an error."""
        self._play(opening)
        reading = asyncio.ensure_future(self._read(requests))
        self._bus.streams.add(self)
        try:
            await self._write(context)
        finally:
            self._bus.streams.discard(self)
            reading.cancel()

    async def _read(self, requests: AsyncIterator[Any]) -> None:
        try:
            async for request in requests:
                self.on_request(request)
                self._wake.set()
        except RpcRefused as refused:
            self.pending.failure = refused
        finally:
            self.pending.is_closed = True
            self._wake.set()

    async def _write(self, context: Any) -> None:
        while True:
            self._wake.clear()
            if self.pending.failure is not None:
                raise self.pending.failure
            if self.pending.is_closed:
                return
            if self.is_silent:
                await self._wake.wait()
            elif not await self._write_what_is_there(context) and not await self._wait():
                if not self.pending.credit:
                    return
                await self._show_life(context)

    async def _show_life(self, context: Any) -> None:
        """Send no events, but a position ahead of all of them; an event that came in this moment goes first."""
        if self._bus.events_after(self.topic, self._position, 1):
            return
        self._position = self._bus.fresh_position()
        await self._send(context, [], replay_id_of(self._position))
        self.on_delivered(self._position)

    async def _write_what_is_there(self, context: Any) -> bool:
        """Send at most one response, and tell whether there was one to send."""
        if self.pending.answers:
            await context.write(self.pending.answers.pop(0))
            self._count_response()
            return True
        events = self._next_events()
        if events:
            await self._send(context, events, events[-1].replay_id)
        return bool(events)

    def _next_events(self) -> list[StoredEvent]:
        """Return the next events that there is credit for: as many as the server likes, not as were asked for."""
        if not self.pending.credit:
            return []
        events = self._bus.events_after(self.topic, self._position, min(self.pending.credit, self._bus.largest_batch))
        return events[: self._bus.chance.randint(1, len(events))] if events else []

    async def _send(self, context: Any, events: list[StoredEvent], latest: bytes) -> None:
        fault = self._faults.draw_for_response(has_events=bool(events))
        self._play(fault)
        if self.is_silent or self.pending.failure is not None:
            return
        self._ensure_allowance(len(events))
        sent = self._faults.spoilt(events, fault)
        self.pending.credit -= len(events)
        await context.write(self.response([_consumer_event(event) for event in sent], latest, self.pending.credit))
        self._count_response()
        self._advance(events, repeat=fault is not None and fault.kind == "duplicate_event")

    def _advance(self, events: list[StoredEvent], *, repeat: bool) -> None:
        """Move behind what was sent, or, once for an event, so that the last one comes again."""
        if not events:
            return
        self._bus.delivered += len(events)
        last = events[-1].position
        self.on_delivered(last)
        if repeat and last != self._repeated:
            self._repeated, self._position = last, last - 1
        else:
            self._position = last

    def _play(self, fault: Fault | None) -> None:
        """Let a fault change what becomes of the stream."""
        if fault is None:
            return
        if fault.kind == "silent":
            self.is_silent = True
        elif fault.kind == "cut":
            self._responses_left = int(fault.value)
            if not self._responses_left:
                self.pending.failure = self._broken_line()
        else:
            self.pending.failure = stream_trouble(fault.kind) or self.pending.failure

    def _count_response(self) -> None:
        """Note that a response went out, and break the line when those that a fault has left are used up."""
        self._idle_since = self._loop.time()
        if self._responses_left is not None:
            self._responses_left -= 1
            if self._responses_left <= 0:
                self.pending.failure = self._broken_line()

    def _broken_line(self) -> RpcRefused:
        return broken_line(self._bus.chance.randrange(2))

    def _ensure_allowance(self, events: int) -> None:
        if self.org.enforce_limits and self._bus.delivered + events > self.org.daily_deliveries:
            raise limit_exceeded()

    async def _wait(self) -> bool:
        """Wait for something to do, and tell whether there is before a sign of life, or the end, is due."""
        timing = self._bus.timing
        patience_s = timing.keepalive_s if self.pending.credit else timing.no_credit_s
        left_s = self._idle_since + patience_s - self._loop.time()
        if left_s <= 0:
            return False
        try:
            await asyncio.wait_for(self._wake.wait(), left_s)
        except TimeoutError:
            return False
        return True


def ensure_positive(number: int, code: str) -> None:
    """Raise RpcRefused for a request of no events."""
    if number <= 0:
        raise invalid(code, "The number of requested events must be positive.")


def rpc_id() -> str:
    """Return the id that a response carries."""
    return new_rpc_id()


def _consumer_event(event: StoredEvent) -> pb.ConsumerEvent:
    produced = pb.ProducerEvent(id=event.event_id, schema_id=event.schema_id, payload=event.payload)
    return pb.ConsumerEvent(event=produced, replay_id=event.replay_id)
