-- Write down that an outside write is about to be sent, or read what was written before.
-- KEYS: claim, intent, mark, order
-- ARGV: fence, kept ms, then "" or, to renew an intent after look-ups found nothing, the mark under which it was seen
-- Returns {"lost"} when the claim was taken over, {"forgotten"} when the store may have forgotten something since the
--         intent to be renewed was seen (nothing is written then), else
--         {is_new, ms since it was written, empty look-ups, 1 if the mark is still the one of the claim, the mark, its
--          birth ms, the WHMCS order id that an earlier run was told, or "", 1 if Salesforce was seen untouched}.
local claim, intent, mark, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fence, kept, seen_mark = ARGV[1], ARGV[2], ARGV[3]

local held = redis.call("HMGET", claim, "fence", "mark")
if held[1] ~= fence then
    return { "lost" }
end
local current, born_at = memory_mark(mark)
local renews = seen_mark ~= ""
if renews and seen_mark ~= current then
    return { "forgotten" }
end
local is_new = redis.call("EXISTS", intent) == 0
-- An intent of another memory may be an old one that came back in the place of a newer, forgotten one: what that sent
-- may still be under way, so the time counts anew.
local is_stale = not is_new and redis.call("HGET", intent, "mark") ~= current
if is_new or is_stale or renews then
    redis.call("HSET", intent, "sent_at", string.format("%.0f", now_ms()), "empty_looks", 0, "mark", current)
end
redis.call("PEXPIRE", intent, kept)
local known = redis.call("HMGET", intent, "sent_at", "empty_looks")
local of_order = redis.call("HMGET", order, "whmcs_order_id", "seen_untouched")
local same_memory = held[2] == current and 1 or 0
local age = now_ms() - tonumber(known[1])
return {
    is_new and 1 or 0, age, known[2], same_memory, current, born_at, of_order[1] or "", of_order[2] and 1 or 0,
}
