-- What several scripts need; put in front of each of them (clients.ledger.load_script).

-- The server's own time: the clocks of the processes differ.
local function server_time()
    local time = redis.call("TIME")
    return tonumber(time[1]), tonumber(time[2])
end

local function now_ms()
    local seconds, micros = server_time()
    return seconds * 1000 + math.floor(micros / 1000)
end

-- A number higher than every number ever given out, also by a store that has since been emptied, or that came back
-- without its last second of writes: hence the time, not a mere counter. Text, as 16 digits do not fit "%d" of Lua 5.1.
local function next_fence(key)
    local seconds, micros = server_time()
    local number = math.max(tonumber(redis.call("GET", key) or "0") + 1, seconds * 1000000 + micros)
    local text = string.format("%.0f", number)
    redis.call("SET", key, text)
    return text
end

-- The memory mark: what this store is sure to remember reaches back to the mark's birth. A flush removes it, a restart
-- or a failover (which may have forgotten the last writes) changes the ids: either way a new mark is born.
-- Returns the mark (text, short enough for the store to keep it packed with other fields) and its birth (ms).
local function memory_mark(key)
    local server = redis.call("INFO", "server")
    local replication = redis.call("INFO", "replication")
    local run_id = string.match(server, "run_id:(%w+)")
    local replication_id = string.match(replication, "master_replid:(%w+)")
    local id = run_id .. ":" .. replication_id
    local known = redis.call("HMGET", key, "id", "born_at")
    local born = known[2]
    if known[1] ~= id then
        born = string.format("%.0f", now_ms())
        redis.call("HSET", key, "id", id, "born_at", born)
    end
    return string.sub(run_id, 1, 12) .. string.sub(replication_id, 1, 12) .. "@" .. born, born
end

-- Wake whoever waits for a message; while nobody waits it costs no more than the look.
local function wake(waiting)
    if redis.call("DEL", waiting) == 1 then
        redis.call("PUBLISH", waiting, "1")
    end
end

-- Put a message on a queue, and wake whoever waits for one.
local function enqueue(queue, messages, waiting, message_id, message)
    redis.call("HSET", messages, message_id, message)
    redis.call("RPUSH", queue, message_id)
    wake(waiting)
end
