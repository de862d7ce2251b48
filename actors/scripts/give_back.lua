-- Put messages that a worker fetched and will not process back to the head of their queue, and wake whoever waits.
-- KEYS: acks of the worker and queue, queue.msgs, queue, queue.waiting
-- ARGV: ids
-- Returns how many went back; those that are not the worker's any more are left alone.
local acks, messages, queue, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local count = 0
for i = #ARGV, 1, -1 do
    if redis.call("SREM", acks, ARGV[i]) == 1 and redis.call("HEXISTS", messages, ARGV[i]) == 1 then
        redis.call("LPUSH", queue, ARGV[i])
        count = count + 1
    end
end
if count > 0 and redis.call("DEL", waiting) == 1 then
    redis.call("PUBLISH", waiting, "1")
end
return count
