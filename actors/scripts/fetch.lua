-- Take messages off a queue for a worker; when there are none, say that somebody waits to be woken.
-- KEYS: queue, queue.msgs, acks of this worker and queue, heartbeats, queue.waiting, pause
-- ARGV: worker, most messages, ms after which a waiting mark that nobody removed is forgotten
-- Returns {id, message, id, message, ...}.
local queue, messages, acks, heartbeats, waiting, pause = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local worker, most, forgotten_after = ARGV[1], tonumber(ARGV[2]), ARGV[3]

redis.call("ZADD", heartbeats, string.format("%.0f", now_ms()), worker)
local found = {}
if redis.call("EXISTS", pause) == 0 then
    while #found < most * 2 do
        local id = redis.call("LPOP", queue)
        if not id then
            break
        end
        local message = redis.call("HGET", messages, id)
        if message then
            redis.call("SADD", acks, id)
            found[#found + 1] = id
            found[#found + 1] = message
        end
    end
end
if #found == 0 then
    redis.call("SET", waiting, worker, "PX", forgotten_after)
end
return found
