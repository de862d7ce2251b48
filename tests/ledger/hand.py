"""A worker's hand: does with the ledger what broker and stages do, call by call, so that a test can stop between."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import dramatiq

from actors.broker import FulfilmentBroker, make_broker
from clients.ledger import keys, queues
from clients.ledger.ledger import Ledger
from clients.ledger.values import (
    Admission,
    Delivery,
    Entry,
    HandOver,
    Job,
    OrderState,
    Request,
    StageReport,
)

ORDER, RUN, FIRST, SECOND = "801R00000000001AAA", "run-1", "first", "second"
FINAL = OrderState.ACTIVATED

_numbers = itertools.count(1)


def job(queue: str = FIRST, *, due_at: datetime | None = None, message_id: str | None = None) -> Job:
    """Return a message that nobody has seen before."""
    message_id = message_id or f"message-{next(_numbers)}"
    eta = int(due_at.timestamp() * 1000) if due_at else 0
    return Job(queue, message_id, f'{{"options":{{"eta":{eta}}}}}'.encode(), due_at)


def request(order_id: str = ORDER, run_id: str = RUN, *, event_id: str = "", source: str = "event") -> Request:
    """Return a request for a run of an order, with its first message."""
    return Request(order_id, run_id, source, datetime.now(UTC), job(), event_id)


def report(order_id: str, run_id: str, fence: str, state: OrderState, **told: Any) -> StageReport:
    """Return what a stage came to."""
    facts: dict[str, Any] = {"stage": FIRST, "attempt": 1, "outcome": state.value, "duration_s": 0.01} | told
    return StageReport(order_id=order_id, run_id=run_id, fence=fence, state=state, **facts)


class Hand:
    """One worker process on a store."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.store = ledger.redis
        self.broker: FulfilmentBroker = make_broker(ledger)

    def admit(self, order_id: str = ORDER, run_id: str = RUN, *, event_id: str = "") -> Admission:
        """Ask for a run."""
        [answer] = self.ledger.admit([request(order_id, run_id, event_id=event_id)])
        return answer

    def send(self, queue: str) -> None:
        """Put a message on a queue that the ledger knows nothing of."""
        self.broker.enqueue(dramatiq.Message(queue_name=queue, actor_name=queue, args=(), kwargs={}, options={}))

    def fetch(self, queue: str = FIRST) -> Delivery:
        """Take the next message off a queue."""
        [(message_id, _)] = self.broker.fetch(queue, 1)
        return Delivery(queue, message_id, self.broker.broker_id)

    def let_go(self, delivery: Delivery) -> None:
        """Have the message put back, as is done for a worker that is believed dead."""
        self.broker.give_back(delivery.queue, [delivery.message_id])

    def try_to_enter(self, delivery: Delivery, run_id: str = RUN, *, order_id: str = ORDER) -> tuple[Entry, str]:
        """Begin a stage, or learn why not."""
        return self.ledger.enter(order_id, run_id=run_id, delivery=delivery, attempt=1)

    def enter(self, delivery: Delivery, run_id: str = RUN, *, order_id: str = ORDER) -> str:
        """Begin a stage; returns the fencing number."""
        entry, fence = self.try_to_enter(delivery, run_id, order_id=order_id)
        assert entry is Entry.ENTERED
        return fence

    def hand_over(
        self,
        delivery: Delivery,
        fence: str,
        state: OrderState = OrderState.HANDED_OVER,
        following: Job | None = None,
        *,
        order_id: str = ORDER,
        run_id: str = RUN,
        **told: Any,
    ) -> HandOver:
        """End a stage."""
        return self.ledger.hand_over(delivery, report(order_id, run_id, fence, state, **told), following)

    def begin(self, order_id: str = ORDER, run_id: str = RUN) -> tuple[Delivery, str]:
        """Take an order in and begin its first stage; returns the delivery and the fencing number."""
        assert self.admit(order_id, run_id) is Admission.ENQUEUED
        delivery = self.fetch()
        return delivery, self.enter(delivery, run_id, order_id=order_id)

    def run(self, state: OrderState = FINAL, *, order_id: str = ORDER, run_id: str = RUN, **told: Any) -> None:
        """Run an order to its end, which comes with its only stage."""
        delivery, fence = self.begin(order_id, run_id)
        assert self.hand_over(delivery, fence, state, order_id=order_id, run_id=run_id, **told) is HandOver.HANDED_OVER

    def waiting_in(self, queue: str) -> list[str]:
        """Return the ids of the messages that wait in a queue."""
        return [text.decode() for text in self._all(queues.queue(queue))]

    def stored_in(self, queue: str) -> set[str]:
        """Return the ids of all messages of a queue, also of those that are in some worker's hands."""
        stored: Any = self.store.hkeys(queues.messages(queue))
        return {text.decode() for text in stored}

    def lose_messages(self, queue: str = FIRST) -> None:
        """Have a queue's messages vanish, as after a restart that forgot the last second."""
        self.store.delete(queues.queue(queue), queues.messages(queue))

    def fields(self, order_id: str = ORDER) -> Mapping[str, str]:
        """Return what the ledger remembers of an order."""
        return self.ledger.remember(order_id).fields

    def outcomes(self, order_id: str = ORDER) -> list[object]:
        """Return the outcomes in the order's story, oldest first."""
        return [entry["outcome"] for entry in self.ledger.remember(order_id).history]

    def age_mark(self, **span: float) -> None:
        """Let the ledger's memory begin earlier than it does."""
        born: Any = self.store.hget(keys.MARK, "born_at")
        self.store.hset(keys.MARK, "born_at", int(born) - int(timedelta(**span).total_seconds() * 1000))

    def _all(self, key: str) -> list[bytes]:
        found: Any = self.store.lrange(key, 0, -1)
        return list(found)
