-- Which of these orders is nobody working on? One is worked on when its current message is in some queue: waiting,
-- delayed, or in the hands of a worker.
-- ARGV: namespace of the queues, prefix of the orders' keys, then order ids
-- Returns the idle ones.
local idle = {}
for i = 3, #ARGV do
    local place = redis.call("HMGET", ARGV[2] .. ARGV[i], "queue", "message_id")
    local found = false
    for _, suffix in ipairs({ ".msgs", ".DQ.msgs" }) do
        found = found or (place[1] and place[2]
            and redis.call("HEXISTS", ARGV[1] .. ":" .. place[1] .. suffix, place[2]) == 1)
    end
    if not found then
        idle[#idle + 1] = ARGV[i]
    end
end
return idle
