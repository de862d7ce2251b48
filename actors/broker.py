"""The broker: Dramatiq's Redis broker with the middleware that this pipeline needs, and no other.

Left out of Dramatiq's defaults: Prometheus (serves a port per worker that a platform cannot reach), Callbacks and
AgeLimit (an order is given up by its own deadline, with a reason, not dropped by its message's age), and the shutdown
interrupts (a stage that has begun is finished).
"""

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage, Middleware, Pipelines, Retries, TimeLimit

from actors.middleware.ignore_repeated_sigterm import IgnoreRepeatedSigterm

# A worker that has not been heard of for this long is taken for dead, and its messages run again.
HEARTBEAT_TIMEOUT_MS = 15_000
# Look for dead workers with every command: stock Dramatiq does it once in a thousand, which on a quiet system takes
# many minutes. One million in a million is always.
MAINTENANCE_CHANCE = 1_000_000


def make_broker(client: redis.Redis) -> RedisBroker:
    """Return a broker on a Redis client; it connects when it is first used."""
    middleware: list[Middleware] = [
        CurrentMessage(),
        TimeLimit(),
        IgnoreRepeatedSigterm(),
        Pipelines(),
        Retries(),
    ]
    return RedisBroker(
        client=client,
        middleware=middleware,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
    )
