"""Replay ids: opaque, ascending, with gaps, and good for as long as the bus keeps what they point behind.

Source: Salesforce fact sheet 2.3.
"""

import random
from collections import deque

# Eight bytes of a counter, then two of zero: what is seen on the wire. Nobody may count on it.
_COUNTER_LENGTH, _TAIL = 8, b"\x00\x00"
_LARGEST_GAP = 900


class Positions:
    """Hands out replay ids and knows which ones it handed out: one that was computed from another is refused."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._last = chance.randrange(1_000_000, 900_000_000)
        self._issued: dict[int, float] = {}
        self._by_age: deque[int] = deque()

    def next_position(self, now: float) -> int:
        """Move on by an unknown step, as streams of other orgs share the bus, and return the new position."""
        self._last += self._chance.randrange(1, _LARGEST_GAP)
        self._issued[self._last] = now
        self._by_age.append(self._last)
        return self._last

    @property
    def tip(self) -> int:
        """Return the last position handed out; nothing lies behind it."""
        return self._last

    def read(self, replay_id: bytes) -> int | None:
        """Return the position of a replay id, None for one that was never handed out or has expired."""
        if len(replay_id) != _COUNTER_LENGTH + len(_TAIL) or not replay_id.endswith(_TAIL):
            return None
        position = int.from_bytes(replay_id[:_COUNTER_LENGTH])
        return position if position in self._issued else None

    def expire(self, before: float) -> None:
        """Forget what was handed out before a moment."""
        while self._by_age and self._issued[self._by_age[0]] < before:
            del self._issued[self._by_age.popleft()]


def replay_id_of(position: int) -> bytes:
    """Return the replay id of a position."""
    return position.to_bytes(_COUNTER_LENGTH) + _TAIL
