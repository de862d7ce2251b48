"""Tell an order's own trouble from everybody's: outages and wrong set-ups hold a stage back instead of failing orders.

One order that fails over and over is its own trouble and is given up by its deadline. When different orders fail in the
same way, one after the other, it is not theirs: the stage is paused for a while, its messages stay where they are, one
warning is given for the whole outage, and the time does not count against anybody's deadline.
"""

import threading
import time
from dataclasses import dataclass, field

import redis
import structlog

from clients.errors import ErrorCode, Misconfigured, OutcomeUnknown, Retryable, StillOpen, Verdict
from clients.ledger.troubles import Troubles

log = structlog.get_logger(__name__)

# So many different orders in a row are no coincidence.
ORDERS_IN_A_ROW = 3
# An outage may be over any second; a wrong set-up waits for a person.
OUTAGE_PAUSE_S = 5.0
SETUP_PAUSE_S = 60.0
# The process that told of an outage may be gone when it is over: others look as often as this, when they get answers.
LOOK_EVERY_S = 5.0

WHMCS, SALESFORCE = OUTAGE_SYSTEMS = "WHMCS", "Salesforce"
SYSTEMS = {ErrorCode.WHMCS_UNAVAILABLE: WHMCS, ErrorCode.SALESFORCE_UNAVAILABLE: SALESFORCE}


@dataclass
class _Row:
    """The failures of one stage in a row: all of one kind, by which orders."""

    kind: tuple[str, bool] = ("", False)
    orders: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)


class TroubleWatch:
    """What the threads of a process see, stage by stage; what they conclude is told to all through the ledger."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._rows: dict[str, _Row] = {}
        self._look_at_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def saw(self, stage: str, order_id: str, verdict: Verdict | None) -> None:
        """Note what a stage came to with an order: its verdict, None when all went well."""
        trouble = _trouble(verdict)
        try:
            if trouble is not None:
                self._saw_trouble(stage, order_id, trouble)
            else:
                self._saw_answer(stage)
        except redis.RedisError as error:
            # The next order sees the same; what happens to this one does not hang on it.
            log.warning("trouble.not_noted", error=type(error).__name__)

    def _saw_trouble(self, stage: str, order_id: str, verdict: Retryable) -> None:
        system = _system(verdict)
        kind = system, isinstance(verdict, Misconfigured)
        with self._lock:
            row = self._rows.setdefault(stage, _Row())
            if row.kind != kind:
                row.kind, row.orders = kind, set()
            row.orders.add(order_id)
            if len(row.orders) < ORDERS_IN_A_ROW:
                return
            row.orders = set(list(row.orders)[-ORDERS_IN_A_ROW:])
            row.declared.add(system)
        self._declare(stage, system, verdict)

    def _declare(self, stage: str, system: str, verdict: Retryable) -> None:
        is_setup = isinstance(verdict, Misconfigured)
        if self._troubles.begin_outage(system, told_by=stage):
            log.warning("system.went_away", system=system, stage=stage, reason=verdict.message, detail=verdict.detail)
        pause_s = max(verdict.retry_after_s or 0.0, SETUP_PAUSE_S if is_setup else OUTAGE_PAUSE_S)
        if self._troubles.pause(stage, reason=verdict.message, for_s=pause_s) and is_setup:
            log.error("stage.paused", queue=stage, reason=verdict.message, pause_s=pause_s)

    def _saw_answer(self, stage: str) -> None:
        with self._lock:
            row = self._rows.pop(stage, None)
            is_time_to_look = time.monotonic() >= self._look_at_s.get(stage, 0.0)
            if is_time_to_look:
                self._look_at_s[stage] = time.monotonic() + LOOK_EVERY_S
        systems = row.declared if row is not None else set()
        if is_time_to_look:
            systems = systems | set(self._troubles.outages_told_by(stage, OUTAGE_SYSTEMS))
        if systems:
            self._end(stage, systems)

    def _end(self, stage: str, systems: set[str]) -> None:
        self._troubles.resume(stage)
        for system in sorted(systems):
            away = self._troubles.end_outage(system)
            if away is not None:
                log.info("system.came_back", system=system, away_s=round(away.total_seconds(), 1))


def _trouble(verdict: Verdict | None) -> Retryable | None:
    """Return the verdict that tells of a system in trouble; an order in doubt is so because of one."""
    chain = [each for each in (verdict and verdict.__cause__, verdict) if isinstance(each, Retryable)]
    # Who waits for the outcome of an earlier write got answers this time.
    if any(isinstance(each, StillOpen) for each in chain):
        return None
    return next((each for each in chain if _system(each)), None)


def _system(verdict: Retryable) -> str:
    """Return which system is in trouble, "" for none; only WHMCS leaves it open what became of a write."""
    return WHMCS if isinstance(verdict, OutcomeUnknown) else SYSTEMS.get(verdict.code, "")
