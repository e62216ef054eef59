-- Drop from the log what every store has, but keep the newest events; in one atomic step.
-- KEYS: log, what is there while a backup copies the log
-- ARGV: position that the slowest store has committed, number of events to keep
-- Returns how many events were dropped.

local function running_number(entry)
    local fields = entry[2]
    for i = 1, #fields, 2 do
        if fields[i] == 'offset' then
            return tonumber(fields[i + 1])
        end
    end
end

if redis.call('EXISTS', KEYS[2]) == 1 then
    return 0
end
local length = redis.call('XLEN', KEYS[1])
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not oldest then
    return 0
end
local needed = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', 1)[1]
local not_needed = length
if needed then
    local first, last = running_number(oldest), running_number(needed)
    if not first or not last then
        return 0
    end
    not_needed = last - first
end
local spare = math.min(not_needed, length - tonumber(ARGV[2]))
if spare <= 0 then
    return 0
end
return redis.call('XTRIM', KEYS[1], 'MAXLEN', length - spare)
