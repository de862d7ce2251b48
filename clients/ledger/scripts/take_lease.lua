-- Take a lease that nobody holds, or renew one's own.
-- KEYS: lease
-- ARGV: token, ms
-- Returns 1, or 0 when somebody else holds it.
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then
    return 0
end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
