-- Append events to the log and publish them, all in one atomic step.
-- KEYS: log, counts, event ids seen today, event ids seen yesterday, and, for an event that had
--       been set aside, the rejected stream
-- ARGV: channel, seconds to remember ids, seconds to remember sessions, number of events refused
--       before this step, bytes that the log may hold, then for each event: its JSON, its id as
--       16 bytes ('' when the server made it), the key and the bit of its sequence number ('' and
--       '' without one); last, with a rejected stream, the entry that goes from there
-- Each entry has the running number of events (offset) and of their bytes (end_byte), so that
-- counting what lies between two of them reads only these two.
-- A position's sequence stays below 1,000,000, so that it fits into one number with its millisecond.
-- Returns for each event its log position, or '' for a repeat; an error when the log is full.

local positions = {}
local accepted, duplicates = 0, 0

-- A session's numbers are bits as long as they follow each other. One that is far from all others
-- is a member of a set: a key of bits for each would let few events take much memory.
local function far_key(sequence_key)
    return string.match(sequence_key, '^(.*:)%d+$') .. 'far'
end

local function far_member(sequence_key, bit)
    return string.match(sequence_key, '%d+$') .. ':' .. bit
end

local function is_near(sequence_key)
    local session, chunk = string.match(sequence_key, '^(.*:)(%d+)$')
    return chunk == '0' or redis.call('EXISTS', sequence_key) == 1
        or redis.call('EXISTS', session .. string.format('%.0f', tonumber(chunk) - 1)) == 1
end

local function remember(sequence_key, bit)
    if is_near(sequence_key) then
        redis.call('SETBIT', sequence_key, bit, 1)
        redis.call('EXPIRE', sequence_key, ARGV[3])
    else
        redis.call('SADD', far_key(sequence_key), far_member(sequence_key, bit))
        redis.call('EXPIRE', far_key(sequence_key), ARGV[3])
    end
end

local function is_repeat(event_id, sequence_key, bit)
    if sequence_key ~= '' and (redis.call('GETBIT', sequence_key, bit) == 1 or redis.call(
            'SISMEMBER', far_key(sequence_key), far_member(sequence_key, bit)) == 1) then
        return true
    end
    return event_id ~= '' and (redis.call('SISMEMBER', KEYS[3], event_id) == 1
        or redis.call('SISMEMBER', KEYS[4], event_id) == 1)
end

local function keep_sequence_short(position)
    local milliseconds, sequence = string.match(position, '^(%d+)-(%d+)$')
    if tonumber(sequence) >= 900000 then
        -- The clock stands still or was set back: go on in the next millisecond.
        redis.call('XSETID', KEYS[1], string.format('%.0f-0', tonumber(milliseconds) + 1))
    end
end

local function bytes_in_log()
    local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    if not oldest then
        return 0
    end
    local event, end_byte = oldest[2][2], tonumber(oldest[2][6])
    local total = tonumber(redis.call('HGET', KEYS[2], 'bytes'))
    return end_byte and total and total - end_byte + #event or 0
end

if bytes_in_log() >= tonumber(ARGV[5]) then
    return redis.error_reply('LOGFULL the log holds as many bytes as it may')
end

if #ARGV == 5 then
    -- Nothing but the question whether events could be taken: only a write tells.
    redis.call('HINCRBY', KEYS[2], 'accepted', 0)
end

for first = 6, #ARGV - 3, 4 do
    local json, event_id = ARGV[first], ARGV[first + 1]
    local sequence_key, bit = ARGV[first + 2], ARGV[first + 3]
    if is_repeat(event_id, sequence_key, bit) then
        duplicates = duplicates + 1
        positions[#positions + 1] = ''
    else
        local offset = redis.call('HINCRBY', KEYS[2], 'accepted', 1)
        local end_byte = redis.call('HINCRBY', KEYS[2], 'bytes', #json)
        local position = redis.call(
            'XADD', KEYS[1], '*', 'event', json, 'offset', offset, 'end_byte', end_byte)
        keep_sequence_short(position)
        if sequence_key ~= '' then
            remember(sequence_key, bit)
        end
        if event_id ~= '' then
            redis.call('SADD', KEYS[3], event_id)
        end
        redis.call('PUBLISH', ARGV[1], '{"position":"' .. position .. '",' .. string.sub(json, 2))
        accepted = accepted + 1
        positions[#positions + 1] = position
    end
end

if accepted > 0 then
    redis.call('EXPIRE', KEYS[3], ARGV[2])
end
if duplicates > 0 then
    redis.call('HINCRBY', KEYS[2], 'duplicates', duplicates)
end
if ARGV[4] ~= '0' then
    redis.call('HINCRBY', KEYS[2], 'rejected', ARGV[4])
end
if KEYS[5] then
    redis.call('XDEL', KEYS[5], ARGV[#ARGV])
end
return positions
