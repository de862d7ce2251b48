-- End the outage of a system: write its span down among the past ones. Of all that see the system back, one ends it.
-- KEYS: outage, past outages
-- ARGV: system, now (ISO), how many past outages are kept
-- Returns when it began (ISO), or "" when none is on.
local told = redis.call("GET", KEYS[1])
if not told then
    return ""
end
local began = cjson.decode(told).began
redis.call("DEL", KEYS[1])
redis.call("LPUSH", KEYS[2], cjson.encode({ ARGV[1], began, ARGV[2] }))
redis.call("LTRIM", KEYS[2], 0, tonumber(ARGV[3]) - 1)
return began
