"""What the subscriber remembers in Redis: its position, events it could not read, and counts."""

import base64
import json
from typing import cast

import redis

from clients.ledger import keys

# Enough to look into a bad publisher's output; a flood of broken events, or of huge ones, must not fill the store.
UNDECODABLE_LIMIT = 1000
KEPT_PAYLOAD_BYTES = 4096


class StreamMemory:
    """Replay position, unreadable events and counters of one stream."""

    def __init__(self, client: redis.Redis, *, org_id: str, topic: str, endpoint: str) -> None:
        self._redis = client
        self.position_key = keys.position(org_id, topic, endpoint)

    def position(self) -> bytes | None:
        """Return the stored replay position, opaque bytes, None when there is none."""
        return cast("bytes | None", self._redis.hget(self.position_key, "replay_id")) or None

    def forget_position(self) -> None:
        """Drop a position that Salesforce refuses."""
        self._redis.delete(self.position_key)

    def keep_undecodable(self, *, event_id: str, schema_id: str, replay_id: bytes, payload: bytes, reason: str) -> bool:
        """Keep an event that could not be read, for a person; the stream goes on behind it.

        Return whether it was new: one that is delivered again is neither kept nor counted again. Of a payload beyond
        any ordinary size the beginning is kept; the bus still has it for three days, behind `replay_id`.
        """
        entry = json.dumps(
            {
                "event_id": event_id,
                "schema_id": schema_id,
                "replay_id": replay_id.hex(),
                "payload": base64.b64encode(payload[:KEPT_PAYLOAD_BYTES]).decode(),
                "payload_bytes": len(payload),
                "reason": reason,
            }
        )
        if self._redis.lpos(keys.UNDECODABLE, entry) is not None:
            return False
        pipe = self._redis.pipeline(transaction=True)
        pipe.rpush(keys.UNDECODABLE, entry)
        pipe.ltrim(keys.UNDECODABLE, -UNDECODABLE_LIMIT, -1)
        pipe.hincrby(keys.COUNTERS, "events_undecodable", 1)
        pipe.execute()
        return True

    def undecodable(self) -> list[dict[str, object]]:
        """Return the events that could not be read, oldest first."""
        return [json.loads(entry) for entry in cast("list[bytes]", self._redis.lrange(keys.UNDECODABLE, 0, -1))]

    def count(self, **increments: int) -> None:
        """Add to the named counters."""
        pipe = self._redis.pipeline(transaction=False)
        for name, increment in increments.items():
            pipe.hincrby(keys.COUNTERS, name, increment)
        pipe.execute()

    def counters(self) -> dict[str, int]:
        """Return all counters."""
        stored = cast("dict[bytes, bytes]", self._redis.hgetall(keys.COUNTERS))
        return {name.decode(): int(value) for name, value in stored.items()}
