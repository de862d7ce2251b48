"""Outages and pauses: what all processes know together of a system that is away and a stage that is held back."""

import json
from datetime import datetime, timedelta
from typing import Any

import redis

from clients.clock import Clock
from clients.ledger import keys, queues
from clients.ledger.load_script import register
from clients.ledger.memories import text

# Enough for a very bad month; an order lives for days at most.
_OUTAGES_KEPT = 200


class Troubles:
    """Outages of outside systems, and pauses of queues."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._redis = client
        self._clock = clock
        self._end_outage, self._pause = (register(client, "clients.ledger", name) for name in ("end_outage", "pause"))

    def begin_outage(self, system: str, *, told_by: str) -> bool:
        """Note that a system is away, as a stage has seen; True for the first to say so."""
        entry = json.dumps({"began": self._clock.now().isoformat(), "told_by": told_by})
        return bool(self._redis.set(keys.outage(system), entry, nx=True))

    def end_outage(self, system: str) -> timedelta | None:
        """Note that a system is back; returns how long it was away, None when somebody else said so before."""
        now = self._clock.now()
        names = [keys.outage(system), keys.OUTAGES]
        began = text(self._end_outage(keys=names, args=[system, now.isoformat(), _OUTAGES_KEPT]))
        return now - datetime.fromisoformat(began) if began else None

    def outages_told_by(self, stage: str, systems: tuple[str, ...]) -> list[str]:
        """Return which of the systems are away by the word of this stage, given in whatever process."""
        entries: Any = self._redis.mget([keys.outage(system) for system in systems])
        told = zip(systems, entries, strict=True)
        return [system for system, entry in told if entry and json.loads(entry)["told_by"] == stage]

    def outage_since(self, moment: datetime, systems: tuple[str, ...]) -> timedelta:
        """Return for how long, since a moment, any of the systems was away: time that no order has to answer for."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.lrange(keys.OUTAGES, 0, -1)
        for system in systems:
            pipe.get(keys.outage(system))
        past, *current = pipe.execute()
        now = self._clock.now().isoformat()
        spans = [(began, ended) for system, began, ended in map(json.loads, past) if system in systems]
        spans += [(json.loads(entry)["began"], now) for entry in current if entry]
        return _covered([(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in spans], moment)

    def pause(self, queue: str, *, reason: str, for_s: float) -> bool:
        """Hold a queue back for a while; True when it was not held back already, else its pause is made longer."""
        until = self._clock.now() + timedelta(seconds=for_s)
        entry = json.dumps({"reason": reason, "until": until.isoformat()})
        return bool(self._pause(keys=[keys.pause(queue)], args=[entry, int(for_s * 1000)]))

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
