-- Take an intent back: the write was cleanly refused, nothing happened.
-- KEYS: claim, intent
-- ARGV: fence
-- Returns 1, or 0 when the claim was taken over (the intent is then somebody else's business).
if redis.call("HGET", KEYS[1], "fence") ~= ARGV[1] then
    return 0
end
redis.call("DEL", KEYS[2])
return 1
