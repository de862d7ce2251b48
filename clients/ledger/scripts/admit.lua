-- Take in requests for orders: claim each order and put its first message on the queue, or say why not; then store the
-- replay position behind them. One script and no transaction of many: there, a request that fails (a server that was
-- restarted has forgotten its script) would not keep the position after it from being stored.
-- KEYS: fence, unfinished, mark, position ("" for none), lease ("" for none); then for each request: claim, order,
--       history, event, queue, queue.msgs, queue.waiting
-- ARGV: claim ttl ms, event ttl ms, history limit, namespace of the queues, replay id, ms at which the position is
--       stored, token of the lease; then for each request: run, event id or "", message id, message, queue name, order
--       id, history entry, source, requested at (ISO)
-- Returns for each "enqueued", "duplicate_event" or "already_claimed"; "lease_lost" alone when somebody else has the
--         lease: then nothing is taken in.
local fence, unfinished, mark, position = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local claim_ttl, event_ttl, history_limit, namespace = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = string.format("%.0f", now_ms())

if KEYS[5] ~= "" and redis.call("GET", KEYS[5]) ~= ARGV[7] then
    return { "lease_lost" }
end

-- A claim whose message is in no queue any more belongs to a run that was lost: it does not keep the order from running.
-- It is removed here and not for everybody: what does not need memory must not be the first write, or a full store lets
-- the rest of the script through.
local function is_at_work(claim, order)
    if redis.call("EXISTS", claim) == 0 then
        return false
    end
    local place = redis.call("HMGET", order, "queue", "message_id")
    for _, suffix in ipairs({ ".msgs", ".DQ.msgs" }) do
        if place[1] and redis.call("HEXISTS", namespace .. ":" .. place[1] .. suffix, place[2]) == 1 then
            return true
        end
    end
    redis.call("DEL", claim)
    return false
end

local function admit(key, arg)
    local claim, order, history = KEYS[key], KEYS[key + 1], KEYS[key + 2]
    local run, event_id, message_id, message = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3]
    local queue_name, order_id, entry = ARGV[arg + 4], ARGV[arg + 5], ARGV[arg + 6]
    if is_at_work(claim, order) then
        -- Should the run under way fail, the order has been asked for again since: see hand_over.lua.
        if ARGV[arg + 7] == "event" then
            redis.call("HSET", claim, "asked_again", 1)
        end
        return "already_claimed"
    end
    redis.call("HSET", claim, "run", run, "fence", next_fence(fence), "mark", (memory_mark(mark)))
    redis.call("PEXPIRE", claim, claim_ttl)
    redis.call("HDEL", order, "code", "message", "finished_at", "due_at")
    redis.call("HSET", order, "run_id", run, "state", "queued", "stage", queue_name, "attempt", 0,
        "source", ARGV[arg + 7], "event_id", event_id, "requested_at", ARGV[arg + 8], "updated_at", now,
        "queue", queue_name, "message_id", message_id)
    redis.call("PERSIST", order)
    redis.call("PERSIST", history)
    redis.call("RPUSH", history, entry)
    redis.call("LTRIM", history, -tonumber(history_limit), -1)
    redis.call("ZADD", unfinished, now, order_id)
    enqueue(KEYS[key + 4], KEYS[key + 5], KEYS[key + 6], message_id, message)
    return "enqueued"
end

-- An event counts as known only when its order is taken in: this script may end with an error at any of its writes.
local function admit_once(key, arg)
    local event, event_id, order_id = KEYS[key + 3], ARGV[arg + 1], ARGV[arg + 5]
    if event_id == "" then
        return admit(key, arg)
    end
    -- Of the same order only: a careless publisher may use an event id twice.
    if redis.call("GET", event) == order_id then
        return "duplicate_event"
    end
    local answer = admit(key, arg)
    redis.call("SET", event, order_id, "PX", event_ttl)
    return answer
end

local answers = {}
for i = 0, (#KEYS - 5) / 7 - 1 do
    answers[i + 1] = admit_once(6 + i * 7, 8 + i * 9)
end
if position ~= "" then
    redis.call("HSET", position, "replay_id", ARGV[5], "stored_at", ARGV[6])
end
return answers
