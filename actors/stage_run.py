"""One run of one stage: claim, parse the value, run, sort the verdict, hand over.

What the stage's function comes to decides what happens to the order:

    returns a value                   the pipeline goes on with it; Fulfilment and Failure end the run
    returns None                      nothing more to do: the run ends quietly
    raises Retryable                  tried again with growing waits, until GIVE_UP_AFTER_S after the request
    raises Permanent or NeedsHuman    the run goes on to `record-failure`
    raises anything else              our bug: a few more tries, then `record-failure` with INTERNAL_ERROR;
                                      the traceback stays in the log

Whom a message is handed to is Dramatiq's business (`pipe_target`): diverting a run gives the message another target,
ending it takes the target away.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NoReturn

import dramatiq
import structlog
from dramatiq.middleware import Interrupt

from actors.backoff import backoff_s
from actors.toolbox import Clients
from actors.values import Failure, Fulfilment, Run
from clients.errors import ErrorCode, Misconfigured, OutcomeUnknown, Retryable, Verdict
from clients.ledger.claim import Claim
from clients.ledger.ledger import ClaimLostError
from clients.ledger.values import Entry, OrderState, StageReport

log = structlog.get_logger(__name__)

# A bug may be a passing one (memory, a half-finished deploy): three more tries before a person is asked.
BUG_TRIES = 4
# Another delivery of the same stage is at work: it usually ends within a second.
BUSY_WAIT_S = 2.0
# Failing to write a failure to Salesforce is tried for as long again as the order itself was.
RECORD_FAILURE_PATIENCE = 2

LOG_LEVELS: tuple[tuple[type[Verdict], str], ...] = (
    (Misconfigured, "error"),
    (OutcomeUnknown, "warning"),
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
        on_failure: dramatiq.Message[Any],
    ) -> None:
        self._body = body
        self._takes = takes
        self._use = use
        self._message = message
        self._on_failure = on_failure
        self._stage = message.queue_name
        self._attempt = message.options.get("retries", 0) + 1
        self._started = time.monotonic()
        self._fence = 0

    def run(self, data: dict[str, Any]) -> dict[str, Any] | None:
        """Run the stage on the value in `data`; return what the next stage gets, None when the run ends here."""
        value = self._takes.model_validate(data)
        with structlog.contextvars.bound_contextvars(
            order_id=value.order_id,
            run_id=value.run_id,
            event_id=value.event_id,
            stage=self._stage,
            attempt=self._attempt,
        ):
            return self._claimed(value)

    def _claimed(self, value: Run) -> dict[str, Any] | None:
        entry, self._fence = self._use.ledger.enter(
            value.order_id,
            run_id=value.run_id,
            token=self._message.options.get("redis_message_id", self._message.message_id),
            stage=self._stage,
            attempt=self._attempt,
        )
        if entry is Entry.BUSY:
            self._message.options["retries"] = self._attempt - 2  # waiting for one's turn is no attempt
            raise dramatiq.Retry(delay=int(BUSY_WAIT_S * 1000))
        if entry is not Entry.ENTERED:
            log.info("stage.skipped", reason=entry)
            self._end()
            return None
        return self._tried(value)

    def _tried(self, value: Run) -> dict[str, Any] | None:
        claim = Claim(self._use.ledger, value.order_id, self._fence)
        try:
            result = self._body(value, self._use.holding(claim))
        except ClaimLostError:
            log.warning("stage.claim_lost")
            self._end()
            return None
        except Verdict as verdict:
            return self._sort(value, verdict)
        except Interrupt as interrupt:
            # Cut by the time limit or by a shutdown: whatever was sent may have happened, so the stage looks again.
            self._wait(
                value, OutcomeUnknown(ErrorCode.INTERNAL_ERROR, f"The stage was cut ({type(interrupt).__name__}).")
            )
        except Exception as bug:  # noqa: BLE001 - the one place where anything may end up
            return self._sort_bug(value, bug)
        return self._pass_on(value, result)

    # What a stage can come to.

    def _pass_on(self, value: Run, result: Run | None) -> dict[str, Any] | None:
        if result is None:
            self._finish(value, self._report(OrderState.ENDED, "ended"))
        elif isinstance(result, Fulfilment):
            fields = {"whmcs_order_id": str(result.whmcs_order_id)}
            self._finish(value, self._report(OrderState.ACTIVATED, "activated", fields=fields))
        elif isinstance(result, Failure):
            self._finish(value, self._failed(result))
        elif self._leave(value, self._report(OrderState.HANDED_OVER, "passed")):
            return result.model_dump(mode="json")
        else:
            self._end()
        return None

    def _sort(self, value: Run, verdict: Verdict) -> dict[str, Any] | None:
        level = next(level for kind, level in LOG_LEVELS if isinstance(verdict, kind))
        fields = {"verdict": type(verdict).__name__, "code": verdict.code, "detail": verdict.detail or verdict.message}
        getattr(log, level)("stage.verdict", **fields)
        if isinstance(verdict, Retryable) and not self._is_too_late(value):
            self._wait(value, verdict)
        return self._divert(value, verdict)

    def _sort_bug(self, value: Run, bug: Exception) -> dict[str, Any] | None:
        log.error("stage.bug", exc_info=bug)
        tries = self._message.options.get("bugs", 0) + 1
        self._message.options["bugs"] = tries
        verdict = Retryable(
            ErrorCode.INTERNAL_ERROR, "An internal error stopped the order; operators see it in the log."
        )
        if tries < BUG_TRIES:
            self._wait(value, verdict)
        return self._divert(value, verdict)

    def _is_too_late(self, value: Run) -> bool:
        patience = RECORD_FAILURE_PATIENCE if isinstance(value, Failure) else 1
        limit = timedelta(seconds=self._use.settings.give_up_after_s * patience)
        return self._use.clock.now() - value.requested_at >= limit

    # How it is handed over.

    def _wait(self, value: Run, verdict: Retryable) -> NoReturn:
        settings = self._use.settings
        wait_s = backoff_s(
            self._attempt,
            shortest_s=settings.retry_min_s,
            longest_s=settings.retry_max_s,
            asked_for_s=verdict.retry_after_s,
        )
        self._leave(value, self._report(OrderState.WAITING, "retry", verdict=verdict, wait_s=wait_s))
        raise dramatiq.Retry(delay=int(wait_s * 1000))

    def _divert(self, value: Run, verdict: Verdict) -> dict[str, Any] | None:
        if isinstance(value, Failure):
            log.error("failure.not_written_to_salesforce", code=value.code)
            self._finish(value, self._failed(value))
            return None
        failure = Failure(
            **value.run_fields(), stage=self._stage, code=verdict.code, message=verdict.message, detail=verdict.detail
        )
        if not self._leave(value, self._report(OrderState.HANDED_OVER, "failed", verdict=verdict)):
            self._end()
            return None
        self._message.options["pipe_target"] = self._on_failure.asdict()
        return failure.model_dump(mode="json")

    def _finish(self, value: Run, report: StageReport) -> None:
        self._leave(value, report)
        self._end()

    def _end(self) -> None:
        """Let the run end here: nothing follows this message."""
        self._message.options.pop("pipe_target", None)

    def _failed(self, failure: Failure) -> StageReport:
        verdict = Verdict(failure.code, failure.message, detail=failure.detail)
        return replace(self._report(OrderState.FAILED, "recorded", verdict=verdict), stage=failure.stage)

    def _report(
        self,
        state: OrderState,
        outcome: str,
        *,
        verdict: Verdict | None = None,
        wait_s: float = 0.0,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> StageReport:
        return StageReport(
            state=state,
            stage=self._stage,
            attempt=self._attempt,
            outcome=outcome,
            duration_s=time.monotonic() - self._started,
            code=verdict.code if verdict else "",
            message=verdict.message if verdict else "",
            detail=verdict.detail if verdict else "",
            wait_s=wait_s,
            fields=fields,
        )

    def _leave(self, value: Run, report: StageReport) -> bool:
        kept = self._use.ledger.leave(value.order_id, fence=self._fence, report=report)
        if not kept:
            log.warning("stage.claim_lost", outcome=report.outcome)
        log.info(
            "stage.finished",
            outcome=report.outcome,
            state=report.state,
            code=report.code or None,
            duration_s=round(report.duration_s, 4),
            wait_s=round(report.wait_s, 3) or None,
        )
        return kept
