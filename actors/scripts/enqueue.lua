-- Put one message on a queue and wake whoever waits for it.
-- KEYS: queue, queue.msgs, queue.waiting
-- ARGV: message id, message
enqueue(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
return 1
