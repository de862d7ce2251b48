-- Keep a worker's queues in order: show that it lives, give back what dead workers held, move on what is due.
-- KEYS: heartbeats, last look, grace, memory mark, names of all queues that any worker has
-- ARGV: worker, ms without a sign of life after which a worker is dead, ms between two looks (twice that without any look
--       means that the store was away, or everybody was: then nobody is dead until all had the time to show that they
--       live), most messages moved at once, namespace, then the names of the queues
-- Returns {ms until the next delayed message is due or -1, names of queues where messages wait, ids this worker holds}.
local heartbeats, last_look, grace = KEYS[1], KEYS[2], KEYS[3]
local worker, dead_after, look_every, most, namespace =
    ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local now = now_ms()
local forgotten_after = 24 * 3600 * 1000

local function name(queue)
    return namespace .. ":" .. queue
end

local function acks(of, queue)
    return namespace .. ":__acks__." .. of .. "." .. queue
end

local function give_back(of, queue)
    local ids = redis.call("SMEMBERS", acks(of, queue))
    for _, id in ipairs(ids) do
        if redis.call("HEXISTS", name(queue) .. ".msgs", id) == 1 then
            redis.call("LPUSH", name(queue), id)
        end
    end
    redis.call("DEL", acks(of, queue))
end

-- Another process's queues count too: only its worker can give back what is held of them.
local function holds_nothing(of)
    for _, queue in ipairs(redis.call("SMEMBERS", KEYS[5])) do
        if redis.call("EXISTS", acks(of, queue), acks(of, queue .. ".DQ")) > 0 then
            return false
        end
    end
    return true
end

-- Due time of a delayed message; what says none, or cannot be read, is due.
local function due_at(message)
    local ok, decoded = pcall(cjson.decode, message or "")
    return ok and type(decoded) == "table" and decoded.options and tonumber(decoded.options.eta) or 0
end

local function sort_in(queue)
    for _ = 1, most do
        local id = redis.call("LPOP", name(queue) .. ".DQ")
        if not id then
            return
        end
        local message = redis.call("HGET", name(queue) .. ".DQ.msgs", id)
        if message then
            redis.call("ZADD", name(queue) .. ".due", due_at(message), id)
        end
    end
end

-- Move what is due to the queue itself; returns when the next one is due, or nil.
local function move_on(queue)
    local due, delayed = name(queue) .. ".due", name(queue) .. ".DQ.msgs"
    for _, id in ipairs(redis.call("ZRANGEBYSCORE", due, 0, now, "LIMIT", 0, most)) do
        local message = redis.call("HGET", delayed, id)
        if message then
            enqueue(name(queue), name(queue) .. ".msgs", name(queue) .. ".waiting", id, message)
        end
        redis.call("HDEL", delayed, id)
        redis.call("ZREM", due, id)
    end
    local first = redis.call("ZRANGE", due, 0, 0, "WITHSCORES")
    return first[2] and tonumber(first[2])
end

-- Soon after a restart, so that few orders are admitted under a mark that does not hold any more.
memory_mark(KEYS[4])
redis.call("ZADD", heartbeats, string.format("%.0f", now), worker)
for i = 6, #ARGV do
    redis.call("SADD", KEYS[5], ARGV[i])
end
local looked_at = tonumber(redis.call("GET", last_look) or "0")
redis.call("SET", last_look, string.format("%.0f", now))
if now - looked_at > 2 * look_every then
    redis.call("SET", grace, worker, "PX", math.floor(look_every * 1.2))
end
if redis.call("EXISTS", grace) == 0 then
    for _, dead in ipairs(redis.call("ZRANGEBYSCORE", heartbeats, 0, now - dead_after)) do
        for i = 6, #ARGV do
            give_back(dead, ARGV[i])
            give_back(dead, ARGV[i] .. ".DQ")
        end
    end
    for _, dead in ipairs(redis.call("ZRANGEBYSCORE", heartbeats, 0, now - forgotten_after)) do
        if holds_nothing(dead) then
            redis.call("ZREM", heartbeats, dead)
        end
    end
end

local next_due, ready, held = -1, {}, {}
for i = 6, #ARGV do
    local queue = ARGV[i]
    sort_in(queue)
    local due = move_on(queue)
    if due then
        local left = math.max(0, due - now)
        next_due = next_due < 0 and left or math.min(next_due, left)
    end
    redis.call("SET", name(queue) .. ".DQ.waiting", worker, "PX", 60000)
    if redis.call("LLEN", name(queue)) > 0 then
        ready[#ready + 1] = queue
    end
    for _, id in ipairs(redis.call("SMEMBERS", acks(worker, queue))) do
        held[#held + 1] = id
    end
end
return { next_due, ready, held }
