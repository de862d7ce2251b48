"""What we remember of each order, on Redis or Valkey: claims, intents, history, failures.

Redis may be flushed or lost at any moment; nothing here is the only proof of anything (Salesforce and WHMCS are).
Every change of several steps is one Lua script, so that a crash leaves all of it or nothing. The scripts take the time
from the store itself: the clocks of the processes differ.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import redis
from redis.commands.core import Script

from clients.clock import Clock, SystemClock
from clients.ledger import keys, queues
from clients.ledger.lease import Lease, LeaseLostError
from clients.ledger.load_script import register
from clients.ledger.memories import Memories, text
from clients.ledger.troubles import Troubles
from clients.ledger.values import (
    FINAL_STATES,
    Admission,
    Delivery,
    Entry,
    HandOver,
    Intent,
    Job,
    OrderState,
    Request,
    StageReport,
)

# A claim outlives the longest stage (AcceptOrder may run a provisioning module for minutes) and the longest wait. One
# whose message is lost does not last: see admit.lua.
CLAIM_TTL = timedelta(hours=24)
# How long another delivery of the same stage waits for the first before it takes over: longer than any stage may run.
BUSY_LEASE = timedelta(minutes=5)
# The bus keeps events for 72 h and purges late: a day more than that, and a replayed event is still known.
EVENT_TTL = timedelta(hours=96)
# A good order writes about 8 entries; this leaves room for a bad day of retries and bounds the memory of one order.
HISTORY_LIMIT = 200

_NOBODY = "0"


class ClaimLostError(Exception):
    """Another run or another delivery works on the order now; this one must stop before its next outside write."""


class Ledger(Memories):
    """Claims with fencing numbers, intents, the story of each order, unresolved failures."""

    def __init__(
        self, client: redis.Redis, *, clock: Clock | None = None, keep_finished: timedelta = timedelta(days=30)
    ) -> None:
        super().__init__(client)
        self._clock = clock or SystemClock()
        self._kept = keep_finished
        self.troubles = Troubles(client, self._clock)
        self._admit, self._enter, self._hand_over = self._register("admit", "enter", "hand_over")
        self._intend, self._retract, self._note_empty_look = self._register("intend", "retract", "note_empty_look")
        self._touch_mark, self._idle, self._resolve = self._register("touch_mark", "idle", "resolve")
        (self._hold,) = self._register("hold")

    # -- taking requests in -------------------------------------------------------------------------------------

    def admit(
        self, requests: Sequence[Request], *, position: tuple[str, bytes] | None = None, lease: Lease | None = None
    ) -> list[Admission]:
        """Take in requests and store the replay position behind them, all in one step.

        Shape:  one answer per request, in order. `position` is (key, opaque bytes): it is stored only together with
                everything before it; `lease` has to be held at that moment.
        Raises: LeaseLostError; then nothing is taken in.
        """
        position_key, replay_id = position or ("", b"")
        lease_key, token = (lease.key, lease.token) if lease else ("", "")
        names = [keys.FENCE, keys.UNFINISHED, keys.MARK, position_key, lease_key]
        spans = [_millis(CLAIM_TTL), _millis(EVENT_TTL), HISTORY_LIMIT]
        args: list[str | bytes | int] = [*spans, queues.NAMESPACE, replay_id, self._now_ms(), token]
        for request in requests:
            names += self._admission_keys(request)
            args += self._admission_args(request)
        answers = self._admit(keys=names, args=args)
        if lease is not None and answers == [b"lease_lost"]:
            raise LeaseLostError(lease.name)
        return [Admission(text(answer)) for answer in answers]

    def _admission_keys(self, request: Request) -> list[str]:
        order_id = request.order_id
        of_order = [keys.claim(order_id), keys.order(order_id), keys.history(order_id)]
        return [*of_order, keys.event(request.event_id), *_queue_keys(request.job)]

    def _admission_args(self, request: Request) -> list[str | bytes]:
        job = request.job
        return [
            request.run_id,
            request.event_id,
            job.message_id,
            job.data,
            job.queue,
            request.order_id,
            self._entry(stage="request", outcome=request.source, event_id=request.event_id),
            request.source,
            request.requested_at.isoformat(),
        ]

    # -- running stages -----------------------------------------------------------------------------------------

    def enter(self, order_id: str, *, run_id: str, delivery: Delivery, attempt: int) -> tuple[Entry, str]:
        """Begin a stage: hold the order's claim under a new fencing number, or tell why not.

        The same message delivered again may go on at once: its first worker is gone, or believed gone.
        """
        word, fence = self._enter(
            keys=[
                keys.claim(order_id),
                keys.FENCE,
                keys.order(order_id),
                keys.UNFINISHED,
                queues.acks(delivery.worker_id, delivery.queue),
            ],
            args=[
                run_id,
                delivery.message_id,
                delivery.queue,
                attempt,
                _millis(CLAIM_TTL),
                _millis(BUSY_LEASE),
                order_id,
            ],
        )
        return Entry(text(word)), text(fence)

    def hand_over(self, delivery: Delivery, report: StageReport, following: Job | None = None) -> HandOver:
        """End a stage: acknowledge its message, write down what came of it, enqueue what follows, in one step.

        Safe to call again after an answer was lost. A final state gives the claim back.
        """
        order_id = report.order_id
        fields = self._fields(report)
        answer = self._hand_over(
            keys=[
                queues.acks(delivery.worker_id, delivery.queue),
                queues.messages(delivery.queue),
                queues.queue(delivery.queue),
                keys.claim(order_id),
                keys.order(order_id),
                keys.history(order_id),
                keys.UNFINISHED,
                keys.FAILURES,
                *_queue_keys(following),
            ],
            args=[
                delivery.message_id,
                report.fence or _NOBODY,
                report.run_id,
                _millis(CLAIM_TTL),
                HISTORY_LIMIT,
                self._entry(**_story(report)),
                order_id,
                _millis(self._kept),
                "1" if report.state in FINAL_STATES else "",
                self._failure(report),
                following.message_id if following else "",
                following.data if following else "",
                following.queue if following else "",
                _due_ms(following),
                *[part for pair in fields.items() for part in pair],
            ],
        )
        return HandOver(text(answer))

    def holds(self, order_id: str, *, fence: str, untouched: bool = False) -> bool:
        """Tell whether the claim is still held under this number.

        `untouched` is noted with the order: Salesforce showed no attempt for it before ours.
        """
        names = [keys.claim(order_id), keys.order(order_id)]
        return bool(self._hold(keys=names, args=[fence, "1" if untouched else ""]))

    # -- intents ------------------------------------------------------------------------------------------------

    def intend(self, order_id: str, action: str, *, fence: str) -> Intent:
        """Write down, before an outside write is sent, that it may have been; or read the intent of an earlier attempt.

        Raises: ClaimLostError when the claim was taken over; then nothing is written.
        """
        answer = self._write_intent(order_id, action, fence, "")
        is_new, age_ms, empty_looks, same_memory, mark, born_at_ms, known, untouched = answer
        return Intent(
            is_new=bool(is_new),
            age_s=int(age_ms) / 1000,
            empty_looks=int(empty_looks),
            same_memory=bool(same_memory),
            mark=text(mark),
            remembers_since=max(_moment(born_at_ms), self._clock.now() - self._kept),
            known_whmcs_order_id=int(known) if known else None,
            seen_untouched=bool(untouched),
        )

    def renew(self, order_id: str, action: str, *, fence: str, seen: Intent) -> bool:
        """Write an intent anew, before the write is sent again: the earlier one is known to have come to nothing.

        False when the store may have forgotten something since `seen` was read: then nothing is known, and written.
        Raises: ClaimLostError when the claim was taken over; then nothing is written.
        """
        return bool(self._write_intent(order_id, action, fence, seen.mark) != [b"forgotten"])

    def _write_intent(self, order_id: str, action: str, fence: str, seen_mark: str) -> list[Any]:
        names = [keys.claim(order_id), keys.intent(order_id, action), keys.MARK, keys.order(order_id)]
        answer: list[Any] = self._intend(keys=names, args=[fence, _millis(self._kept), seen_mark])
        if answer == [b"lost"]:
            raise ClaimLostError(order_id)
        return answer

    def retract(self, order_id: str, action: str, *, fence: str) -> None:
        """Forget an intent whose write was cleanly refused."""
        self._retract(keys=[keys.claim(order_id), keys.intent(order_id, action)], args=[fence])

    def note_empty_look(self, order_id: str, action: str, *, fence: str, seen: int) -> int:
        """Count a look-up that found nothing although it was late enough to; returns how many there were.

        `seen` is how many there were before this one, so that a repeated call counts once.
        Raises: ClaimLostError when the claim was taken over.
        """
        names = [keys.claim(order_id), keys.intent(order_id, action)]
        looks = int(self._note_empty_look(keys=names, args=[fence, seen]))
        if looks < 0:
            raise ClaimLostError(order_id)
        return looks

    def unfinished(self, *, quiet_for: timedelta, page: int) -> Iterator[list[str]]:
        """Yield, page by page, the orders whose run has not ended and that have not moved for a while."""
        until = (self._clock.now() - quiet_for).timestamp() * 1000
        start = 0
        while found := cast("list[bytes]", self.redis.zrangebyscore(keys.UNFINISHED, 0, until, start, page)):
            yield [text(order_id) for order_id in found]
            start += page

    def idle(self, order_ids: Sequence[str]) -> list[str]:
        """Return those of the orders that nobody is working on: their message is in no queue and no worker's hands."""
        if not order_ids:
            return []
        args = [queues.NAMESPACE, keys.order(""), *order_ids]
        return [text(order_id) for order_id in self._idle(keys=[], args=args)]

    def resolve(self, order_id: str, *, by: str, why: str) -> bool:
        """Close an order's failure by a person's decision; False when it has none. Written down in its story."""
        entry = self._entry(stage="failure", outcome="resolved", by=by, message=why)
        names = [keys.FAILURES, keys.order(order_id), keys.history(order_id)]
        return bool(self._resolve(keys=names, args=[order_id, entry, HISTORY_LIMIT, _millis(self._kept)]))

    def touch_mark(self) -> datetime:
        """Return since when the store is sure to remember everything; a new store begins to now."""
        _, born_at_ms = self._touch_mark(keys=[keys.MARK])
        return _moment(born_at_ms)

    # -- helpers ------------------------------------------------------------------------------------------------

    def _register(self, *names: str) -> list[Script]:
        return [register(self.redis, "clients.ledger", name) for name in names]

    def _fields(self, report: StageReport) -> dict[str, str]:
        fields = {"state": report.state, "stage": report.stage, "attempt": str(report.attempt), **report.fields}
        if report.code:
            fields |= {"code": report.code, "message": report.message}
        return fields

    def _entry(self, **fields: object) -> str:
        at = self._clock.now().isoformat(timespec="milliseconds")
        told = {name: value for name, value in fields.items() if value not in ("", 0, None)}
        # Of a finished order, its story is what takes the most memory.
        return json.dumps({"at": at} | told, separators=(",", ":"))

    def _failure(self, report: StageReport) -> str:
        if report.state is not OrderState.FAILED:
            return ""
        return self._entry(stage=report.stage, code=report.code, message=report.message, detail=report.detail)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _queue_keys(job: Job | None) -> list[str]:
    """Return list, messages and waiting key of the queue that a message goes to; any will do when there is none."""
    name = "none" if job is None else job.queue if job.due_at is None else queues.delayed(job.queue)
    return [queues.queue(name), queues.messages(name), queues.waiting(name)]


def _due_ms(job: Job | None) -> str:
    return str(int(job.due_at.timestamp() * 1000)) if job and job.due_at else ""


def _story(report: StageReport) -> dict[str, object]:
    return {
        "stage": report.stage,
        "attempt": report.attempt,
        "outcome": report.outcome,
        "duration_s": round(report.duration_s, 4),
        "waited_s": round(report.waited_s, 3),
        "wait_s": round(report.wait_s, 3),
        "code": report.code,
        "message": report.message,
        "detail": report.detail,
    }


def _millis(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _moment(millis: bytes | str | int) -> datetime:
    return datetime.fromtimestamp(int(millis) / 1000, UTC)
