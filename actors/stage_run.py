"""One run of one stage: claim, parse the value, run, sort the verdict, say what follows.

What the stage's function comes to decides what happens to the order:

    returns a value                   the next stage gets it; Fulfilment and Failure end the run
    returns None                      nothing more to do: the run ends quietly
    raises Retryable                  tried again with growing waits, until GIVE_UP_AFTER_S after the request; time in
                                      which WHMCS or Salesforce was away does not count
    raises Permanent or NeedsHuman    the run goes on to `record-failure`
    raises redis.RedisError           tried again as soon as the store is back; no attempt is spent
    raises anything else              our bug: a few more tries, then `record-failure` with INTERNAL_ERROR;
                                      the traceback stays in the log

Nothing is enqueued or acknowledged here: the broker does both in one step with the `StageEnd` that comes out.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import dramatiq
import redis
import structlog
from pydantic import ValidationError

from actors.backoff import backoff_s
from actors.stage_end import StageEnd, as_request
from actors.toolbox import Clients
from actors.trouble_watch import OUTAGE_SYSTEMS
from actors.values import Failure, Fulfilment, OrderRequest, Run
from clients.errors import ErrorCode, Misconfigured, Retryable, Verdict
from clients.ledger.claim import Claim
from clients.ledger.ledger import ClaimLostError
from clients.ledger.values import Delivery, Entry, OrderState, Request, StageReport

log = structlog.get_logger(__name__)

# A bug may be a passing one (memory, a half-finished deploy): three more tries before a person is asked.
BUG_TRIES = 4
# Another delivery of the same stage is at work: it usually ends within a second.
BUSY_WAIT_S = 2.0
# Failing to write a failure to Salesforce is tried for as long again as the order itself was.
RECORD_FAILURE_PATIENCE = 2

# What passes by itself is no news about an order: an outage is told once, by whoever sees that it is one.
LOG_LEVELS: tuple[tuple[type[Verdict], str], ...] = (
    (Misconfigured, "error"),
    (Retryable, "info"),
    (Verdict, "warning"),
)


class StageRun:
    """One delivery of one message to one stage."""

    def __init__(
        self,
        body: Callable[[Any, Clients], Run | None],
        takes: type[Run],
        use: Clients,
        message: dramatiq.MessageProxy,
        *,
        worker_id: str,
        on_failure: dramatiq.Message[Any],
        from_the_top: Callable[[OrderRequest], dramatiq.Message[Any]],
    ) -> None:
        self._body = body
        self._takes = takes
        self._use = use
        self._message = message
        self._on_failure = on_failure
        self._from_the_top = from_the_top
        self._delivery = Delivery(message.queue_name, message.options["redis_message_id"], worker_id)
        self._attempt = message.options.get("retries", 0) + 1
        self._started_s = time.monotonic()
        self._waited_s = _waited_s(message.options)
        self._fence = ""

    def run(self, data: dict[str, Any]) -> StageEnd:
        """Run the stage on the value in `data` and return what came of it.

        Raises: ValidationError for a message that names no order: nobody can run it, a person has to look.
        """
        try:
            value = self._takes.model_validate(data)
        except ValidationError as error:
            return self._start_again(data, error)
        with self._logging_of(value):
            return self._claimed(value)

    def _logging_of(self, value: Run) -> AbstractContextManager[None]:
        """Return a block in which every log line tells of which run it is."""
        return structlog.contextvars.bound_contextvars(
            order_id=value.order_id,
            run_id=value.run_id,
            event_id=value.event_id,
            stage=self._delivery.queue,
            attempt=self._attempt,
        )

    def _claimed(self, value: Run) -> StageEnd:
        try:
            entry, self._fence = self._use.ledger.enter(
                value.order_id,
                run_id=value.run_id,
                delivery=self._delivery,
                attempt=self._attempt,
            )
            if entry is Entry.ENTERED:
                return replace(self._tried(value), afresh=lambda: self._afresh(value))
        except redis.RedisError as error:
            # The same message again, as soon as the store is back: whatever was done is looked up like after a crash.
            log.warning("stage.store_failed", error=type(error).__name__)
            return StageEnd(again=True)
        self._fence = ""
        log.info("stage.skipped", reason=entry)
        return self._postponed(value) if entry is Entry.BUSY else self._quiet_end(value)

    def _tried(self, value: Run) -> StageEnd:
        claim = Claim(self._use.ledger, value.order_id, self._fence)
        try:
            result = self._body(value, self._use.holding(claim))
        except ClaimLostError:
            log.warning("stage.claim_lost")
            return self._quiet_end(value)
        except Verdict as verdict:
            self._use.troubles.saw(self._delivery.queue, value.order_id, verdict)
            return self._sort(value, verdict)
        except redis.RedisError:
            raise
        except Exception as bug:  # noqa: BLE001 - the one place where anything may end up
            return self._sort_bug(value, bug)
        self._use.troubles.saw(self._delivery.queue, value.order_id, None)
        return self._pass_on(value, result)

    # What a stage can come to.

    def _pass_on(self, value: Run, result: Run | None) -> StageEnd:
        if result is None:
            return self._ended(self._report(value, OrderState.ENDED, "ended"))
        if isinstance(result, Failure):
            return self._ended(self._failed(result))
        fields = {"whmcs_order_id": str(found)} if (found := getattr(result, "whmcs_order_id", None)) else {}
        if isinstance(result, Fulfilment):
            return self._ended(self._report(value, OrderState.ACTIVATED, "activated", fields=fields))
        report = self._report(value, OrderState.HANDED_OVER, "passed", fields=fields)
        return self._told(StageEnd(report, self._next_message(result)))

    def _next_message(self, result: Run) -> dramatiq.Message[Any]:
        """Return the message for the next stage; a message that came without one starts the order from the top."""
        target = self._message.options.get("pipe_target")
        if target is None:
            return self._from_the_top(OrderRequest(**result.run_fields()))
        return dramatiq.Message(**target).copy(args=(result.model_dump(mode="json"),))

    def _sort(self, value: Run, verdict: Verdict) -> StageEnd:
        level = next(level for kind, level in LOG_LEVELS if isinstance(verdict, kind))
        fields = {"verdict": type(verdict).__name__, "code": verdict.code, "detail": verdict.detail or verdict.message}
        getattr(log, level)("stage.verdict", **fields)
        if isinstance(verdict, Retryable) and not self._is_too_late(value):
            return self._wait(value, verdict)
        return self._divert(value, verdict)

    def _sort_bug(self, value: Run, bug: Exception) -> StageEnd:
        log.error("stage.bug", exc_info=bug)
        tries = self._message.options.get("bugs", 0) + 1
        self._message.options["bugs"] = tries
        verdict = Retryable(
            ErrorCode.INTERNAL_ERROR, "An internal error stopped the order; operators see it in the log."
        )
        return self._wait(value, verdict) if tries < BUG_TRIES else self._divert(value, verdict)

    def _start_again(self, data: dict[str, Any], error: ValidationError) -> StageEnd:
        """Start the order from the top: this message was written by a version whose values were others."""
        request = OrderRequest.model_validate({name: data.get(name) for name in Run.model_fields})
        with self._logging_of(request):
            log.warning("stage.value_unreadable", errors=error.error_count())
            report = self._report(request, OrderState.QUEUED, "started_again")
            return self._told(StageEnd(report, self._from_the_top(request)))

    def _is_too_late(self, value: Run) -> bool:
        patience = RECORD_FAILURE_PATIENCE if isinstance(value, Failure) else 1
        limit = timedelta(seconds=self._use.settings.give_up_after_s * patience)
        now = self._use.clock.now()
        if now - value.requested_at < limit:
            return False
        return (
            now - value.requested_at - self._use.ledger.troubles.outage_since(value.requested_at, OUTAGE_SYSTEMS)
            >= limit
        )

    # What follows.

    def _wait(self, value: Run, verdict: Retryable) -> StageEnd:
        settings = self._use.settings
        wait_s = backoff_s(
            self._attempt,
            shortest_s=settings.retry_min_s,
            longest_s=settings.retry_max_s,
            asked_for_s=verdict.retry_after_s,
        )
        report = self._report(value, OrderState.WAITING, "retry", verdict=verdict, wait_s=wait_s)
        return self._told(StageEnd(report, self._message.copy(options={"retries": self._attempt}), wait_s))

    def _postponed(self, value: Run) -> StageEnd:
        """Wait for one's turn, which is no attempt."""
        report = self._report(value, OrderState.WAITING, "postponed", wait_s=BUSY_WAIT_S)
        return self._told(StageEnd(report, self._message.copy(), BUSY_WAIT_S))

    def _divert(self, value: Run, verdict: Verdict) -> StageEnd:
        if isinstance(value, Failure):
            log.error("failure.not_written_to_salesforce", code=value.code)
            return self._ended(self._failed(value))
        failure = Failure(
            **value.run_fields(),
            stage=self._delivery.queue,
            code=verdict.code,
            message=verdict.message,
            detail=verdict.detail,
        )
        report = self._report(value, OrderState.HANDED_OVER, "failed", verdict=verdict)
        return self._told(StageEnd(report, self._on_failure.copy(args=(failure.model_dump(mode="json"),))))

    def _ended(self, report: StageReport) -> StageEnd:
        return self._told(StageEnd(report))

    def _quiet_end(self, value: Run) -> StageEnd:
        """End here without a word in the ledger: somebody else has the order, or will have it again."""
        return self._told(StageEnd(self._report(value, OrderState.ENDED, "skipped")))

    def _afresh(self, value: Run) -> Request:
        """Return a request for another run, for an end that came too late."""
        order = OrderRequest(
            order_id=value.order_id, run_id=uuid.uuid4().hex, requested_at=self._use.clock.now(), source="sweep"
        )
        return as_request(order, self._from_the_top(order))

    def _told(self, end: StageEnd) -> StageEnd:
        report = end.report
        if report is not None:
            log.info(
                "stage.finished",
                outcome=report.outcome,
                state=report.state,
                code=report.code or None,
                duration_s=round(report.duration_s, 4),
                waited_s=round(report.waited_s, 3),
                wait_s=round(report.wait_s, 3) or None,
            )
        return end

    def _failed(self, failure: Failure) -> StageReport:
        verdict = Verdict(failure.code, failure.message, detail=failure.detail)
        return replace(self._report(failure, OrderState.FAILED, "recorded", verdict=verdict), stage=failure.stage)

    def _report(
        self,
        value: Run,
        state: OrderState,
        outcome: str,
        *,
        verdict: Verdict | None = None,
        wait_s: float = 0.0,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> StageReport:
        return StageReport(
            order_id=value.order_id,
            run_id=value.run_id,
            fence=self._fence,
            state=state,
            stage=self._delivery.queue,
            attempt=self._attempt,
            outcome=outcome,
            duration_s=time.monotonic() - self._started_s,
            code=verdict.code if verdict else "",
            message=verdict.message if verdict else "",
            detail=verdict.detail if verdict else "",
            waited_s=self._waited_s,
            wait_s=wait_s,
            fields=fields,
        )


def _waited_s(options: Mapping[str, Any]) -> float:
    """Return how long the message had been due before it was taken up; a retry is due only when its wait is over."""
    due_at_ms = options.get("due_at") or options.get("enqueued_at")
    return max(0.0, time.time() - due_at_ms / 1000) if due_at_ms else 0.0
