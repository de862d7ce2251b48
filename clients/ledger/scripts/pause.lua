-- Hold a queue back; a pause that lasts longer already stays as it is.
-- KEYS: pause
-- ARGV: entry, ms
-- Returns 1 when the queue was not held back before, else 0.
local left = redis.call("PTTL", KEYS[1])
if left < tonumber(ARGV[2]) then
    redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
return left == -2 and 1 or 0
