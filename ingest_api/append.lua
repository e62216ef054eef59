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
-- What is counted, and what is remembered of all events alike, is written once a step: most of a
-- step's time goes into the number of its commands.

local positions = {}
local accepted, duplicates, bytes = 0, 0, 0
local new_ids, is_new_id, touched = {}, {}, {}

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
        touched[sequence_key] = true
    else
        redis.call('SADD', far_key(sequence_key), far_member(sequence_key, bit))
        touched[far_key(sequence_key)] = true
    end
end

-- Of this many at once: a call takes no more arguments than Lua's stack has room for.
local IDS_A_CALL = 1000

-- Which of the step's ids were seen before it, by the id.
local function seen_before()
    local ids, seen = {}, {}
    for first = 6, #ARGV - 3, 4 do
        if ARGV[first + 1] ~= '' then
            ids[#ids + 1] = ARGV[first + 1]
        end
    end
    for start = 1, #ids, IDS_A_CALL do
        local last = math.min(start + IDS_A_CALL - 1, #ids)
        for _, day in ipairs({KEYS[3], KEYS[4]}) do
            for number, is_member in ipairs(
                    redis.call('SMISMEMBER', day, unpack(ids, start, last))) do
                if is_member == 1 then
                    seen[ids[start + number - 1]] = true
                end
            end
        end
    end
    return seen
end

local function is_repeat(event_id, sequence_key, bit, seen)
    if sequence_key ~= '' and (redis.call('GETBIT', sequence_key, bit) == 1 or redis.call(
            'SISMEMBER', far_key(sequence_key), far_member(sequence_key, bit)) == 1) then
        return true
    end
    return seen[event_id] or is_new_id[event_id] or false
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

local function append(first, counted, seen)
    local json, event_id = ARGV[first], ARGV[first + 1]
    local sequence_key, bit = ARGV[first + 2], ARGV[first + 3]
    if is_repeat(event_id, sequence_key, bit, seen) then
        duplicates = duplicates + 1
        positions[#positions + 1] = ''
        return
    end
    local position = redis.call(
        'XADD', KEYS[1], '*', 'event', json,
        'offset', counted.accepted + accepted + 1, 'end_byte', counted.bytes + bytes + #json)
    accepted, bytes = accepted + 1, bytes + #json
    keep_sequence_short(position)
    if sequence_key ~= '' then
        remember(sequence_key, bit)
    end
    if event_id ~= '' then
        new_ids[#new_ids + 1], is_new_id[event_id] = event_id, true
    end
    redis.call('PUBLISH', ARGV[1], '{"position":"' .. position .. '",' .. string.sub(json, 2))
    positions[#positions + 1] = position
end

local function append_all()
    local before = redis.call('HMGET', KEYS[2], 'accepted', 'bytes')
    local counted = {accepted = tonumber(before[1]) or 0, bytes = tonumber(before[2]) or 0}
    local seen = seen_before()
    for first = 6, #ARGV - 3, 4 do
        append(first, counted, seen)
    end
end

-- Whatever ends it early: what is in the log is counted, and is recognised if it comes again.
local is_whole, reason = pcall(append_all)
if accepted > 0 then
    redis.call('HINCRBY', KEYS[2], 'accepted', accepted)
    redis.call('HINCRBY', KEYS[2], 'bytes', bytes)
    for start = 1, #new_ids, IDS_A_CALL do
        local last = math.min(start + IDS_A_CALL - 1, #new_ids)
        redis.call('SADD', KEYS[3], unpack(new_ids, start, last))
    end
    redis.call('EXPIRE', KEYS[3], ARGV[2])
    for key in pairs(touched) do
        redis.call('EXPIRE', key, ARGV[3])
    end
end
if not is_whole then
    return type(reason) == 'table' and reason or redis.error_reply(tostring(reason))
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
