-- Take or prolong a lease, unless another one holds it; in one atomic step.
-- KEYS: lease
-- ARGV: who asks, how long it lasts in milliseconds, '1' to take it in any case
-- Returns 1 for who holds it now, else 0.

local holder = redis.call('GET', KEYS[1])
-- One that lasts longer was taken before Redis' clock was set back.
local is_valid = holder and redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[2])
if ARGV[3] ~= '1' and is_valid and holder ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
