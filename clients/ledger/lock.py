"""A lock in the store, for work that one process at a time shall do."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from clients.ledger import keys

# Gives the lock back only if it is still ours: it may have expired and be somebody else's by now.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@contextmanager
def only_one(client: redis.Redis, name: str, *, for_s: float) -> Iterator[bool]:
    """Hold a lock while the block runs, `for_s` seconds at most; yields False when somebody else holds it."""
    key, token = keys.lock(name), uuid.uuid4().hex
    is_ours = bool(client.set(key, token, nx=True, px=int(for_s * 1000)))
    try:
        yield is_ours
    finally:
        if is_ours:
            client.register_script(_RELEASE)(keys=[key], args=[token])
