-- Take in one request for an order: claim it and put its first message on the queue, or say why not.
-- KEYS: claim, fence, order, history, unfinished, event, mark, queue, queue.msgs, queue.waiting
-- ARGV: run, event id or "", claim ttl ms, event ttl ms, history limit, message id, message, queue name, order id,
--       history entry, source, requested at (ISO), namespace of the queues
-- Returns "enqueued", "duplicate_event" or "already_claimed".
local claim, fence, order, history, unfinished, event, mark = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local queue, messages, waiting = KEYS[8], KEYS[9], KEYS[10]
local run, event_id, claim_ttl, event_ttl, history_limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local message_id, message, queue_name, order_id = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local entry, source, requested_at, namespace = ARGV[10], ARGV[11], ARGV[12], ARGV[13]

if event_id ~= "" and not redis.call("SET", event, order_id, "NX", "PX", event_ttl) then
    return "duplicate_event"
end
-- A claim whose message is in no queue any more belongs to a run that was lost: it does not keep the order from running.
if redis.call("EXISTS", claim) == 1 then
    local place = redis.call("HMGET", order, "queue", "message_id")
    for _, suffix in ipairs({ ".msgs", ".DQ.msgs" }) do
        if place[1] and redis.call("HEXISTS", namespace .. ":" .. place[1] .. suffix, place[2]) == 1 then
            return "already_claimed"
        end
    end
    redis.call("DEL", claim)
end

local now = string.format("%.0f", now_ms())
redis.call("HSET", claim, "run", run, "fence", next_fence(fence), "mark", (memory_mark(mark)))
redis.call("PEXPIRE", claim, claim_ttl)
redis.call("HDEL", order, "code", "message", "finished_at", "due_at")
redis.call("HSET", order, "run_id", run, "state", "queued", "stage", queue_name, "attempt", 0, "source", source,
    "event_id", event_id, "requested_at", requested_at, "updated_at", now, "queue", queue_name, "message_id", message_id)
redis.call("PERSIST", order)
redis.call("PERSIST", history)
redis.call("RPUSH", history, entry)
redis.call("LTRIM", history, -tonumber(history_limit), -1)
redis.call("ZADD", unfinished, now, order_id)
enqueue(queue, messages, waiting, message_id, message)
return "enqueued"
