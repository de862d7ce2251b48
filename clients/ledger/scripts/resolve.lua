-- Close a failure by a person's decision: it leaves the list, the story says who closed it and why.
-- KEYS: failures, order, history
-- ARGV: order id, history entry, history limit, kept ms
-- Returns 1, or 0 when the order has no open failure.
if redis.call("HDEL", KEYS[1], ARGV[1]) == 0 then
    return 0
end
redis.call("RPUSH", KEYS[3], ARGV[2])
redis.call("LTRIM", KEYS[3], -tonumber(ARGV[3]), -1)
redis.call("PEXPIRE", KEYS[2], ARGV[4])
redis.call("PEXPIRE", KEYS[3], ARGV[4])
return 1
