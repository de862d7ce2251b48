"""What travels over the Pub/Sub API, as values: outside the clients nobody sees a gRPC message."""

from dataclasses import dataclass, field
from enum import IntEnum


class ReplayPreset(IntEnum):
    """Where a subscription starts. On the wire LATEST is 0: a preset that is forgotten skips what is retained."""

    LATEST = 0
    EARLIEST = 1
    CUSTOM = 2


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event as it came: `event_id` tells duplicates, `replay_id` is opaque and never compared."""

    event_id: str
    schema_id: str
    payload: bytes = field(repr=False)
    replay_id: bytes


@dataclass(frozen=True, slots=True)
class CommitOutcome:
    """The answer to one or several commits of a managed subscription; `error` is empty if it was taken."""

    request_id: str
    replay_id: bytes
    error: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One response of a subscription; `pending` is the credit that the server has left.

    `latest_replay_id` may lie ahead of the last event: it is a position to store only once every event is safe.
    A response that only answers a commit says nothing about the stream: see `is_keepalive`.
    """

    events: tuple[ReceivedEvent, ...]
    latest_replay_id: bytes
    pending: int
    commit: CommitOutcome | None = None

    @property
    def is_keepalive(self) -> bool:
        """Tell whether the server only says that it is still there, and how far it is."""
        return not self.events and self.commit is None


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """A topic; its schema is the current one, and retained events may carry older ones."""

    name: str
    schema_id: str
    can_publish: bool
    can_subscribe: bool


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event to publish; the payload is encoded with the schema it names."""

    event_id: str
    schema_id: str
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What became of one published event; `error` is empty if it is on the bus."""

    event_id: str
    replay_id: bytes
    error: str
