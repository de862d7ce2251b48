"""Outages and pauses: what all processes know together of a system that is away and a stage that is held back."""

import json
from datetime import datetime, timedelta
from typing import Any

import redis

from clients.clock import Clock
from clients.ledger import keys, queues
from clients.ledger.memories import text

# Enough for a very bad month; an order lives for days at most.
_OUTAGES_KEPT = 200


class Troubles:
    """Outages of outside systems, and pauses of queues."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._redis = client
        self._clock = clock

    def begin_outage(self, system: str) -> bool:
        """Note that a system is away; True for the first to say so."""
        return bool(self._redis.set(keys.outage(system), self._clock.now().isoformat(), nx=True))

    def end_outage(self, system: str) -> timedelta | None:
        """Note that a system is back; returns how long it was away, None when somebody else said so before."""
        began: Any = self._redis.getdel(keys.outage(system))
        if began is None:
            return None
        now = self._clock.now()
        pipe = self._redis.pipeline(transaction=True)
        pipe.lpush(keys.OUTAGES, json.dumps([system, text(began), now.isoformat()]))
        pipe.ltrim(keys.OUTAGES, 0, _OUTAGES_KEPT - 1)
        pipe.execute()
        return now - datetime.fromisoformat(text(began))

    def outage_since(self, moment: datetime, systems: tuple[str, ...]) -> timedelta:
        """Return for how long, since a moment, any of the systems was away: time that no order has to answer for."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.lrange(keys.OUTAGES, 0, -1)
        for system in systems:
            pipe.get(keys.outage(system))
        past, *current = pipe.execute()
        now = self._clock.now()
        spans = [(text(began), text(ended)) for _, began, ended in map(json.loads, past)]
        spans += [(text(began), now.isoformat()) for began in current if began]
        return _covered([(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in spans], moment)

    def pause(self, queue: str, *, reason: str, for_s: float) -> bool:
        """Hold a queue back for a while; True when it was not held back already, else its pause is made longer."""
        until = self._clock.now() + timedelta(seconds=for_s)
        entry = json.dumps({"reason": reason, "until": until.isoformat()})
        is_new = self._redis.set(keys.pause(queue), entry, px=int(for_s * 1000), nx=True)
        if not is_new:
            self._redis.pexpire(keys.pause(queue), int(for_s * 1000))
        return bool(is_new)

    def resume(self, queue: str) -> bool:
        """Let a queue go on at once; False when it was not held back."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(keys.pause(queue))
        pipe.publish(queues.waiting(queue), "1")
        return bool(pipe.execute()[0])

    def paused(self, queue: str) -> dict[str, str] | None:
        """Return why and until when a queue is held back, None when it is not."""
        entry: Any = self._redis.get(keys.pause(queue))
        return json.loads(entry) if entry else None


def _covered(spans: list[tuple[datetime, datetime]], since: datetime) -> timedelta:
    """Return how much time the spans cover after a moment; what overlaps counts once."""
    total, reached = timedelta(), since
    for began, ended in sorted(spans):
        start = max(began, reached)
        if ended > start:
            total += ended - start
            reached = ended
    return total
