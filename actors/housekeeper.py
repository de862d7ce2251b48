"""Housekeeping of a worker process: one script every few seconds for all of its queues.

It shows that the worker lives, gives back what dead workers held, moves on delayed messages that are due, wakes
consumers whose waking was missed, and gives back strays: messages that Redis gave to this worker in an answer that
never came.
"""

import threading
import time
from typing import TYPE_CHECKING

import redis

from actors.waker import Waker
from clients.ledger import keys, queues
from clients.ledger.load_script import register

if TYPE_CHECKING:
    from actors.broker import FulfilmentBroker
    from actors.consumers import QueueConsumer

# A look every 5 s and death after 12 s without one: a killed worker's messages run again within 17 s.
LOOK_EVERY_S = 5.0
DEAD_AFTER_S = 12.0
# Between two looks for due messages, however many there are.
_SHORTEST_S = 0.05
_MOST_MOVED = 500


class Housekeeper:
    """The thread; it starts with the first consumer."""

    def __init__(self, broker: "FulfilmentBroker", waker: Waker) -> None:
        self._broker = broker
        self._waker = waker
        self._poll = register(broker.client, "actors", "poll")
        self._consumers: dict[str, QueueConsumer] = {}
        self._suspects: set[str] = set()
        self._suspect_again_at_s = 0.0
        self._signal = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def look_after(self, consumer: "QueueConsumer") -> None:
        """Look after a consumer's queue and its delay queue from now on."""
        with self._lock:
            self._consumers[consumer.queue_name] = consumer
            self._waker.watch(queues.delayed(consumer.queue_name), self._signal.set)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)
                self._thread.start()
        self._signal.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._signal.set()
        if self._thread is not None:
            self._thread.join(LOOK_EVERY_S)

    def run_once(self) -> float:
        """Look once; returns the seconds until the next look. Raises: redis.RedisError."""
        with self._lock:
            consumers = dict(self._consumers)
        next_due_ms, ready, held = self._poll(
            keys=[queues.HEARTBEATS, queues.LOOKED_AT, queues.GRACE, keys.MARK, queues.NAMES],
            args=[
                self._broker.broker_id,
                int(DEAD_AFTER_S * 1000),
                int(LOOK_EVERY_S * 1000),
                _MOST_MOVED,
                queues.NAMESPACE,
                *consumers,
            ],
        )
        for name in ready:
            consumers[name.decode()].wake()
        self._give_back_strays(consumers, {message_id.decode() for message_id in held})
        return LOOK_EVERY_S if next_due_ms < 0 else min(LOOK_EVERY_S, max(_SHORTEST_S, next_due_ms / 1000))

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping.is_set():
            if self._signal.wait(wait_s):
                self._signal.clear()
                self._stopping.wait(_SHORTEST_S)
            try:
                wait_s = self.run_once()
                self._broker.store_watch.answered()
            except redis.RedisError as error:
                wait_s = self._broker.store_watch.failed(error)

    def _give_back_strays(self, consumers: "dict[str, QueueConsumer]", held: set[str]) -> None:
        """Give back what we hold and do not know of, when that is so for seconds: an answer may be on its way."""
        if time.monotonic() < self._suspect_again_at_s:
            return
        self._suspect_again_at_s = time.monotonic() + LOOK_EVERY_S / 2
        known = set[str]().union(*(consumer.held() for consumer in consumers.values()))
        suspects = held - known
        strays = suspects & self._suspects
        self._suspects = suspects - strays
        if strays:
            for name in consumers:
                self._broker.give_back(name, strays)
