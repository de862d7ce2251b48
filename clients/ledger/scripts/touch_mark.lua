-- Look at the memory mark, so that a store that was emptied or restarted gets a new one at once.
-- KEYS: mark
return { memory_mark(KEYS[1]) }
