-- Put a copy of a stream without a person's entries in its place; one atomic step.
-- KEYS: stream, its copy, running numbers that were erased, counts, erasures that were counted
-- ARGV: the last entry that was looked at, this erasure ('' where nothing is counted), how many
--       events were erased that are in the stores alone, then the running numbers that go
-- An entry that is only marked as deleted stays in memory and on disk as long as one of its
-- neighbours does: only in a stream that is made anew are its bytes gone.

for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+')) do
    redis.call('XADD', KEYS[2], entry[1], unpack(entry[2]))
end

local function named(flat)
    local fields = {}
    for i = 1, #flat, 2 do
        fields[flat[i]] = flat[i + 1]
    end
    return fields
end

local newest = named(redis.call('XINFO', 'STREAM', KEYS[1]))['last-generated-id']
-- A group of its own, so that the stream is there also without entries.
redis.call('XGROUP', 'CREATE', KEYS[2], ARGV[2] .. ':made', '0', 'MKSTREAM')
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local fields = named(group)
    redis.call('XGROUP', 'CREATE', KEYS[2], fields['name'], fields['last-delivered-id'])
end
redis.call('XGROUP', 'DESTROY', KEYS[2], ARGV[2] .. ':made')
redis.call('XSETID', KEYS[2], newest)
redis.call('PERSIST', KEYS[2])
redis.call('RENAME', KEYS[2], KEYS[1])

if ARGV[2] == '' then
    return
end
for i = 4, #ARGV do
    redis.call('ZADD', KEYS[3], ARGV[i], ARGV[i])
end
if redis.call('SADD', KEYS[5], ARGV[2]) == 1 then
    redis.call('HINCRBY', KEYS[4], 'erased', ARGV[3])
end
-- Numbers from before the log's start need no place of their own any more.
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local offset = oldest and tonumber(named(oldest[2])['offset'])
if offset then
    local gone = redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%.0f', offset))
    redis.call('HINCRBY', KEYS[4], 'erased', gone)
end
