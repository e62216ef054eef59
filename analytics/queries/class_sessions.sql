-- name: class_sessions
-- meaning: When the class met: stretches of time in which somebody worked, with at least half an
--   hour in between in which nobody did.
-- formula: Minutes of the clock with a cell run, a check result or a raised hand of anybody; where
--   more than 30 minutes lie between one and the next, a new session of class begins with the next.
-- unit: persons, cell runs; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
--   row_limit: At most this many sessions of class, the latest ones.
-- columns:
--   started_at: Time of its first event.
--   ended_at: Time of its latest event.
--   arrived_at: When the first of its events arrived: before that nobody could see it.
--   students: Students who did anything in it.
--   runs: Cell runs.
-- reads: course_events
-- limits: Two lessons with a short break between them are one session of class, and a student who
--   works alone at night makes one too: students tells them apart.

WITH work AS (
    SELECT
        date_trunc('minute', seen_at) AS minute,
        student_id,
        min(seen_at) AS first_at,
        max(seen_at) AS last_at,
        min(received_at) AS arrived_at,
        count(*) FILTER (type = 'cell_run') AS runs
    FROM course_events($course_id, NULL, NULL, $as_of::BIGINT, $section::VARCHAR)
    WHERE type IN ('cell_run', 'check_result', 'help_requested')
    GROUP BY ALL
),

minutes AS (
    SELECT minute, minute - lag(minute) OVER (ORDER BY minute) > INTERVAL 30 MINUTE AS begins
    FROM (SELECT DISTINCT minute FROM work)
),

numbered AS (
    SELECT minute, count(*) FILTER (begins) OVER (ORDER BY minute) AS number FROM minutes
)

SELECT
    min(first_at) AS started_at,
    max(last_at) AS ended_at,
    min(arrived_at) AS arrived_at,
    count(DISTINCT student_id) AS students,
    sum(runs)::BIGINT AS runs
FROM work
INNER JOIN numbered USING (minute)
GROUP BY number
ORDER BY started_at DESC
LIMIT $row_limit
