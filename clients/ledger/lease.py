"""A lease: one of several processes leads, the others stand by; who lost it is refused at its next write."""

import time
import uuid
from dataclasses import dataclass, field

import redis

from clients.ledger import keys
from clients.ledger.load_script import register

# A leader that died is followed after this long; it renews three times in it.
LEASE_S = 15.0
RENEW_EVERY_S = LEASE_S / 3


class LeaseLostError(Exception):
    """Somebody else leads now."""


@dataclass(slots=True)
class Lease:
    """The lease of one name, as one process holds it or would like to; `token` fences its writes."""

    client: redis.Redis
    name: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    _renew_at_s: float = field(default=0.0, init=False)

    @property
    def key(self) -> str:
        """Return the key under which the leader's token stands."""
        return keys.lease(self.name)

    def take(self) -> bool:
        """Lead from now on, or go on leading; False while somebody else does. Raises: redis.RedisError."""
        is_ours = bool(register(self.client, "clients.ledger", "take_lease")(keys=[self.key], args=self._args()))
        self._renew_at_s = time.monotonic() + RENEW_EVERY_S
        return is_ours

    def keep(self) -> None:
        """Renew the lease when it is time. Raises: LeaseLostError, redis.RedisError."""
        if time.monotonic() >= self._renew_at_s and not self.take():
            raise LeaseLostError(self.name)

    def release(self) -> None:
        """Let another lead at once. Raises: redis.RedisError."""
        register(self.client, "clients.ledger", "release_lease")(keys=[self.key], args=self._args())

    def _args(self) -> list[str | int]:
        return [self.token, int(LEASE_S * 1000)]
