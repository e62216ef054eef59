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
-- Marks of repeats are asked for and set by many in a command: commands are what a step costs.
-- Returns for each event its log position, or '' for a repeat; an error when the log is full.

local FIRST, FIELDS = 6, 4
local ID, SEQUENCE_KEY, BIT = 1, 2, 3
--- Lua gives a command at most some 8,000 arguments.
local MOST_ARGUMENTS = 4000

-- Events are named by the place of their JSON in ARGV.
local is_repeat = {}
-- The events of each key of sequence numbers, and these keys in order.
local events_of, sequence_keys = {}, {}

local function with_id(ids, first)
    local id = ARGV[first + ID]
    if id ~= '' then
        ids[#ids + 1] = id
    end
    return id
end

-- A session's numbers are bits as long as they follow each other. One that is far from all others
-- is a member of a set: a key of bits for each would let few events take much memory.
local function far_key(sequence_key)
    return string.match(sequence_key, '^(.*:)%d+$') .. 'far'
end

local function far_members(sequence_key, events)
    local members, chunk = {}, string.match(sequence_key, '%d+$')
    for _, first in ipairs(events) do
        members[#members + 1] = chunk .. ':' .. ARGV[first + BIT]
    end
    return members
end

local function is_near(sequence_key)
    local session, chunk = string.match(sequence_key, '^(.*:)(%d+)$')
    return chunk == '0' or redis.call('EXISTS', sequence_key) == 1
        or redis.call('EXISTS', session .. string.format('%.0f', tonumber(chunk) - 1)) == 1
end

-- `known` tells of each of `events` whether Redis knows it.
local function note_repeats(events, known)
    for place, first in ipairs(events) do
        if known[place] == 1 then
            is_repeat[first] = true
        end
    end
end

local function find_repeated_ids()
    local ids, events = {}, {}
    for first = FIRST, #ARGV - 3, FIELDS do
        if with_id(ids, first) ~= '' then
            events[#events + 1] = first
        end
    end
    if #ids > 0 then
        note_repeats(events, redis.call('SMISMEMBER', KEYS[3], unpack(ids)))
        note_repeats(events, redis.call('SMISMEMBER', KEYS[4], unpack(ids)))
    end
end

local function find_repeated_numbers()
    for first = FIRST, #ARGV - 3, FIELDS do
        local key = ARGV[first + SEQUENCE_KEY]
        if key ~= '' then
            if not events_of[key] then
                events_of[key] = {}
                sequence_keys[#sequence_keys + 1] = key
            end
            table.insert(events_of[key], first)
        end
    end
    for _, key in ipairs(sequence_keys) do
        local events, bits = events_of[key], {}
        for _, first in ipairs(events) do
            bits[#bits + 1] = 'GET'
            bits[#bits + 1] = 'u1'
            bits[#bits + 1] = ARGV[first + BIT]
        end
        note_repeats(events, redis.call('BITFIELD_RO', key, unpack(bits)))
        local far = far_key(key)
        if redis.call('EXISTS', far) == 1 then
            note_repeats(events, redis.call('SMISMEMBER', far, unpack(far_members(key, events))))
        end
    end
end

-- An event may come twice within a step, too: the first one counts.
local function find_repeats_within()
    local seen_ids, seen_bits = {}, {}
    for first = FIRST, #ARGV - 3, FIELDS do
        local id, key, bit = ARGV[first + ID], ARGV[first + SEQUENCE_KEY], ARGV[first + BIT]
        local bits = seen_bits[key] or {}
        seen_bits[key] = bits
        if (id ~= '' and seen_ids[id]) or (key ~= '' and bits[bit]) then
            is_repeat[first] = true
        end
        if not is_repeat[first] then
            seen_ids[id], bits[bit] = true, true
        end
    end
end

local function remember_ids()
    local ids = {}
    for first = FIRST, #ARGV - 3, FIELDS do
        if not is_repeat[first] then
            with_id(ids, first)
        end
    end
    if #ids > 0 then
        redis.call('SADD', KEYS[3], unpack(ids))
    end
end

local function remember_numbers(sequence_key, events)
    if not is_near(sequence_key) then
        local far = far_key(sequence_key)
        redis.call('SADD', far, unpack(far_members(sequence_key, events)))
        redis.call('EXPIRE', far, ARGV[3])
        return
    end
    local bits = {}
    for _, first in ipairs(events) do
        for _, argument in ipairs({'SET', 'u1', ARGV[first + BIT], '1'}) do
            bits[#bits + 1] = argument
        end
    end
    for begin = 1, #bits, MOST_ARGUMENTS do
        local last = math.min(begin + MOST_ARGUMENTS - 1, #bits)
        redis.call('BITFIELD', sequence_key, unpack(bits, begin, last))
    end
    redis.call('EXPIRE', sequence_key, ARGV[3])
end

local function remember_all_numbers()
    for _, key in ipairs(sequence_keys) do
        local new = {}
        for _, first in ipairs(events_of[key]) do
            if not is_repeat[first] then
                new[#new + 1] = first
            end
        end
        if #new > 0 then
            remember_numbers(key, new)
        end
    end
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

find_repeated_ids()
find_repeated_numbers()
find_repeats_within()

local accepted, duplicates, bytes = 0, 0, 0
for first = FIRST, #ARGV - 3, FIELDS do
    if is_repeat[first] then
        duplicates = duplicates + 1
    else
        accepted = accepted + 1
        bytes = bytes + #ARGV[first]
    end
end

local positions = {}
if accepted > 0 then
    local offset = redis.call('HINCRBY', KEYS[2], 'accepted', accepted) - accepted
    local end_byte = redis.call('HINCRBY', KEYS[2], 'bytes', bytes) - bytes
    for first = FIRST, #ARGV - 3, FIELDS do
        local position = ''
        if not is_repeat[first] then
            local json = ARGV[first]
            offset, end_byte = offset + 1, end_byte + #json
            position = redis.call(
                'XADD', KEYS[1], '*', 'event', json, 'offset', offset, 'end_byte', end_byte)
            keep_sequence_short(position)
            redis.call('PUBLISH', ARGV[1], '{"position":"' .. position .. '",' .. string.sub(json, 2))
        end
        positions[#positions + 1] = position
    end
    remember_ids()
    remember_all_numbers()
else
    for _ = 1, duplicates do
        positions[#positions + 1] = ''
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
