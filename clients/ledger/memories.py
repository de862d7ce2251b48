"""What can be read out of the ledger: the story of an order, the states of many, the failures."""

import json
from collections.abc import Iterable
from typing import cast

import redis

from clients.ledger import keys
from clients.ledger.values import OrderMemory


class Memories:
    """The reading half of the ledger."""

    def __init__(self, client: redis.Redis) -> None:
        self.redis = client

    def remember(self, order_id: str) -> OrderMemory:
        """Return all that is remembered of an order."""
        pipe = self.redis.pipeline(transaction=True)
        pipe.hgetall(keys.order(order_id))
        pipe.lrange(keys.history(order_id), 0, -1)
        pipe.hget(keys.claim(order_id), "run")
        pipe.hget(keys.FAILURES, order_id)
        fields, history, run, failure = pipe.execute()
        return OrderMemory(
            order_id=order_id,
            fields=_texts(fields),
            history=tuple(json.loads(entry) for entry in history),
            claimed_by=text(run) if run else None,
            failure=json.loads(failure) if failure else None,
        )

    def states(self, order_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the remembered fields of many orders in one round trip; unknown ones are empty."""
        ids = list(order_ids)
        pipe = self.redis.pipeline(transaction=False)
        for order_id in ids:
            pipe.hgetall(keys.order(order_id))
        return {order_id: _texts(fields) for order_id, fields in zip(ids, pipe.execute(), strict=True)}

    def unfinished_count(self) -> int:
        """Return how many orders have a run that has not ended."""
        return int(self.redis.zcard(keys.UNFINISHED))

    def failures(self) -> dict[str, dict[str, object]]:
        """Return every unresolved failure by order id."""
        stored = cast("dict[bytes, bytes]", self.redis.hgetall(keys.FAILURES))
        return {text(order_id): json.loads(entry) for order_id, entry in stored.items()}


def text(value: bytes | str) -> str:
    """Return what Redis answered as text."""
    return value.decode() if isinstance(value, bytes) else value


def _texts(fields: dict[bytes, bytes]) -> dict[str, str]:
    return {text(name): text(value) for name, value in fields.items()}
