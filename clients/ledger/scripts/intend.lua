-- Write down that an outside write is about to be sent, or read what was written before.
-- KEYS: claim, intent
-- ARGV: fence, now ms, kept ms, mode ("first": only if there is none yet; "again": a new try after look-ups found nothing)
-- Returns {"lost"} when the claim was taken over, else {is_new, sent_at ms, empty look-ups, answer or ""}.
local claim, intent = KEYS[1], KEYS[2]
local fence, now, kept, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call("HGET", claim, "fence") ~= fence then
    return { "lost" }
end
local is_new = redis.call("EXISTS", intent) == 0
if is_new or mode == "again" then
    redis.call("HSET", intent, "sent_at", now, "empty_looks", 0)
    redis.call("HINCRBY", intent, "sends", 1)
end
redis.call("PEXPIRE", intent, kept)
local known = redis.call("HMGET", intent, "sent_at", "empty_looks", "answer")
return { is_new and 1 or 0, known[1], known[2], known[3] or "" }
