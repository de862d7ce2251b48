"""What the ledger hands out: claims, intents and remembered orders, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Admission(StrEnum):
    """What became of a request for an order."""

    ENQUEUED = "enqueued"
    DUPLICATE_EVENT = "duplicate_event"
    ALREADY_CLAIMED = "already_claimed"


class Entry(StrEnum):
    """What came of the attempt to begin a stage."""

    ENTERED = "entered"
    TAKEN = "taken"
    BUSY = "busy"
    OVER = "over"


class OrderState(StrEnum):
    """Where a remembered order stands."""

    QUEUED = "queued"
    RUNNING = "running"
    HANDED_OVER = "handed_over"
    WAITING = "waiting"
    ACTIVATED = "activated"
    FAILED = "failed"
    ENDED = "ended"


FINAL_STATES = frozenset({OrderState.ACTIVATED, OrderState.FAILED, OrderState.ENDED})


@dataclass(frozen=True, slots=True)
class Job:
    """One queued message, already encoded for the broker, with the keys of its queue."""

    queue_key: str
    messages_key: str
    redis_message_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for a run of an order."""

    order_id: str
    run_id: str
    source: str
    requested_at: datetime
    job: Job
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """An outside write may have been sent for this order.

    `is_new`: this call wrote it, nobody wrote one before. `empty_looks` counts look-ups after the server's own time
    limit that found nothing. `answer` is the id that the write made, once it is known.
    """

    is_new: bool
    sent_at: datetime
    empty_looks: int
    answer: int | None


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage run came to, for the history and the order's state."""

    state: OrderState
    stage: str
    attempt: int
    outcome: str
    duration_s: float
    code: str = ""
    message: str = ""
    detail: str = ""
    wait_s: float = 0.0
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderMemory:
    """What the ledger remembers of one order: its state, and the story of its stages (oldest first)."""

    order_id: str
    fields: Mapping[str, str]
    history: tuple[Mapping[str, object], ...]
    claimed_by: str | None
    failure: Mapping[str, object] | None

    @property
    def state(self) -> OrderState | None:
        """Return where the order stands, None when nothing is remembered."""
        text = self.fields.get("state")
        return OrderState(text) if text else None
