-- name: class_progress
-- meaning: How the whole class is doing: how many students there are, how many of them are at
--   work right now, and how often a run fails.
-- formula: students = enrollments; active_students = students with an event less than 5 minutes
--   before now; error_rate = errors / runs.
-- unit: persons, cell runs, events; error_rate from 0 to 1
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   now: The moment that "active" refers to.
--   as_of: Only what the log held up to this position, as position_ns; null for what it holds now.
-- columns:
--   students: Students enrolled or seen, whether or not they still run cells.
--   active_students: Students with an event in the last 5 minutes.
--   runs: Cell runs.
--   errors: Cell runs that ended in an error; an interrupted run is not one.
--   error_rate: errors / runs; null without runs.
--   lost_events: Gaps in the sessions' sequence numbers, that is, events that never came.
-- reads: course_losses, course_states, course_students, course_work
-- limits: Students come from PostgreSQL and runs from the lake, which may be a moment apart.
--   Events without a sequence number cannot be missed, so their loss is not counted.

WITH enrolled AS (
    SELECT student_id
    FROM course_students($course_id, $as_of::BIGINT, $now::TIMESTAMPTZ)
    WHERE $section::VARCHAR IS NULL OR section = $section
),

class AS (
    SELECT
        count(*) AS students,
        count(*) FILTER (
            states.last_seen_at > $now::TIMESTAMPTZ - INTERVAL 5 MINUTE
        ) AS active_students
    FROM enrolled
    LEFT JOIN course_states($course_id, $as_of::BIGINT) AS states
        ON states.student_id = enrolled.student_id
),

work AS (
    SELECT
        coalesce(sum(runs), 0)::BIGINT AS runs,
        coalesce(sum(errors), 0)::BIGINT AS errors
    FROM course_work($course_id, $as_of::BIGINT)
    WHERE $section IS NULL OR student_id IN (FROM enrolled)
),

losses AS (
    SELECT coalesce(sum(lost_events), 0)::BIGINT AS lost_events
    FROM course_losses($course_id, $as_of::BIGINT)
    WHERE $section IS NULL OR student_id IN (FROM enrolled)
)

SELECT
    class.students,
    class.active_students,
    work.runs,
    work.errors,
    work.errors / nullif(work.runs, 0) AS error_rate,
    losses.lost_events
FROM class, work, losses
