"""The whole service in one process, on real sockets: the sandbox, a real Valkey, real worker threads, the subscriber.

Only the outside world is made up, and that at the socket.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dramatiq.worker import Worker

from clients.ledger import keys
from clients.ledger.ledger import Ledger
from clients.ledger.values import Admission, OrderMemory
from config.settings import Settings, load
from pipeline.assembly import Assembly, assemble
from pipeline.fulfilment import declare_stages, ledger_request, new_request
from pipeline.reconcile import Reconcile, SweepCounts, declare_reconcile
from pipeline.subscriber import Subscriber
from sandbox.samples import PlacedSample
from sandbox.server import Sandbox
from tests.support.waiting import PATIENCE_S, eventually

# Waits that are seconds to minutes in life.
QUICK = {
    "SWEEP_GRACE_S": "0.05",
    "WHMCS_TIME_LIMIT_S": "0.1",
    "RETRY_MIN_S": "0.02",
    "RETRY_MAX_S": "0.2",
    "LOG_LEVEL": "INFO",
}


@dataclass
class Stack:
    """A running service and the two systems between which it stands."""

    box: Sandbox
    settings: Settings
    assembly: Assembly
    workers: list[Worker] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        """Return the ledger."""
        return self.assembly.clients.ledger

    def request(self, order_id: str, *, event_id: str | None = None) -> Admission:
        """Ask for a run of an order as the subscriber does."""
        now = self.assembly.clients.clock.now()
        request = new_request(order_id, source="event", requested_at=now, event_id=event_id, event_at=now)
        [admission] = self.ledger.admit([ledger_request(request, self.assembly.broker)])
        return admission

    def place(self, kind: str) -> PlacedSample:
        """Make one order of a kind of the catalogue, requested in Salesforce, not yet in the pipeline."""
        [sample] = self.box.make_orders(1, kinds=[kind])
        self.box.call(lambda: self.box.play.request(sample.order_id))
        return sample

    def run(self, kind: str) -> PlacedSample:
        """Make one order of a kind, run it, and wait until the ledger says how it ended."""
        sample = self.place(kind)
        self.request(sample.event_order_id)
        self.ended(sample.order_id)
        return sample

    def ended(self, order_id: str, *, within_s: float = PATIENCE_S) -> OrderMemory:
        """Wait until a run of the order has ended and return what the ledger remembers of it."""

        def look() -> OrderMemory | None:
            memory = self.ledger.remember(order_id)
            return memory if "finished_at" in memory.fields and memory.claimed_by is None else None

        return eventually(look, what=f"the run of order {order_id} ended", within_s=within_s)

    def order(self, order_id: str) -> Mapping[str, object]:
        """Return the order as Salesforce holds it."""
        record = self.box.call(lambda: self.box.org.get("Order", order_id))
        if record is None:
            raise AssertionError(f"Salesforce has no order {order_id}")
        return dict(record)

    def start_workers(self, *, threads: int = 8, queues: Sequence[str] | None = None) -> Worker:
        """Start the worker threads of one process."""
        worker = Worker(
            self.assembly.broker, queues=set(queues) if queues else None, worker_timeout=100, worker_threads=threads
        )
        worker.start()
        self.workers.append(worker)
        return worker

    def sweep(self) -> SweepCounts:
        """Run one sweep as the scheduler would."""
        return Reconcile(self.assembly.clients, self.assembly.broker).run_once()

    @contextmanager
    def subscriber(self) -> Iterator[Subscriber]:
        """Run the subscriber in a thread; at the end it has left, or the test fails."""
        subscriber = Subscriber(
            self.settings,
            auth=self.assembly.auth,
            ledger=self.ledger,
            broker=self.assembly.broker,
            clock=self.assembly.clients.clock,
        )
        thread = threading.Thread(target=subscriber.run, name="subscriber", daemon=True)
        thread.start()
        try:
            yield subscriber
        finally:
            subscriber.stop()
            thread.join(PATIENCE_S)
        if thread.is_alive():
            raise AssertionError("the subscriber did not leave")


def age_memory(ledger: Ledger, age_s: float) -> None:
    """Make the store one that has been up for a while, as in life: an empty one knows of no order's past."""
    ledger.touch_mark()
    born_at_ms: Any = ledger.redis.hget(keys.MARK, "born_at")
    ledger.redis.hset(keys.MARK, "born_at", int(born_at_ms) - int(age_s * 1000))


@contextmanager
def running_stack(
    redis_url: str,
    *,
    workers: bool = True,
    box: Sandbox | None = None,
    threads: int = 8,
    remembers_s: float = 3600,
    **env: str,
) -> Iterator[Stack]:
    """Start everything, hand it out, stop everything; `env` overrides settings, `remembers_s` is the ledger's age."""
    with box or Sandbox(seed=1) as running:
        settings = load(running.env | QUICK | {"REDIS_URL": redis_url} | env)
        assembly = assemble(settings, threads=threads)
        if remembers_s:
            age_memory(assembly.clients.ledger, remembers_s)
        declare_stages(assembly.broker, assembly.clients)
        declare_reconcile(assembly.broker, assembly.clients)
        stack = Stack(running, settings, assembly)
        if workers:
            stack.start_workers(threads=threads)
        try:
            yield stack
        finally:
            for worker in stack.workers:
                worker.stop(timeout=10_000)
            assembly.clients.close()
            assembly.auth.close()
