"""Reconcile: find orders that were requested and that nobody is working on, and start them again.

Two places know of them: the ledger (a run that has not ended, whose message is in no queue any more) and Salesforce
(an order that has shown Requested or Activating for longer than the grace time). Whatever was lost on the way, an
event, a message or the whole of Redis, the order is found here. Starting an order again is always harmless.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import dramatiq
import redis
import structlog
from periodiq import cron

from actors.broker import FulfilmentBroker
from actors.toolbox import Clients
from clients.errors import Retryable
from clients.ledger.lock import only_one
from clients.ledger.values import Admission
from pipeline.fulfilment import ledger_request, new_request

log = structlog.get_logger(__name__)

RECONCILE_QUEUE = "reconcile"
# One sweep at a time; should its process die, others may sweep after this long.
LOCK_S = 15.0
# A message is enqueued together with the note of where it is: what has been quiet for a minute and is nowhere is lost.
LEDGER_QUIET = timedelta(seconds=60)
# As many as one sweep starts: the next one, a minute later, goes on. It keeps a restart after a loss from flooding.
MOST_STARTED = 2000
_PAGE = 200


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """What one sweep found idle and started again, from each of the two places."""

    from_ledger: int = 0
    from_salesforce: int = 0
    skipped: bool = False


class Reconcile:
    """The sweep; `run_once` is all there is."""

    def __init__(self, use: Clients, broker: dramatiq.Broker) -> None:
        self._use = use
        self._broker = broker

    def run_once(self) -> SweepCounts:
        """Start again every order that nobody works on; does nothing while another sweep is under way.

        Raises: redis.RedisError. A Salesforce that does not answer is no error: the next sweep asks again.
        """
        with only_one(self._use.ledger.redis, "reconcile", for_s=LOCK_S) as is_ours:
            counts = self._sweep() if is_ours else SweepCounts(skipped=True)
        log.info(
            "sweep.finished",
            from_ledger=counts.from_ledger,
            from_salesforce=counts.from_salesforce,
            skipped=counts.skipped,
        )
        return counts

    def _sweep(self) -> SweepCounts:
        grace = timedelta(seconds=self._use.settings.sweep_grace_s)
        from_ledger = self._start(self._idle_in_ledger(min(LEDGER_QUIET, grace)), MOST_STARTED)
        try:
            from_salesforce = self._start(self._idle_in_salesforce(grace), MOST_STARTED - from_ledger)
        except Retryable as verdict:
            log.warning("sweep.salesforce_failed", code=verdict.code, detail=verdict.detail or verdict.message)
            from_salesforce = 0
        return SweepCounts(from_ledger, from_salesforce)

    def _idle_in_ledger(self, quiet_for: timedelta) -> Iterator[str]:
        # All pages are read before anything is started: what is started moves to the end of the list.
        pages = list(self._use.ledger.unfinished(quiet_for=quiet_for, page=_PAGE))
        for page in pages:
            yield from self._use.ledger.idle(page)

    def _idle_in_salesforce(self, grace: timedelta) -> Iterator[str]:
        quiet_since = self._use.clock.now() - grace
        found = self._use.salesforce.unfinished_orders(quiet_since=quiet_since, limit=MOST_STARTED)
        for page in _pages(found):
            yield from self._use.ledger.idle(page)

    def _start(self, order_ids: Iterable[str], most: int) -> int:
        started = 0
        for page in _pages(order_ids):
            for order_id in page[: max(0, most - started)]:
                started += self._start_one(order_id)
        return started

    def _start_one(self, order_id: str) -> bool:
        request = new_request(order_id, source="sweep", requested_at=self._use.clock.now())
        [admission] = self._use.ledger.admit([ledger_request(request, self._broker)])
        if admission is Admission.ENQUEUED:
            log.warning("order.found_idle", order_id=order_id, run_id=request.run_id)
        return admission is Admission.ENQUEUED


def declare_reconcile(broker: FulfilmentBroker, use: Clients) -> None:
    """Declare the sweep as an actor that the scheduler starts every minute."""
    sweep = Reconcile(use, broker)

    def reconcile() -> None:
        try:
            sweep.run_once()
        except redis.RedisError as error:
            log.warning("sweep.store_failed", error=type(error).__name__)

    declare = dramatiq.actor(
        actor_name="reconcile", queue_name=RECONCILE_QUEUE, broker=broker, periodic=cron("* * * * *")
    )
    declare(reconcile)


def _pages(order_ids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(order_ids)
    while page := list(islice(rest, _PAGE)):
        yield page
