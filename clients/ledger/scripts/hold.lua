-- Make sure, before an outside write, that the claim is still ours; and note what was seen before it.
-- KEYS: claim, order
-- ARGV: fence, "1" when Salesforce showed no attempt for this order yet (kept with what is remembered of the order)
-- Returns 1, or 0 when the claim was taken over; then nothing is noted.
if redis.call("HGET", KEYS[1], "fence") ~= ARGV[1] then
    return 0
end
if ARGV[2] == "1" then
    redis.call("HSET", KEYS[2], "seen_untouched", 1)
end
return 1
