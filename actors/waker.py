"""Wake consumers when a message comes: a thread that listens on the channels of a process's queues.

Whoever enqueues publishes only when somebody waits (see the prelude of the scripts), so that under load it costs
nothing. A message that is missed while the connection is down is found by the housekeeper's next look.
"""

import threading
from collections.abc import Callable
from typing import Any

import redis
import structlog

from clients.ledger import queues

log = structlog.get_logger(__name__)

# How long the listener waits for a message at a time; it looks up in between whether to stop.
_LISTEN_S = 0.25
_RECONNECT_S = 0.5


class Waker:
    """Calls back when a message is put on a watched queue that was empty."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._callbacks: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, queue_name: str, callback: Callable[[], None]) -> None:
        """Call back when a message comes to a queue; the first watch starts the thread."""
        with self._lock:
            self._callbacks[queues.waiting(queue_name)] = callback
            self._changed.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_LISTEN_S * 3)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    self._listen(pubsub)
            except redis.RedisError:
                # The housekeeper tells of a store that is away, and finds what comes meanwhile.
                self._stopping.wait(_RECONNECT_S)

    def _listen(self, pubsub: Any) -> None:
        self._changed.set()
        while not self._stopping.is_set():
            if self._changed.is_set():
                self._subscribe(pubsub)
            message = pubsub.get_message(timeout=_LISTEN_S)
            callback = self._callbacks.get(message["channel"].decode()) if message else None
            if callback is not None:
                callback()

    def _subscribe(self, pubsub: Any) -> None:
        """Listen on every channel, and wake everybody once: something may have come before we listened."""
        self._changed.clear()
        with self._lock:
            callbacks = dict(self._callbacks)
        pubsub.subscribe(*callbacks)
        for callback in callbacks.values():
            callback()
