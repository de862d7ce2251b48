"""What a store can lose besides the connection: everything, or the last that was written to it."""

from dataclasses import dataclass, field
from typing import cast

import redis

from clients.ledger import keys


@dataclass
class Snapshot:
    """What a store held at a moment."""

    store: redis.Redis
    rows: list[tuple[bytes, int, bytes]] = field(default_factory=list)

    def take(self) -> None:
        """Remember what the store holds now."""
        names = cast("list[bytes]", self.store.keys("*"))
        pipe = self.store.pipeline(transaction=False)
        for name in names:
            pipe.pttl(name)
            pipe.dump(name)
        answers = pipe.execute()
        self.rows = list(zip(names, answers[::2], answers[1::2], strict=True))

    def put_back(self) -> None:
        """Have the store hold that again, as a server that was restarted, without what it had not saved yet."""
        pipe = self.store.pipeline(transaction=False)
        pipe.flushall()
        for name, expires_ms, row in self.rows:
            pipe.restore(name, max(0, expires_ms), row)
        pipe.execute()


def begin_another_life(store: redis.Redis) -> None:
    """Have the store be another server than the one that the memory mark speaks of; scripts are not data."""
    if store.exists(keys.MARK):
        store.hset(keys.MARK, "id", "a life before")
    store.script_flush()
