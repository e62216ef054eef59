-- Set how far a store has come, also while Redis' memory is full: what frees memory must not need it.
-- KEYS: log, a key that is never there, running numbers by store
-- ARGV: consumer group, position, the running number of the entry there ('' where not known)

-- Redis 6 counts XGROUP among the commands that need memory, and refuses those, as it does HSET,
-- only as long as the script has not written yet. This write changes nothing.
redis.call('DEL', KEYS[2])
redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
if ARGV[3] == '' then
    redis.call('HDEL', KEYS[3], ARGV[1])
else
    redis.call('HSET', KEYS[3], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
end
