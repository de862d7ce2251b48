-- Write down that an outside write is about to be sent, or read what was written before.
-- KEYS: claim, intent, mark, order
-- ARGV: fence, kept ms, mode ("first": only if there is none yet; "again": a new try after look-ups found nothing)
-- Returns {"lost"} when the claim was taken over, else
--         {is_new, ms since it was written, empty look-ups, 1 if the mark is still the one of the claim, its birth ms,
--          the WHMCS order id that an earlier run was told, or "", how often a run began, as far as known here}.
local claim, intent, mark, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fence, kept, mode = ARGV[1], ARGV[2], ARGV[3]

local held = redis.call("HMGET", claim, "fence", "mark")
if held[1] ~= fence then
    return { "lost" }
end
local is_new = redis.call("EXISTS", intent) == 0
if is_new or mode == "again" then
    redis.call("HSET", intent, "sent_at", string.format("%.0f", now_ms()), "empty_looks", 0)
end
redis.call("PEXPIRE", intent, kept)
local known = redis.call("HMGET", intent, "sent_at", "empty_looks")
local current, born_at = memory_mark(mark)
local of_order = redis.call("HMGET", order, "whmcs_order_id", "starts")
local same_memory = held[2] == current and 1 or 0
local age = now_ms() - tonumber(known[1])
return { is_new and 1 or 0, age, known[2], same_memory, born_at, of_order[1] or "", of_order[2] or "0" }
