"""What we remember of each order, on Redis or Valkey: claims, intents, history, failures.

Redis may be flushed or lost at any moment; nothing here is the only proof of anything (Salesforce and WHMCS are).
Every change of several steps is one Lua script, so that a crash leaves all of it or nothing. Times in milliseconds.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, cast

import redis

from clients.clock import Clock, SystemClock
from clients.ledger import keys
from clients.ledger.values import (
    FINAL_STATES,
    Admission,
    Entry,
    Intent,
    OrderMemory,
    OrderState,
    Request,
    StageReport,
)

# A claim outlives the longest stage (AcceptOrder may run a provisioning module for minutes).
CLAIM_TTL = timedelta(minutes=15)
# How long another delivery of the same stage waits for the first before it takes over: longer than any stage may run.
BUSY_LEASE = timedelta(minutes=5)
# The bus keeps events for 72 h and purges late: a day more than that, and a replayed event is still known.
EVENT_TTL = timedelta(hours=96)
# A good order writes about 8 entries; this leaves room for a bad day of retries and bounds the memory of one order.
HISTORY_LIMIT = 200


class ClaimLostError(Exception):
    """Another run or another delivery works on the order now; this one must stop before its next outside write."""


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(millis: bytes | str | int) -> datetime:
    return datetime.fromtimestamp(int(millis) / 1000, UTC)


def _script(name: str) -> str:
    return resources.files("clients.ledger").joinpath("scripts", f"{name}.lua").read_text("utf-8")


class Ledger:
    """Claims with fencing numbers, AddOrder intents, the story of each order, unresolved failures."""

    def __init__(
        self, client: redis.Redis, *, clock: Clock | None = None, keep_finished: timedelta = timedelta(days=30)
    ) -> None:
        self.redis = client
        self._clock = clock or SystemClock()
        self._kept_ms = int(keep_finished.total_seconds() * 1000)
        self._admit = client.register_script(_script("admit"))
        self._enter = client.register_script(_script("enter"))
        self._leave = client.register_script(_script("leave"))
        self._intend = client.register_script(_script("intend"))
        self._retract = client.register_script(_script("retract"))

    # -- taking requests in -------------------------------------------------------------------------------------

    def admit(self, requests: Sequence[Request], *, position: tuple[str, bytes] | None = None) -> list[Admission]:
        """Take in requests and store the replay position behind them, all in one transaction.

        Shape:  one answer per request, in order. `position` is (key, opaque bytes): it is stored only together with
                everything before it.
        """
        pipe = self.redis.pipeline(transaction=True)
        # A pipeline loads missing scripts itself before it runs.
        for request in requests:
            self._queue_admission(pipe, request)
        if position is not None:
            self._queue_position(pipe, *position)
        answers = pipe.execute()
        return [Admission(_text(answer)) for answer in answers[: len(requests)]]

    def _queue_admission(self, pipe: Any, request: Request) -> None:
        order_id, job = request.order_id, request.job
        entry = self._entry(stage="request", outcome=request.source, event_id=request.event_id)
        self._admit(
            keys=[
                keys.claim(order_id),
                keys.FENCE,
                keys.order(order_id),
                keys.history(order_id),
                keys.UNFINISHED,
                keys.event(request.event_id),
                job.queue_key,
                job.messages_key,
            ],
            args=[
                request.run_id,
                request.event_id,
                _millis(self._clock.now()),
                _millis_of(CLAIM_TTL),
                _millis_of(EVENT_TTL),
                HISTORY_LIMIT,
                job.redis_message_id,
                job.data,
                order_id,
                entry,
                request.source,
                request.requested_at.isoformat(),
            ],
            client=pipe,
        )

    def _queue_position(self, pipe: Any, key: str, replay_id: bytes) -> None:
        pipe.hset(key, mapping={"replay_id": replay_id, "stored_at": _millis(self._clock.now())})

    # -- running stages -----------------------------------------------------------------------------------------

    def enter(self, order_id: str, *, run_id: str, token: str, stage: str, attempt: int) -> tuple[Entry, int]:
        """Begin a stage: hold the order's claim under a new fencing number, or tell why not.

        `token` names this delivery of the message: the same token again is a redelivery and may go on at once.
        """
        number, word = self._enter(
            keys=[keys.claim(order_id), keys.FENCE, keys.order(order_id), keys.UNFINISHED],
            args=[
                run_id,
                token,
                stage,
                attempt,
                _millis(self._clock.now()),
                _millis_of(CLAIM_TTL),
                _millis_of(BUSY_LEASE),
                order_id,
            ],
        )
        return Entry(_text(word)), int(number)

    def leave(self, order_id: str, *, fence: int, report: StageReport) -> bool:
        """End a stage with its report; a final state gives the claim back. False when the claim was taken over."""
        final = report.state in FINAL_STATES
        failure = self._failure(report) if report.state is OrderState.FAILED else ""
        fields = {"state": report.state, "stage": report.stage, "attempt": str(report.attempt), **report.fields}
        if report.code:
            fields |= {"code": report.code, "message": report.message}
        if report.wait_s:
            fields["due_at"] = str(_millis(self._clock.now() + timedelta(seconds=report.wait_s)))
        answer = self._leave(
            keys=[
                keys.claim(order_id),
                keys.order(order_id),
                keys.history(order_id),
                keys.UNFINISHED,
                keys.FAILURES,
            ],
            args=[
                fence,
                _millis(self._clock.now()),
                _millis_of(CLAIM_TTL + timedelta(seconds=report.wait_s)),
                HISTORY_LIMIT,
                self._entry(**_story(report)),
                order_id,
                self._kept_ms,
                "1" if final else "",
                failure,
                *[part for pair in fields.items() for part in pair],
            ],
        )
        return bool(answer)

    def holds(self, order_id: str, *, fence: int) -> bool:
        """Tell whether the claim is still held under this number."""
        held = cast("bytes | None", self.redis.hget(keys.claim(order_id), "fence"))
        return held is not None and int(held) == fence

    # -- intents ------------------------------------------------------------------------------------------------

    def intend(self, order_id: str, action: str, *, fence: int, again: bool = False) -> Intent:
        """Write down, before an outside write is sent, that it may have been; or read the intent of an earlier attempt.

        `again` renews an existing intent: the earlier attempt is known to have come to nothing.
        Raises: ClaimLostError when the claim was taken over; then nothing is written.
        """
        answer = self._intend(
            keys=[keys.claim(order_id), keys.intent(order_id, action)],
            args=[fence, _millis(self._clock.now()), self._kept_ms, "again" if again else "first"],
        )
        if len(answer) == 1:
            raise ClaimLostError(order_id)
        is_new, sent_at, empty_looks, known = answer
        return Intent(
            is_new=bool(is_new),
            sent_at=_moment(sent_at),
            empty_looks=int(empty_looks),
            answer=int(known) if known else None,
        )

    def retract(self, order_id: str, action: str, *, fence: int) -> None:
        """Forget an intent whose write was cleanly refused."""
        self._retract(keys=[keys.claim(order_id), keys.intent(order_id, action)], args=[fence])

    def note_empty_look(self, order_id: str, action: str) -> int:
        """Count a look-up that found nothing although it was late enough to; returns how many there were."""
        return self.redis.hincrby(keys.intent(order_id, action), "empty_looks", 1)

    def note_answer(self, order_id: str, action: str, answer: int) -> None:
        """Remember the id that a write made."""
        key = keys.intent(order_id, action)
        pipe = self.redis.pipeline(transaction=True)
        pipe.hset(key, "answer", answer)
        pipe.pexpire(key, self._kept_ms)
        pipe.execute()

    # -- reading ------------------------------------------------------------------------------------------------

    def remember(self, order_id: str) -> OrderMemory:
        """Return all that is remembered of an order."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.hgetall(keys.order(order_id))
        pipe.lrange(keys.history(order_id), 0, -1)
        pipe.hget(keys.claim(order_id), "run")
        pipe.hget(keys.FAILURES, order_id)
        fields, history, run, failure = pipe.execute()
        return OrderMemory(
            order_id=order_id,
            fields={_text(name): _text(value) for name, value in fields.items()},
            history=tuple(json.loads(entry) for entry in history),
            claimed_by=_text(run) if run else None,
            failure=json.loads(failure) if failure else None,
        )

    def states(self, order_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the remembered fields of many orders in one round trip; unknown ones are empty."""
        ids = list(order_ids)
        pipe = self.redis.pipeline(transaction=False)
        for order_id in ids:
            pipe.hgetall(keys.order(order_id))
        return {
            order_id: {_text(name): _text(value) for name, value in fields.items()}
            for order_id, fields in zip(ids, pipe.execute(), strict=True)
        }

    def failures(self) -> dict[str, dict[str, object]]:
        """Return every unresolved failure by order id."""
        stored = cast("dict[bytes, bytes]", self.redis.hgetall(keys.FAILURES))
        return {_text(order_id): json.loads(entry) for order_id, entry in stored.items()}

    # -- helpers ------------------------------------------------------------------------------------------------

    def _entry(self, **fields: object) -> str:
        at = self._clock.now().isoformat(timespec="milliseconds")
        return json.dumps({"at": at} | {name: value for name, value in fields.items() if value not in ("", 0, None)})

    def _failure(self, report: StageReport) -> str:
        return self._entry(stage=report.stage, code=report.code, message=report.message, detail=report.detail)


def _story(report: StageReport) -> dict[str, object]:
    return {
        "stage": report.stage,
        "attempt": report.attempt,
        "outcome": report.outcome,
        "duration_s": round(report.duration_s, 4),
        "wait_s": round(report.wait_s, 3),
        "code": report.code,
        "message": report.message,
        "detail": report.detail,
    }


def _millis_of(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
