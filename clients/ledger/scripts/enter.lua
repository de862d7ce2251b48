-- Begin a stage of a run: hold the order's claim under a new fencing number.
-- KEYS: claim, fence, order, unfinished
-- ARGV: run, token of this delivery, stage, attempt, now ms, claim ttl ms, busy lease ms, order id
-- Returns {fence, "entered"} or {0, "taken"} (another run has it), {0, "busy"} (another delivery of this run works on it),
--         {0, "over"} (this run has ended already).
local claim, fence, order, unfinished = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local run, token, stage, attempt, now, claim_ttl, lease, order_id =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), ARGV[8]

local held = redis.call("HMGET", claim, "run", "busy", "busy_until")
if held[1] and held[1] ~= run then
    return { 0, "taken" }
end
local known = redis.call("HMGET", order, "run_id", "finished_at")
if known[1] == run and known[2] then
    return { 0, "over" }
end
-- The same delivery again means that its first worker is gone (or believed gone): it goes on under a new number, and
-- the old one, should it still live, is stopped by that number before its next outside write.
if held[2] and held[2] ~= token and tonumber(held[3]) > now then
    return { 0, "busy" }
end

local number = redis.call("INCR", fence)
redis.call("HSET", claim, "run", run, "fence", number, "busy", token, "busy_until", now + lease)
redis.call("PEXPIRE", claim, claim_ttl)
redis.call("HSET", order, "run_id", run, "state", "running", "stage", stage, "attempt", attempt, "updated_at", now)
redis.call("HDEL", order, "due_at")
redis.call("ZADD", unfinished, now, order_id)
return { number, "entered" }
