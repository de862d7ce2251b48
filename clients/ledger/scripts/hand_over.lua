-- End a stage: acknowledge its message, write down what came of it, and put the next message on its queue. All or
-- nothing, so that an order is always in exactly one place; run again after an answer was lost, it does nothing.
-- KEYS: acks, queue.msgs, queue, claim, order, history, unfinished, failures, next queue, next queue.msgs, next waiting
-- ARGV: message id, fence ("0": the claim was never held), run, claim ttl ms, history limit, history entry, order id,
--       kept ms, final ("1" or ""), failure JSON or "", next message id or "", next message, next queue name,
--       due at ms or "", then pairs of fields for the order
-- Returns "handed_over"; "asked_again" (the same; the run failed, and an event has asked for the order meanwhile);
--         "not_ours" (done before, or given to another worker); "given_back" (another delivery of this run overtook this
--         one: the message goes round again); "superseded" (another run has the order: this one ends).
local acks, messages, queue = KEYS[1], KEYS[2], KEYS[3]
local claim, order, history, unfinished, failures = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local message_id, fence, run, claim_ttl, history_limit, entry, order_id, kept, final, failure =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local next_id, next_message, next_queue_name, due_at = ARGV[11], ARGV[12], ARGV[13], ARGV[14]

if redis.call("SISMEMBER", acks, message_id) == 0 then
    return "not_ours"
end

-- Last of all, so that an error at any write before it leaves the message where it is.
local function acknowledge(answer)
    redis.call("HDEL", messages, message_id)
    redis.call("SREM", acks, message_id)
    return answer
end

local now = string.format("%.0f", now_ms())
if fence ~= "0" then
    local held = redis.call("HMGET", claim, "fence", "run")
    if held[1] ~= fence and held[2] == run then
        redis.call("SREM", acks, message_id)
        redis.call("LPUSH", queue, message_id)
        wake(queue .. ".waiting")
        return "given_back"
    elseif held[1] ~= fence then
        return acknowledge("superseded")
    end
    -- What was wrong at the last try is in the history; the order itself says what is wrong now. This comes first for a
    -- reason: a store that is full refuses a script that begins with a write that needs memory, and lets others end.
    redis.call("HDEL", order, "code", "message")
    redis.call("HSET", order, "updated_at", now)
    for i = 15, #ARGV, 2 do
        redis.call("HSET", order, ARGV[i], ARGV[i + 1])
    end
    redis.call("RPUSH", history, entry)
    redis.call("LTRIM", history, -tonumber(history_limit), -1)
end
if next_id ~= "" then
    enqueue(KEYS[9], KEYS[10], KEYS[11], next_id, next_message)
    -- A stage that never held the claim may still have had the order's own message: the order goes where it goes.
    if fence ~= "0" or redis.call("HGET", order, "message_id") == message_id then
        redis.call("HSET", order, "queue", next_queue_name, "message_id", next_id)
        if due_at ~= "" then
            redis.call("HSET", order, "due_at", due_at)
        end
    end
end
if fence == "0" then
    return acknowledge("handed_over")
end
if final == "" then
    redis.call("HDEL", claim, "busy", "busy_until")
    redis.call("PEXPIRE", claim, claim_ttl)
    redis.call("ZADD", unfinished, now, order_id)
    return acknowledge("handed_over")
end

local asked_again = failure ~= "" and redis.call("HEXISTS", claim, "asked_again") == 1
redis.call("DEL", claim)
redis.call("ZREM", unfinished, order_id)
redis.call("HSET", order, "finished_at", now)
redis.call("HDEL", order, "queue", "message_id")
if failure == "" then
    redis.call("HDEL", failures, order_id)
    redis.call("PEXPIRE", order, kept)
    redis.call("PEXPIRE", history, kept)
else
    redis.call("HSET", failures, order_id, failure)
    -- Its story stays until somebody resolves it.
    redis.call("PERSIST", order)
    redis.call("PERSIST", history)
end
return acknowledge(asked_again and "asked_again" or "handed_over")
