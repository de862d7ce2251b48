"""The broker: Dramatiq's Redis broker, made safe where an order could get lost, and quick where it would wait.

It keeps Dramatiq's own key layout, so that its command line, scripts and other clients work on the same queues. What
it does instead (the scripts are beside it and in the ledger):

    hand-over   a stage's message is acknowledged, its outcome written down and the next message enqueued by one script;
                stock enqueues first and acknowledges later, and swallows the error when Redis is away in between
    wake-up     consumers are woken through pub/sub when a message comes; stock looks again after up to a second
    recovery    a dead worker's messages go back after 15 s, found by a look every 5 s; stock looks by chance
    delays      messages that wait for their time wait in Redis; stock keeps them in one worker's memory

Left out of Dramatiq's middleware: Prometheus (serves a port per worker that a platform cannot reach), Callbacks and
AgeLimit (an order is given up by its own deadline, with a reason), Pipelines and Retries (see hand-over), TimeLimit and
the shutdown interrupts (every outside call has its own time limit; a stage that has begun is finished).
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

import redis
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import dq_name
from dramatiq.message import Message
from dramatiq.middleware import CurrentMessage
from periodiq import PeriodiqMiddleware

from actors.consumers import DelayConsumer, QueueConsumer
from actors.housekeeper import Housekeeper
from actors.middleware.give_back_on_shutdown import GiveBackOnShutdown
from actors.middleware.ignore_repeated_sigterm import IgnoreRepeatedSigterm
from actors.middleware.leave_promptly import LeavePromptly
from actors.middleware.leave_with_master import LeaveWithMaster
from actors.stage_end import StageEnd, as_job
from actors.store_watch import StoreWatch
from actors.waker import Waker
from clients.ledger import keys, queues
from clients.ledger.ledger import Ledger
from clients.ledger.load_script import register
from clients.ledger.values import Delivery, HandOver, StageReport

# A worker that found nothing is woken; should the mark that says so be left behind, it is forgotten after this long.
_WAITING_MARK_MS = 60_000
# After a stop is asked for: how long the end of a stage is held while Redis is away. The platform kills after 30 s.
HOLD_AFTER_STOP_S = 20.0

_LOOK_AGAIN = frozenset({HandOver.NOT_OURS, HandOver.SUPERSEDED, HandOver.ASKED_AGAIN})


class FulfilmentBroker(RedisBroker):
    """A Redis broker whose stages hand an order over in one step; `ledger` writes down what came of them."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # Dramatiq's constructor has no types
            client=ledger.redis,
            namespace=queues.NAMESPACE,
            middleware=[
                CurrentMessage(),
                IgnoreRepeatedSigterm(),
                LeaveWithMaster(),
                GiveBackOnShutdown(),
                LeavePromptly(),
                PeriodiqMiddleware(),
            ],
        )
        self.ledger = ledger
        self.store_watch = StoreWatch()
        self.stopping = threading.Event()
        self._stop_at_s = 0.0
        self._fetch, self._enqueue, self._give_back = (
            register(ledger.redis, "actors", name) for name in ("fetch", "enqueue", "give_back")
        )
        self.waker = Waker(ledger.redis)
        self.housekeeper = Housekeeper(self, self.waker)

    # -- what Dramatiq calls ------------------------------------------------------------------------------------

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Return a consumer of a queue; delay queues are looked after by the housekeeper."""
        if queue_name.endswith(".DQ"):
            return DelayConsumer(timeout_s=timeout / 1000)
        consumer = QueueConsumer(self, queue_name, prefetch=prefetch, timeout_s=timeout / 1000)
        self.waker.watch(queue_name, consumer.wake)
        self.housekeeper.look_after(consumer)
        return consumer

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Enqueue a message as Dramatiq does, and wake whoever waits for it. Units: delay in ms."""
        self.emit_before("enqueue", message, delay)
        end = StageEnd(following=message, delay_s=None if delay is None else delay / 1000)
        job = as_job(end)
        if job is not None:
            name = job.queue if job.due_at is None else dq_name(job.queue)
            names = [queues.queue(name), queues.messages(name), queues.waiting(name)]
            self._enqueue(keys=names, args=[job.message_id, job.data])
        self.emit_after("enqueue", message, delay)
        return message

    def close(self) -> None:
        """Stop the broker's own threads."""
        self.stopping.set()
        self.housekeeper.stop()
        self.waker.stop()

    # -- what the consumers call --------------------------------------------------------------------------------

    def fetch(self, queue_name: str, most: int) -> list[tuple[str, bytes]]:
        """Take up to `most` messages off a queue: their ids in Redis and their text. Raises: redis.RedisError."""
        found = self._fetch(
            keys=[
                queues.queue(queue_name),
                queues.messages(queue_name),
                queues.acks(self.broker_id, queue_name),
                queues.HEARTBEATS,
                queues.waiting(queue_name),
                keys.pause(queue_name),
            ],
            args=[self.broker_id, most, _WAITING_MARK_MS],
        )
        return [(found[i].decode(), found[i + 1]) for i in range(0, len(found), 2)]

    def give_back(self, queue_name: str, message_ids: Iterable[str]) -> int:
        """Put fetched messages back to the head of their queue; returns how many went. Raises: redis.RedisError."""
        ids = list(message_ids)
        if not ids:
            return 0
        names = [
            queues.acks(self.broker_id, queue_name),
            queues.messages(queue_name),
            queues.queue(queue_name),
            queues.waiting(queue_name),
        ]
        return int(self._give_back(keys=names, args=ids))

    def acknowledge(self, queue_name: str, message_id: str, end: StageEnd | None) -> HandOver | None:
        """End a message: hand its order over, or just acknowledge one that is no stage's.

        While Redis is away it is held and tried again, until a stop is asked for; None means that the message was
        left unacknowledged and will run again.
        """
        delivery = Delivery(queue=queue_name, message_id=message_id, worker_id=self.broker_id)
        while True:
            try:
                answer = self._acknowledge(delivery, end)
            except redis.RedisError as error:
                wait_s = self.store_watch.failed(error)
                if self._must_let_go(wait_s):
                    return None
            else:
                self.store_watch.answered()
                return answer

    def stop_fetching(self) -> None:
        """Take no more messages: a stop was asked for."""
        self._stop_at_s = time.monotonic()
        self.stopping.set()

    def _acknowledge(self, delivery: Delivery, end: StageEnd | None) -> HandOver:
        if end is not None and end.again:
            self.give_back(delivery.queue, [delivery.message_id])
            return HandOver.GIVEN_BACK
        if end is not None and end.report is not None:
            return self._hand_over(delivery, end, end.report)
        self.do_ack(delivery.queue, delivery.message_id)
        return HandOver.HANDED_OVER

    def _hand_over(self, delivery: Delivery, end: StageEnd, report: StageReport) -> HandOver:
        answer = self.ledger.hand_over(delivery, report, as_job(end))
        if answer in _LOOK_AGAIN and end.afresh is not None:
            # Either an event asked for the order while its run was failing: it may be mended. Or the order was
            # somebody else's already, and the stage may have written over what he wrote to Salesforce: a new run mends
            # that. Where one is under way, or nothing is wrong, it changes nothing.
            self.ledger.admit([end.afresh()])
        return answer

    def _must_let_go(self, wait_s: float) -> bool:
        if not self.stopping.wait(wait_s):
            return False
        time.sleep(wait_s)
        return time.monotonic() - self._stop_at_s > HOLD_AFTER_STOP_S


def make_broker(ledger: Ledger) -> FulfilmentBroker:
    """Return a broker on the ledger's store; it connects when it is first used."""
    return FulfilmentBroker(ledger)
