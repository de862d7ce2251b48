"""Take in what the stream delivers: decode, drop what is known, enqueue the rest, and only then move the position."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import dramatiq
import structlog

from actors.values import OrderRequest
from clients.clock import Clock
from clients.ledger.ledger import Ledger
from clients.ledger.stream_memory import StreamMemory
from clients.ledger.values import Admission
from clients.salesforce.avro import UndecodableEvent
from clients.salesforce.events import Delivery, ReceivedEvent
from config.names import EventNames
from pipeline.fulfilment import ledger_request, new_request

log = structlog.get_logger(__name__)

Decode = Callable[[str, bytes], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What a delivery is taken in with; one per stream."""

    ledger: Ledger
    memory: StreamMemory
    broker: dramatiq.Broker
    decode: Decode
    names: EventNames
    clock: Clock

    def take_in(self, delivery: Delivery) -> bytes | None:
        """Store everything in a delivery and return the position behind it, None when it says nothing of one.

        Raises: redis.RedisError (nothing moved: the same delivery may be taken in again), StreamError (a schema could
                not be fetched: the events come again on the next stream).
        """
        if delivery.commit is not None and not delivery.events:
            return None
        requests = [request for event in delivery.events if (request := self._request(event)) is not None]
        position = delivery.events[-1].replay_id if delivery.events else delivery.latest_replay_id
        admissions = self.ledger.admit(
            [ledger_request(request, self.broker) for request in requests],
            position=(self.memory.position_key, position),
        )
        self._tell(requests, admissions)
        return position

    def _request(self, event: ReceivedEvent) -> OrderRequest | None:
        """Read an event; one that cannot be read is kept for a person and passed."""
        try:
            fields = self.decode(event.schema_id, event.payload)
            order_id = str(fields.get(self.names.order_id) or "")
            return new_request(order_id, source="event", requested_at=self.clock.now(), event_id=event.event_id)
        except (UndecodableEvent, ValueError) as error:
            self._keep(event, str(error))
            return None

    def _keep(self, event: ReceivedEvent, reason: str) -> None:
        log.warning("event.unreadable", event_id=event.event_id, schema_id=event.schema_id, reason=reason)
        self.memory.keep_undecodable(
            event_id=event.event_id,
            schema_id=event.schema_id,
            replay_id=event.replay_id,
            payload=event.payload,
            reason=reason,
        )

    def _tell(self, requests: list[OrderRequest], admissions: list[Admission]) -> None:
        for request, admission in zip(requests, admissions, strict=True):
            log.info("event.received", event_id=request.event_id, order_id=request.order_id, admission=admission)
        counts = Counter(f"events_{admission}" for admission in admissions)
        if counts:
            self.memory.count(**counts)
