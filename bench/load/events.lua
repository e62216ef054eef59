-- What wrk sends: each request is one new event, or an array of new ones, of 500 students of one
-- course, each with a session of its own whose numbers follow each other.
-- Arguments: a text that no other run has, the token, events a request.

local head, tail, run, batch
local students, sent = 500, 0

function init(arguments)
    run, batch = arguments[1], tonumber(arguments[3])
    wrk.method = 'POST'
    wrk.headers['Content-Type'] = 'application/json'
    wrk.headers['Authorization'] = 'Bearer ' .. arguments[2]
end

local function event()
    local student, seq = sent % students, math.floor(sent / students) + 1
    sent = sent + 1
    return string.format(
        '{"event_id": "%s-7000-8000-%012x", "type": "cell_run", "course_id": "demo", ' ..
        '"student_id": "student-%d", "session_id": "%s-%d", "seq": %d, ' ..
        '"notebook": "course/01-values.ipynb", "cell_id": "7f6d2a9c", "exercise": "1.%d", ' ..
        '"execution_count": %d, "status": "ok", "duration_ms": 12.25, ' ..
        '"occurred_at": "2026-03-02T09:15:27.123456+00:00", "code_sha256": ' ..
        '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ' ..
        '"code_lines": 4, "code_chars": 96, "hook_version": "0.1.0"}',
        run, sent, student, run, student, seq, seq % 40, seq)
end

function request()
    if batch == 1 then
        return wrk.format(nil, nil, nil, event())
    end
    local events = {}
    for number = 1, batch do
        events[number] = event()
    end
    return wrk.format(nil, nil, nil, '[' .. table.concat(events, ',') .. ']')
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p99_us": %d}\n',
        summary.requests, summary.duration, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
