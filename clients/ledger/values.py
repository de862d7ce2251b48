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
    NOT_OURS = "not_ours"


class HandOver(StrEnum):
    """What came of handing an order over at the end of a stage."""

    HANDED_OVER = "handed_over"
    ASKED_AGAIN = "asked_again"
    NOT_OURS = "not_ours"
    GIVEN_BACK = "given_back"
    SUPERSEDED = "superseded"


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
    """One message, encoded for the broker, on its way to a queue; `due_at` says when, None means now."""

    queue: str
    message_id: str
    data: bytes
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as one worker holds it: fetched from a queue, not yet acknowledged."""

    queue: str
    message_id: str
    worker_id: str


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

    `is_new`: this call wrote it, and the ledger remembers none before; `age_s` is since when it stands, by the clock of
    the store. `empty_looks` counts look-ups after the server's own time limit that found nothing. `same_memory`:
    nothing was forgotten since the run was admitted; `mark` names the memory. `remembers_since`: whatever happened
    after that moment is in the ledger, by the clock of the store. `seen_untouched`: the ledger saw the order when
    Salesforce showed no attempt for it, so that every attempt since was made with this ledger.
    """

    is_new: bool
    age_s: float
    empty_looks: int
    same_memory: bool
    mark: str
    remembers_since: datetime
    known_whmcs_order_id: int | None = None
    seen_untouched: bool = False


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage run came to, for the history and the order's state.

    `fence` is the number under which the claim was held, "" when it never was: then nothing is written of the order.
    Units: `waited_s` is how long the message had been due before the stage began, `wait_s` how long the next try waits.
    """

    order_id: str
    run_id: str
    fence: str
    state: OrderState
    stage: str
    attempt: int
    outcome: str
    duration_s: float
    code: str = ""
    message: str = ""
    detail: str = ""
    waited_s: float = 0.0
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
