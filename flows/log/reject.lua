-- Set aside an entry of the log, with its reason, unless that was done before; one atomic step.
-- KEYS: rejected stream, counts, places in the log that were set aside, a key that is never there
-- ARGV: the entry's text, reason, source, position, position as one number, how many are kept

-- Redis refuses a script that begins with a command that needs memory while its memory is full;
-- setting aside must go on then, for it lets the log be trimmed. This write changes nothing.
redis.call('DEL', KEYS[4])
local place = ARGV[3] .. '@' .. ARGV[4]
if redis.call('ZADD', KEYS[3], 'NX', ARGV[5], place) == 0 then
    return 0
end
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -(tonumber(ARGV[6]) + 1))
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], '*',
    'raw', ARGV[1], 'reason', ARGV[2], 'source', ARGV[3], 'position', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'rejected', 1)
return 1
