"""Consumers: what feeds the worker threads of a process from one queue."""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import redis
import structlog
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.common import q_name
from dramatiq.errors import DecodeError
from dramatiq.message import Message

from actors.stage_end import ATTRIBUTE, UNFINISHED
from clients.ledger.values import HandOver

if TYPE_CHECKING:
    from actors.broker import FulfilmentBroker

log = structlog.get_logger(__name__)


class QueueConsumer(Consumer):
    """Takes messages off a queue when woken, holds few, and hands their ends to the broker."""

    def __init__(self, broker: "FulfilmentBroker", queue_name: str, *, prefetch: int, timeout_s: float) -> None:
        self.queue_name = queue_name
        self._broker = broker
        self._prefetch = prefetch
        self._timeout_s = timeout_s
        self._fetched: deque[tuple[str, bytes]] = deque()
        self._held: set[str] = set()
        # There may be messages: look. Set by whoever wakes us; looked at with the signal cleared first, so that a
        # waking between the look and the wait is not missed.
        self._look = True
        self._signal = threading.Event()
        self._again_at_s = 0.0

    def __next__(self) -> MessageProxy | None:
        self._signal.clear()
        if not self._fetched and self._may_fetch():
            self._fetch()
        while not self._broker.stopping.is_set() and (fetched := self._take()):
            message = self._decoded(*fetched)
            if message is not None:
                return message
        self._signal.wait(self._timeout_s)
        return None

    def wake(self) -> None:
        """Have the consumer look for messages now."""
        self._look = True
        self._signal.set()

    def held(self) -> set[str]:
        """Return the ids of all messages that were fetched and have not ended."""
        return self._held.copy()

    def ack(self, message: MessageProxy) -> None:
        """Hand the message's order over to whatever follows."""
        message_id = message.options["redis_message_id"]
        end = getattr(message, ATTRIBUTE, None)
        if end is UNFINISHED:
            log.error("stage.broke_down", queue=self.queue_name, message_id=message_id)
            self._bury(message_id)
            return
        answer = self._broker.acknowledge(self.queue_name, message_id, end)
        if answer not in {HandOver.HANDED_OVER, HandOver.ASKED_AGAIN}:
            log.info("stage.not_handed_over", queue=self.queue_name, message_id=message_id, answer=answer)
        self._release(message_id)

    def nack(self, message: MessageProxy) -> None:
        """Move a message that no actor takes to the dead letters, where a person finds it."""
        self._bury(message.options["redis_message_id"])

    def requeue(self, messages: Any) -> None:
        """Give messages back that this process will not run."""
        ids = [message.options["redis_message_id"] for message in messages]
        self._broker.give_back(self.queue_name, ids)
        self._held.difference_update(ids)

    def close(self) -> None:
        """Give back what was fetched and not yet handed out."""
        ids = []
        while fetched := self._take():
            ids.append(fetched[0])
        self._broker.give_back(self.queue_name, ids)
        self._held.difference_update(ids)

    def _take(self) -> tuple[str, bytes] | None:
        """Take the next of what was fetched, if any; at a shutdown two threads do so at once."""
        try:
            return self._fetched.popleft()
        except IndexError:
            return None

    def _may_fetch(self) -> bool:
        """Fetch by the half of what may be held: one round trip for many messages, when there are many."""
        has_room = len(self._held) <= self._prefetch // 2
        return has_room and self._look and not self._broker.stopping.is_set() and time.monotonic() >= self._again_at_s

    def _fetch(self) -> None:
        self._look = False
        try:
            found = self._broker.fetch(self.queue_name, self._prefetch - len(self._held))
        except redis.RedisError as error:
            # Not raised: Dramatiq would make a new consumer, which knows nothing of the messages that this one holds.
            self._again_at_s = time.monotonic() + self._broker.store_watch.failed(error)
            self._look = True
            return
        self._broker.store_watch.answered()
        self._held.update(message_id for message_id, _ in found)
        self._fetched.extend(found)
        # There may be more. If not: a waking that came while the answer was on its way has set it, and it stays set.
        if found:
            self._look = True

    def _decoded(self, message_id: str, data: bytes) -> MessageProxy | None:
        try:
            message = Message.decode(data)
        except DecodeError:
            log.exception("message.unreadable", queue=self.queue_name, message_id=message_id)
            self._bury(message_id)
            return None
        # A message that was delayed still says so; its time has come.
        due_at = message.options.pop("eta", None)
        options = {"redis_message_id": message_id} | ({} if due_at is None else {"due_at": due_at})
        return MessageProxy(message.copy(queue_name=q_name(message.queue_name), options=options))

    def _bury(self, message_id: str) -> None:
        try:
            self._broker.do_nack(self.queue_name, message_id)
        except redis.RedisError as error:
            # It stays ours, and is found and given back by the housekeeper.
            self._broker.store_watch.failed(error)
        self._release(message_id)

    def _release(self, message_id: str) -> None:
        self._held.discard(message_id)
        self._signal.set()


class DelayConsumer(Consumer):
    """Consumes nothing: delayed messages wait in Redis, and the housekeeper moves them on when they are due."""

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout_s = timeout_s

    def __next__(self) -> MessageProxy | None:
        time.sleep(self._timeout_s)
        return None

    def requeue(self, messages: Any) -> None:
        """Give nothing back: nothing was taken."""

    def close(self) -> None:
        """Hold nothing."""
