-- Drop from the log what every store has, but keep the newest events; in one atomic step.
-- KEYS: log, what is there while a backup or a rebuild needs the log, numbers that were erased
-- ARGV: position that the slowest store has committed, how many events to keep, and how many bytes
--       of events to keep at the most
-- Returns how many entries were dropped.

-- What somebody else put into the stream has no running number; this looks past a few of them.
local PAST = 100

local function first_of_ours(from)
    for _, entry in ipairs(redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', PAST)) do
        local fields = {}
        for i = 1, #entry[2], 2 do
            fields[entry[2][i]] = entry[2][i + 1]
        end
        local offset = tonumber(fields['offset'])
        if offset then
            return { offset = offset, end_byte = tonumber(fields['end_byte']), event = fields['event'] }
        end
    end
end

local function spare_by_bytes(oldest, length)
    local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][2]
    local end_byte = newest[5] == 'end_byte' and tonumber(newest[6])
    if not end_byte or not oldest.end_byte then
        return 0
    end
    local bytes = end_byte - oldest.end_byte + #oldest.event
    local excess = bytes - tonumber(ARGV[3])
    -- By their mean size: the next run drops what this one kept too much of.
    return math.ceil(excess / (bytes / length))
end

if redis.call('EXISTS', KEYS[2]) == 1 then
    return 0
end
local length = redis.call('XLEN', KEYS[1])
local oldest = first_of_ours('-')
if not oldest then
    return 0
end
local not_needed = length
if #redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1) > 0 then
    local needed = first_of_ours('(' .. ARGV[1])
    if not needed then
        return 0
    end
    not_needed = needed.offset - oldest.offset
        - redis.call('ZCOUNT', KEYS[3], oldest.offset, needed.offset)
end
local spare = math.max(length - tonumber(ARGV[2]), spare_by_bytes(oldest, length))
spare = math.min(spare, not_needed)
if spare <= 0 then
    return 0
end
return redis.call('XTRIM', KEYS[1], 'MAXLEN', length - spare)
