"""One life of the event stream: a channel, a token, a subscription, and the thread that reads it.

Reading and topping up the credit happen in a thread of their own, so that slow processing never makes the server close
the stream; what was read waits in a bounded queue. When the queue is full no more is asked for.
"""

import threading
import time
from dataclasses import dataclass
from queue import Empty, Queue

from clients.salesforce.events import Delivery, ReplayPreset
from clients.salesforce.pubsub import PubSubChannel
from clients.salesforce.stream_errors import StreamError
from clients.salesforce.subscription import MAX_CREDIT, ManagedSubscription, Subscription

# Events read but not yet stored; beyond it the credit is let run out.
BACKLOG_LIMIT = 1000
# Ask for more when half of the credit is used up: one request for many events.
TOP_UP_BELOW = MAX_CREDIT // 2


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is over; `error` is None when we cancelled it."""

    error: StreamError | None


class Stream:
    """A running subscription whose deliveries are taken from a queue."""

    def __init__(self, channel: PubSubChannel, subscription: Subscription | ManagedSubscription) -> None:
        self._channel = channel
        self._subscription = subscription
        self._deliveries: Queue[Delivery | Ended] = Queue()
        self._backlog = 0
        self._lock = threading.Lock()
        self.last_response_at_s = time.monotonic()
        self._reader = threading.Thread(target=self._read, name="stream-reader", daemon=True)
        self._reader.start()

    @classmethod
    def open(
        cls, channel: PubSubChannel, *, topic: str, preset: ReplayPreset, replay_id: bytes | None, managed: str | None
    ) -> "Stream":
        """Open the subscription: a managed one by its developer name, else one at the given position."""
        if managed:
            return cls(channel, channel.managed_subscribe(developer_name=managed))
        return cls(channel, channel.subscribe(topic=topic, preset=preset, replay_id=replay_id))

    def next(self, *, timeout_s: float) -> Delivery | Ended | None:
        """Return the next delivery, or the end; None when nothing came in time."""
        try:
            item = self._deliveries.get(timeout=timeout_s)
        except Empty:
            return None
        if isinstance(item, Delivery):
            self._processed(len(item.events))
        return item

    def silent_for_s(self) -> float:
        """Return how long nothing at all has come."""
        return time.monotonic() - self.last_response_at_s

    def commit(self, replay_id: bytes) -> None:
        """Tell Salesforce how far we are, where it keeps the position."""
        if isinstance(self._subscription, ManagedSubscription):
            self._subscription.commit(replay_id)

    def stop(self) -> None:
        """Stop asking and reading; what was read stays in the queue, behind it comes the end."""
        self._subscription.cancel()

    def close(self) -> None:
        """End the subscription and its channel."""
        self._subscription.cancel()
        self._channel.close()
        self._reader.join(timeout=5)

    def _read(self) -> None:
        error: StreamError | None = None
        try:
            for delivery in self._subscription:
                self.last_response_at_s = time.monotonic()
                with self._lock:
                    self._backlog += len(delivery.events)
                self._deliveries.put(delivery)
                self._top_up()
        except StreamError as ended:
            error = ended
        finally:
            self._deliveries.put(Ended(error))

    def _processed(self, events: int) -> None:
        with self._lock:
            self._backlog -= events
        self._top_up()

    def _top_up(self) -> None:
        if self._subscription.credit < TOP_UP_BELOW and self._backlog < BACKLOG_LIMIT:
            self._subscription.request_more(MAX_CREDIT)
