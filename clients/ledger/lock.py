"""A lock in the store, for work that one process at a time shall do."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis

from clients.ledger import keys

# Both leave alone a lock that has expired and is somebody else's by now.
_IF_OURS = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call({0}) end return 0"
_RELEASE = _IF_OURS.format("'DEL', KEYS[1]")
_RENEW = _IF_OURS.format("'PEXPIRE', KEYS[1], ARGV[2]")


@contextmanager
def only_one(client: redis.Redis, name: str, *, for_s: float) -> Iterator[bool]:
    """Hold a lock while the block runs, however long; yields False when somebody else holds it.

    A thread renews it: should this process die, the lock is free after `for_s` seconds.
    """
    key, token = keys.lock(name), uuid.uuid4().hex
    if not client.set(key, token, nx=True, px=int(for_s * 1000)):
        yield False
        return
    is_over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(client, key, token, for_s, is_over), name=f"lock-{name}")
    renewing.start()
    try:
        yield True
    finally:
        is_over.set()
        renewing.join()
        client.register_script(_RELEASE)(keys=[key], args=[token])


def _renew(client: redis.Redis, key: str, token: str, for_s: float, is_over: threading.Event) -> None:
    renew = client.register_script(_RENEW)
    while not is_over.wait(for_s / 3):
        # A store that is away, or was emptied: then somebody else may take his turn as well.
        with suppress(redis.RedisError):
            renew(keys=[key], args=[token, int(for_s * 1000)])
