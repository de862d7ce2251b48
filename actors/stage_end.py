"""What a stage came to, on its way from the worker thread to the broker that acts on it."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dramatiq.message import Message

from clients.ledger.values import Job, StageReport

# Under this name it travels on the message's proxy.
ATTRIBUTE = "stage_end"


@dataclass(frozen=True, slots=True)
class StageEnd:
    """The report for the ledger and the message that follows, if any; `delay_s` is None for at once.

    `again`: the stage did not come to an end; the same message goes back to its queue.
    """

    report: StageReport | None = None
    following: Message[Any] | None = None
    delay_s: float | None = None
    again: bool = False


# What a message carries while its stage runs: should it stay so, the stage broke down in a way that nobody foresaw.
UNFINISHED = StageEnd()


def as_job(end: StageEnd) -> Job | None:
    """Return the message that follows, encoded: with an id of its own, stamped with when it was put on its queue."""
    if end.following is None:
        return None
    now_s = time.time()
    due_s = None if end.delay_s is None else now_s + end.delay_s
    message_id = str(uuid.uuid4())
    stamps: dict[str, Any] = {"redis_message_id": message_id, "enqueued_at": int(now_s * 1000)}
    if due_s is not None:
        stamps["eta"] = int(due_s * 1000)
    message = end.following.copy(options=stamps)
    return Job(
        queue=message.queue_name,
        message_id=message_id,
        data=message.encode(),
        due_at=None if due_s is None else datetime.fromtimestamp(due_s, UTC),
    )
