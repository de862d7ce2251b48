-- Begin a stage of a run: hold the order's claim under a new fencing number.
-- KEYS: claim, fence, order, unfinished, acks of this worker and queue
-- ARGV: run, message id, stage, attempt, claim ttl ms, busy lease ms, order id
-- Returns {word, fence}: "entered"; or "taken" (another run has it), "busy" (another delivery of this run works on it),
--         "over" (this run has ended already), "not_ours" (the message was given to another worker), each with "0".
local claim, fence, order, unfinished, acks = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local run, message_id, stage, attempt = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local claim_ttl, lease, order_id = ARGV[5], tonumber(ARGV[6]), ARGV[7]
local now = now_ms()

-- A worker that was believed dead and is not: its message runs elsewhere.
if redis.call("SISMEMBER", acks, message_id) == 0 then
    return { "not_ours", "0" }
end
local held = redis.call("HMGET", claim, "run", "busy", "busy_until")
if held[1] and held[1] ~= run then
    return { "taken", "0" }
end
local known = redis.call("HMGET", order, "run_id", "finished_at")
if known[1] == run and known[2] then
    return { "over", "0" }
end
-- The same delivery again means that its first worker is gone (or believed gone): it goes on under a new number, and
-- the old one, should it still live, is stopped by that number before its next outside write.
if held[2] and held[2] ~= message_id and tonumber(held[3]) > now then
    return { "busy", "0" }
end

local number = next_fence(fence)
local text = string.format("%.0f", now)
redis.call("HSET", claim, "run", run, "fence", number, "busy", message_id, "busy_until", string.format("%.0f", now + lease))
redis.call("PEXPIRE", claim, claim_ttl)
redis.call("HSET", order, "run_id", run, "state", "running", "stage", stage, "attempt", attempt, "updated_at", text)
redis.call("HDEL", order, "due_at")
redis.call("ZADD", unfinished, text, order_id)
return { "entered", number }
