"""Connect to Redis or Valkey: the one place that knows pool, time-outs and TLS of the store."""

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

# A command that got no answer is sent again a few times within about a second: long enough for a dropped idle
# connection (hosted stores close them after 300 s) or a failover's first moments, short enough for a stage.
RETRIES = 3
SOCKET_TIMEOUT_S = 5.0
HEALTH_CHECK_INTERVAL_S = 30


def connect_redis(url: str, *, tls_insecure: bool = False, max_connections: int = 32) -> "redis.Redis":
    """Return a client on its own pool; nothing is sent before the first command.

    `tls_insecure` accepts a self-signed certificate (`rediss://` on Heroku): only ever by an explicit setting.
    """
    options: dict[str, object] = {}
    if tls_insecure and url.startswith("rediss://"):
        options = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    pool = redis.ConnectionPool.from_url(
        url,
        max_connections=max_connections,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        health_check_interval=HEALTH_CHECK_INTERVAL_S,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), RETRIES),
        **options,
    )
    return redis.Redis(connection_pool=pool)
