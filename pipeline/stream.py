"""One life of the event stream: a channel, a subscription, and the thread that reads it.

Reading and topping up the credit happen in a thread of their own, so that slow processing never makes the server close
the stream. What was read waits in a bounded queue; when that is full, no more is asked for.
"""

import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from clients.salesforce.events import Delivery
from clients.salesforce.pubsub import PubSubChannel
from clients.salesforce.stream_errors import StreamError
from clients.salesforce.subscription import MAX_CREDIT, ManagedSubscription, Subscription

# Ask for more when half of the credit is used up: one request for many events, and the server never runs dry.
TOP_UP_BELOW = MAX_CREDIT // 2
# What an event weighs in our memory beside its payload.
_EVENT_OVERHEAD_BYTES = 1000
# How long the thread may take to end once its call is cancelled.
_END_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How much a stream may keep unstored, and how long it may be silent.

    The server says something at least every 270 s; longer silence is a dead connection that nobody has told us about.
    An event may have 1 MB, but an ordinary one has 100 bytes: then 2 MB are almost 2000 of them.
    """

    silence_s: float = 310.0
    backlog_bytes: int = 2_000_000


@dataclass(frozen=True, slots=True)
class _End:
    """What stands behind the last delivery: why there is no other, None when we ended the stream ourselves."""

    error: Exception | None


class Stream:
    """A running subscription whose deliveries are taken from a queue, by one thread."""

    def __init__(
        self,
        channel: PubSubChannel,
        subscription: Subscription | ManagedSubscription,
        limits: StreamLimits,
    ) -> None:
        self._channel = channel
        self._subscription = subscription
        self._limits = limits
        self._unstored: SimpleQueue[Delivery | _End] = SimpleQueue()
        self._backlog_bytes = 0
        self._in_hand_bytes = 0
        self._lock = threading.Lock()
        self._asks_for_more = True
        self._is_finishing = False
        self._last_response_at_s = time.monotonic()
        self.is_over = False
        self._reader = threading.Thread(target=self._read, name="stream-reader", daemon=True)
        self._reader.start()

    def next(self, *, timeout_s: float) -> Delivery | None:
        """Return the next delivery; None when nothing came in time, or when we ended the stream and all is handed out.

        The delivery before it counts as stored from now on.
        Raises: what ended the stream, behind its last delivery (StreamError, also for one that has fallen silent).
        """
        self._let_go_of_last()
        try:
            item = self._unstored.get(timeout=timeout_s)
        except Empty:
            self._ensure_alive()
            return None
        if isinstance(item, _End):
            self._end(item)
            return None
        self._in_hand_bytes = _weight(item)
        return item

    def commit(self, replay_id: bytes) -> None:
        """Tell Salesforce how far we are, where it keeps the position."""
        if isinstance(self._subscription, ManagedSubscription):
            self._subscription.commit(replay_id)

    def ask_no_more(self) -> None:
        """Ask for no more events; those that were asked for may still come."""
        self._asks_for_more = False

    def finish(self) -> None:
        """End the stream: at first politely, so that commits on their way still count; called again, at once."""
        if self._is_finishing:
            self._subscription.cancel()
        else:
            self._is_finishing = True
            self._subscription.finish()

    def close(self) -> None:
        """End the subscription and its channel; what was not handed out comes again on the next stream."""
        self._subscription.cancel()
        self._channel.close()
        self._reader.join(timeout=_END_WITHIN_S)

    def _read(self) -> None:
        error: Exception | None = None
        try:
            for delivery in self._subscription:
                self._last_response_at_s = time.monotonic()
                self._change_backlog(_weight(delivery))
                self._unstored.put(delivery)
                self._top_up()
        except Exception as ended:  # noqa: BLE001 - whatever ends this thread is raised where the stream is used
            error = ended
        self._unstored.put(_End(error))

    def _let_go_of_last(self) -> None:
        self._change_backlog(-self._in_hand_bytes)
        self._in_hand_bytes = 0
        self._top_up()

    def _end(self, end: _End) -> None:
        self.is_over = True
        if end.error is not None:
            raise end.error

    def _ensure_alive(self) -> None:
        silent_s = time.monotonic() - self._last_response_at_s
        if silent_s > self._limits.silence_s:
            details = f"nothing came for {silent_s:.0f} s, not even a sign of life"
            raise StreamError(status="DEADLINE_EXCEEDED", details=details)

    def _change_backlog(self, by_bytes: int) -> None:
        with self._lock:
            self._backlog_bytes += by_bytes

    def _top_up(self) -> None:
        # Both threads come here, each after the change that it made itself, so that none is missed. That both may ask
        # at the same moment is harmless: a subscription never asks for more than there is room for.
        has_room = self._backlog_bytes < self._limits.backlog_bytes
        if self._asks_for_more and has_room and self._subscription.credit < TOP_UP_BELOW:
            self._subscription.request_more(MAX_CREDIT)


def _weight(delivery: Delivery) -> int:
    return sum(len(event.payload) + _EVENT_OVERHEAD_BYTES for event in delivery.events)
