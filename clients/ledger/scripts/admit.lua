-- Take in one request for an order: claim it and put its first message on the queue, or say why not.
-- KEYS: claim, fence, order, history, unfinished, event, queue, queue.msgs
-- ARGV: run, event id or "", now ms, claim ttl ms, event ttl ms, history limit, redis message id, message, order id,
--       history entry, source, requested at (ISO)
-- Returns "enqueued", "duplicate_event" or "already_claimed".
local claim, fence, order, history, unfinished, event, queue, messages =
    KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local run, event_id, now, claim_ttl, event_ttl, history_limit, message_id, message, order_id, entry, source, requested_at =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]

if event_id ~= "" and not redis.call("SET", event, order_id, "NX", "PX", event_ttl) then
    return "duplicate_event"
end
if redis.call("EXISTS", claim) == 1 then
    return "already_claimed"
end

redis.call("HSET", claim, "run", run, "fence", redis.call("INCR", fence))
redis.call("PEXPIRE", claim, claim_ttl)
redis.call("HDEL", order, "code", "message", "finished_at", "due_at")
redis.call("HSET", order, "run_id", run, "state", "queued", "stage", "validate-order", "attempt", 0, "source", source,
    "event_id", event_id, "requested_at", requested_at, "updated_at", now)
redis.call("PERSIST", order)
redis.call("PERSIST", history)
redis.call("RPUSH", history, entry)
redis.call("LTRIM", history, -tonumber(history_limit), -1)
redis.call("ZADD", unfinished, now, order_id)
redis.call("HSET", messages, message_id, message)
redis.call("RPUSH", queue, message_id)
return "enqueued"
