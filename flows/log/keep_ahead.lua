-- Let the log go on after a position that a store has already: a log that was lost and begins anew
-- by a clock that is behind would give events to the store that it takes for repeats.
-- KEYS: log, a key that is never there
-- ARGV: position
-- Returns how many entries the log holds, all of them before that position; -1 where it is ahead.

local function number(position)
    local milliseconds, sequence = string.match(position, '^(%d+)-(%d+)$')
    return tonumber(milliseconds), tonumber(sequence)
end

local last
local stream = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #stream, 2 do
    if stream[i] == 'last-generated-id' then
        last = stream[i + 1]
    end
end
local last_ms, last_seq = number(last)
local ms, seq = number(ARGV[1])
if last_ms > ms or (last_ms == ms and last_seq >= seq) then
    return -1
end
redis.call('DEL', KEYS[2]) -- after a write also Redis with full memory does the next one
redis.call('XSETID', KEYS[1], ARGV[1])
return redis.call('XLEN', KEYS[1])
