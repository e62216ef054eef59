-- Note of each exercise of a student which event solved it, unless that is noted already, and tell
-- which events did; in one atomic step, also while Redis' memory is full.
-- KEYS: event by exercise of a student, a key that is never there
-- ARGV: an exercise of a student and an event that solves it, again and again
-- Returns of each pair 1 where the event was the first one, else 0.

redis.call('DEL', KEYS[2]) -- after a write also Redis with full memory does the next ones
local first = {}
for i = 1, #ARGV, 2 do
    redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
    first[#first + 1] = redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] and 1 or 0
end
return first
