-- Count a look-up that found nothing although it was late enough to.
-- KEYS: claim, intent
-- ARGV: fence, how many there were before this one (so that a call that is sent twice counts once)
-- Returns how many there were, or -1 when the claim was taken over (its holder counts for himself) or the intent is gone.
if redis.call("HGET", KEYS[1], "fence") ~= ARGV[1] or redis.call("EXISTS", KEYS[2]) == 0 then
    return -1
end
local looks = tonumber(ARGV[2]) + 1
redis.call("HSET", KEYS[2], "empty_looks", looks)
return looks
