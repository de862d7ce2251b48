"""What a stage came to, on its way from the worker thread to the broker that acts on it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dramatiq.message import Message

from actors.values import OrderRequest
from clients.ledger.values import Job, Request, StageReport

# Under this name it travels on the message's proxy.
ATTRIBUTE = "stage_end"


@dataclass(frozen=True, slots=True)
class StageEnd:
    """The report for the ledger and the message that follows, if any; `delay_s` is None for at once.

    `again`: the stage did not come to an end; the same message goes back to its queue. `afresh` makes the first message
    of a new run, for the case that the end is not accepted: the order may have been written to after it was somebody
    else's, so it has to be looked at once more.
    """

    report: StageReport | None = None
    following: Message[Any] | None = None
    delay_s: float | None = None
    again: bool = False
    afresh: Callable[[], Request] | None = None


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


def as_request(order: OrderRequest, first: Message[Any]) -> Request:
    """Return a request for a run as the ledger takes it in: with the run's first message, encoded for its queue."""
    job = as_job(StageEnd(following=first))
    if job is None:
        raise RuntimeError("a run without a first message")
    return Request(
        order_id=order.order_id,
        run_id=order.run_id,
        source=order.source,
        requested_at=order.requested_at,
        event_id=order.event_id or "",
        job=job,
    )
