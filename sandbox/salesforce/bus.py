"""The event bus: topics, what they retain, and who waits for more.

Source: Salesforce fact sheet 2.3, 2.6, 2.8.
"""

import random
import uuid
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sandbox.salesforce.managed import ManagedSubscription
from sandbox.salesforce.positions import Positions, replay_id_of
from sandbox.salesforce.schemas import EventSchema, make_schema

RETENTION = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies on the bus; `position` orders it, the replay id is made from it."""

    position: int
    event_id: str
    schema_id: str
    payload: bytes
    at: float

    @property
    def replay_id(self) -> bytes:
        """Return the opaque position that subscribers see."""
        return replay_id_of(self.position)


@dataclass(slots=True)
class Topic:
    """One topic with what it retains, oldest first; `fields` are the custom ones, by name and Salesforce type."""

    name: str
    fields: dict[str, str]
    schema: EventSchema
    events: list[StoredEvent] = field(default_factory=list)
    can_publish: bool = True
    can_subscribe: bool = True


@dataclass(slots=True)
class Timing:
    """How long the bus waits.

    Units:  seconds. Salesforce sends its sign of life after about 60 s and within 270 s, and closes a stream whose
            credit was used up for 60 s; after a stream of a managed subscription is gone, it may count as active for
            `managed_lingers_s`.
    """

    keepalive_s: float = 60.0
    no_credit_s: float = 60.0
    managed_lingers_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Opening:
    """How a stream was opened: its first request, the session that it came with, and the connection."""

    rpc: str
    first: Any
    token: str
    peer: str


class OpenStream(Protocol):
    """What the bus needs of a stream, and what a test may look at; the methods may be called from any thread."""

    is_silent: bool

    @property
    def credit(self) -> int:
        """Return how many events may still be sent."""

    def wake(self) -> None:
        """Look for what is new."""

    def strike(self, kind: str) -> None:
        """Suffer a fault."""


class EventBus:
    """All topics of the org, and the streams that are open on them."""

    def __init__(self, chance: random.Random, clock: Callable[[], datetime], *, user_id: str) -> None:
        self.timing = Timing()
        self.largest_batch = 100
        self.topics: dict[str, Topic] = {}
        self.schemas: dict[str, EventSchema] = {}
        self.managed: dict[str, ManagedSubscription] = {}
        self.chance = chance
        self.delivered = self.published = 0
        # What a test may look at: every stream that was let in, and the most credit that one has ever added up to.
        self.openings: list[Opening] = []
        self.most_credit = 0
        self._clock = clock
        self._user_id = user_id
        self._positions = Positions(chance)
        self.streams: set[OpenStream] = set()

    def add_topic(self, name: str, fields: Mapping[str, str]) -> Topic:
        """Define an event and its topic; `fields` are its custom fields by Salesforce type."""
        schema = self._remember(make_schema(_event_name(name), fields))
        self.topics[name] = Topic(name, dict(fields), schema)
        return self.topics[name]

    def add_managed(self, developer_name: str, topic: str, *, default_replay: str = "LATEST") -> ManagedSubscription:
        """Define a managed subscription, as a deployment does."""
        number = f"18x5e0{len(self.managed) + 1:09d}AAA"
        self.managed[developer_name] = ManagedSubscription(number, developer_name, topic, default_replay)
        return self.managed[developer_name]

    def publish(self, topic: str, payload: Mapping[str, object]) -> bytes:
        """Publish an event of the topic's present schema and return its replay id.

        Raises: KeyError for an unknown topic or a field that the event does not have; ValueError for a wrong type.
        """
        target = self._topic(topic)
        unknown = payload.keys() - set(target.schema.field_names)
        if unknown:
            raise KeyError(f"{target.name} has no field {', '.join(sorted(unknown))}")
        always = {"CreatedDate": int(self._clock().timestamp() * 1000), "CreatedById": self._user_id}
        data = target.schema.encode(always | dict(payload))
        return self.publish_raw(target.name, target.schema.schema_id, data).replay_id

    def publish_raw(self, topic: str, schema_id: str, payload: bytes, *, event_id: str = "") -> StoredEvent:
        """Put bytes on a topic without looking at them, as Salesforce does, and wake who waits."""
        now = self.now()
        position = self._positions.next_position(now)
        event = StoredEvent(position, event_id or self._new_uuid(), schema_id, payload, now)
        self._topic(topic).events.append(event)
        self.published += 1
        self.wake()
        return event

    def evolve_schema(self, topic: str, field_name: str, kind: str = "Text") -> str:
        """Add a field to an event and return the new schema id; what is retained keeps its old one."""
        target = self._topic(topic)
        target.fields[field_name] = kind
        target.schema = self._remember(make_schema(_event_name(target.name), target.fields))
        return target.schema.schema_id

    def events_after(self, topic: str, position: int, limit: int) -> list[StoredEvent]:
        """Return the next retained events strictly after a position."""
        self.expire()
        events = self.topics[topic].events
        start = bisect_right(events, position, key=lambda event: event.position)
        return events[start : start + limit]

    def tip(self) -> int:
        """Return the position behind all that is there."""
        return self._positions.tip

    def fresh_position(self) -> int:
        """Return a position ahead of all events so far, as a sign of life carries it."""
        return self._positions.next_position(self.now())

    def position_of(self, replay_id: bytes) -> int | None:
        """Return the position of a replay id, None when it is none or has expired."""
        self.expire()
        return self._positions.read(replay_id)

    def expire(self, older_than: timedelta = RETENTION) -> None:
        """Drop what is older; the replay ids of that time are refused from then on."""
        before = self.now() - older_than.total_seconds()
        self._positions.expire(before)
        for topic in self.topics.values():
            if topic.events and topic.events[0].at < before:
                topic.events = [event for event in topic.events if event.at >= before]

    def wake(self) -> None:
        """Let all open streams look for what is new."""
        for stream in tuple(self.streams):
            stream.wake()

    def strike(self, kind: str) -> None:
        """Let a fault befall all streams that are open now: silent, cut, unavailable, auth_error, limit_exceeded."""
        for stream in tuple(self.streams):
            stream.strike(kind)

    def now(self) -> float:
        """Return the present moment in seconds since the epoch."""
        return self._clock().timestamp()

    def _topic(self, name: str) -> Topic:
        return self.topics[name if name.startswith("/") else f"/event/{name}"]

    def _remember(self, schema: EventSchema) -> EventSchema:
        self.schemas[schema.schema_id] = schema
        return schema

    def _new_uuid(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))


def _event_name(topic: str) -> str:
    return topic.rsplit("/", 1)[-1]
