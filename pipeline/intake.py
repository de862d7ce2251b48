"""Take in what the stream delivers: decode, drop what is known, enqueue the rest, and only then move the position."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import dramatiq
import structlog

from clients.clock import Clock
from clients.ledger.lease import Lease
from clients.ledger.ledger import Ledger
from clients.ledger.stream_memory import StreamMemory
from clients.ledger.values import Request
from clients.salesforce.avro import UndecodableEvent
from clients.salesforce.events import Delivery, ReceivedEvent
from clients.salesforce.ids import to_18
from config.names import EventNames
from pipeline.fulfilment import ledger_request, new_request

log = structlog.get_logger(__name__)

Decode = Callable[[str, bytes], dict[str, object]]

# Salesforce's own field of every platform event.
_CREATED_DATE = "CreatedDate"
_SECONDS_UNTIL_5138 = 10**11
# What was published later than that proves nothing.
_CLOCKS_DIFFER_AT_MOST = timedelta(minutes=5)
# A publisher may name its events itself, as long and as personal as it likes.
_HARMLESS_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Batch:
    """A delivery that was read: what to store of it, and the position behind it, None when it says nothing of one."""

    requests: tuple[Request, ...]
    unreadable: tuple[tuple[ReceivedEvent, str], ...]
    position: bytes | None


@dataclass(frozen=True, slots=True)
class Intake:
    """What a delivery is taken in with; one per stream. `keeps_position` is false where Salesforce does it."""

    ledger: Ledger
    memory: StreamMemory
    keeps_position: bool
    lease: Lease
    broker: dramatiq.Broker
    decode: Decode
    names: EventNames
    clock: Clock

    def read(self, delivery: Delivery) -> Batch:
        """Decode a delivery; Redis is not touched.

        Raises: StreamError when a schema could not be fetched: the events come again on the next stream.
        """
        requests: list[Request] = []
        unreadable: list[tuple[ReceivedEvent, str]] = []
        for event in delivery.events:
            try:
                requests.append(self._request(event))
            except UndecodableEvent as error:
                unreadable.append((event, str(error)))
        return Batch(tuple(requests), tuple(unreadable), position_behind(delivery))

    def store(self, batch: Batch) -> None:
        """Store a batch and the position behind it, all or nothing; harmless to repeat when the answer was lost.

        Raises: redis.RedisError; LeaseLostError when another subscriber leads now: nothing was stored.
        """
        # First: when the position is stored, nothing in front of it may be missing.
        for event, reason in batch.unreadable:
            self._keep(event, reason)
        position = (self.memory.position_key, batch.position) if batch.position and self.keeps_position else None
        if not batch.requests and position is None:
            return
        admissions = self.ledger.admit(batch.requests, position=position, lease=self.lease)
        for request, admission in zip(batch.requests, admissions, strict=True):
            log.info("event.received", event_id=request.event_id, order_id=request.order_id, admission=admission)
        if admissions:
            self.memory.count(**Counter(f"events_{admission}" for admission in admissions))

    def _request(self, event: ReceivedEvent) -> Request:
        fields, now = self.decode(event.schema_id, event.payload), self.clock.now()
        request = new_request(
            _order_id(fields.get(self.names.order_id)),
            source="event",
            requested_at=now,
            event_id=_harmless(event.event_id),
            event_at=published_at(fields.get(_CREATED_DATE), now=now),
        )
        return ledger_request(request, self.broker)

    def _keep(self, event: ReceivedEvent, reason: str) -> None:
        is_new = self.memory.keep_undecodable(
            event_id=_harmless(event.event_id),
            schema_id=_harmless(event.schema_id),
            replay_id=event.replay_id,
            payload=event.payload,
            reason=reason,
        )
        if is_new:
            log.warning("event.unreadable", event_id=_harmless(event.event_id), reason=reason)


def position_behind(delivery: Delivery) -> bytes | None:
    """Return the position behind a delivery: that of its last event, which the response's own may lie ahead of."""
    if delivery.events:
        return delivery.events[-1].replay_id or None
    return delivery.latest_replay_id or None if delivery.is_keepalive else None


def published_at(value: object, *, now: datetime) -> datetime | None:
    """Return when an event was published, None when it does not say, or says what cannot be.

    A publisher through the API fills the field itself: in milliseconds as it should, or in seconds by mistake.
    """
    if not isinstance(value, int) or value <= 0:
        return None
    seconds = value / 1000 if value > _SECONDS_UNTIL_5138 else value
    # Compared as a number: a moment beyond the calendar (microseconds, by another mistake) cannot be made, and an event
    # must not hold up all others by what it says.
    if seconds > (now + _CLOCKS_DIFFER_AT_MOST).timestamp():
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _order_id(value: object) -> str:
    """Return the order's id in its long form.

    Raises: UndecodableEvent, whose text says nothing of the value: it may be anything, a person's name included.
    """
    if not isinstance(value, str) or not value.strip():
        raise UndecodableEvent("it names no order")
    try:
        return to_18(value.strip())
    except ValueError:
        raise UndecodableEvent(f"its order id, of {len(value)} characters, is none") from None


def _harmless(given_id: str) -> str:
    """Return an id that may be logged and be part of a key: itself, or its digest when it is no plain id."""
    if not given_id or _HARMLESS_ID.fullmatch(given_id):
        return given_id
    return sha256(given_id.encode()).hexdigest()[:32]
