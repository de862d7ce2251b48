"""Time that passes when the test says so: the service's clock goes on, and everything in the store grows older.

What the store compares with its own time (signs of life, waiting messages, intents, leases, expiries) is moved into
the past. What is compared with Salesforce's time (when the memory began) stays: nothing moves Salesforce's.
"""

from datetime import UTC, date, datetime, timedelta

import redis

from clients.ledger import queues

# Longer than the death of a worker takes to be found.
STEP_S = 13
# Between two and three steps: an effect that comes so late comes after whoever carries on has looked for it twice.
LATE_S = 30

_GROW_OLDER = """
local ms, looked_at, grace = tonumber(ARGV[1]), KEYS[1], KEYS[2]
local function older(text)
    return string.format("%.0f", tonumber(text) - ms)
end
for _, key in ipairs(redis.call("KEYS", "*")) do
    local type = redis.call("TYPE", key).ok
    if type == "zset" then
        for _, member in ipairs(redis.call("ZRANGE", key, 0, -1)) do
            redis.call("ZINCRBY", key, -ms, member)
        end
    elseif string.find(key, ".DQ.msgs", 1, true) then
        for _, id in ipairs(redis.call("HKEYS", key)) do
            local message = redis.call("HGET", key, id)
            redis.call("HSET", key, id, (string.gsub(message, '("eta":)(%d+)', function(name, at)
                return name .. older(at)
            end)))
        end
    elseif type == "hash" then
        for _, field in ipairs({ "sent_at", "busy_until" }) do
            if redis.call("HEXISTS", key, field) == 1 then
                redis.call("HSET", key, field, older(redis.call("HGET", key, field)))
            end
        end
    end
    local left = redis.call("PTTL", key)
    if left > 0 then
        redis.call("PEXPIRE", key, left - ms)
    end
end
-- Other workers have been looking all the time: the store was not away.
local now = redis.call("TIME")
redis.call("SET", looked_at, now[1] * 1000)
redis.call("DEL", grace)
"""


class MovedClock:
    """The machine's clock, put forward."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        return datetime.now(UTC) + self._moved

    def today(self) -> date:
        """Return the present day, UTC."""
        return self.now().date()

    def move(self, seconds: float) -> None:
        """Put the clock forward."""
        self._moved += timedelta(seconds=seconds)


def grow_older(store: redis.Redis, seconds: float) -> None:
    """Move what the store knows of times into the past."""
    store.eval(_GROW_OLDER, 2, queues.LOOKED_AT, queues.GRACE, str(int(seconds * 1000)))
