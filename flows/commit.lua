-- Set how far a store has come, also while Redis' memory is full: what frees memory must not need it.
-- KEYS: log, a key that is never there
-- ARGV: consumer group, position

-- Redis 6 counts XGROUP among the commands that need memory, and refuses those only as long as
-- the script has not written yet. This write changes nothing.
redis.call('DEL', KEYS[2])
redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
