-- End a stage of a run: write down what came of it; at the end of the run give the claim back.
-- KEYS: claim, order, history, unfinished, failures
-- ARGV: fence, now ms, claim ttl ms, history limit, history entry, order id, kept ms, final ("1" or ""),
--       failure JSON or "", then pairs of fields for the order
-- Returns 1, or 0 when the claim was taken over meanwhile (then nothing is written but the history).
local claim, order, history, unfinished, failures = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local fence, now, claim_ttl, history_limit, entry, order_id, kept, final, failure =
    ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]

redis.call("RPUSH", history, entry)
redis.call("LTRIM", history, -tonumber(history_limit), -1)
if redis.call("HGET", claim, "fence") ~= fence then
    return 0
end

redis.call("HSET", order, "updated_at", now)
for i = 10, #ARGV, 2 do
    redis.call("HSET", order, ARGV[i], ARGV[i + 1])
end
if final == "" then
    redis.call("HDEL", claim, "busy", "busy_until")
    redis.call("PEXPIRE", claim, claim_ttl)
    redis.call("ZADD", unfinished, now, order_id)
    return 1
end

redis.call("DEL", claim)
redis.call("ZREM", unfinished, order_id)
redis.call("HSET", order, "finished_at", now)
if failure == "" then
    redis.call("HDEL", failures, order_id)
    redis.call("PEXPIRE", order, kept)
    redis.call("PEXPIRE", history, kept)
else
    redis.call("HSET", failures, order_id, failure)
end
return 1
