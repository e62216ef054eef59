-- name: student_states
-- meaning: Where each student of the class is now, and who seems to be stuck: one row a student.
-- formula: active = an event less than 5 minutes before now; error_rate = errors / runs;
--   error_streak = latest runs in a row that ended in an error.
-- unit: cell runs, events; error_rate from 0 to 1; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   now: The moment that "active" refers to.
-- columns:
--   student_id: The student. In the order of ids, where s2 is before s10.
--   display_name: The name that the course's roster has; null for none.
--   section: The section that the roster has; null for none.
--   last_seen_at: When the student's latest event happened; null before any.
--   active: Whether that is less than 5 minutes ago.
--   notebook: Notebook of the latest run; null before any.
--   exercise: Exercise of the latest run; null outside exercises.
--   last_status: How the latest run ended: ok, error or interrupted; null before any.
--   runs: Cell runs.
--   errors: Cell runs that ended in an error; an interrupted run is not one.
--   error_rate: errors / runs; null without runs.
--   error_streak: Latest runs in a row that ended in an error.
--   lost_events: Gaps in the sequence numbers of the student's sessions, that is, events that never
--     came.
-- reads: master.enrollments, master.student_states, master.sessions
-- limits: Every enrolled student is listed, also one of whom no event has come. A student who works
--   outside notebooks is not seen.

WITH losses AS (
    SELECT student_id, sum(lost_events)::BIGINT AS lost_events
    FROM master.sessions
    WHERE course_id = $course_id
    GROUP BY student_id
)

SELECT
    enrollments.student_id,
    enrollments.display_name,
    enrollments.section,
    states.last_seen_at,
    coalesce(states.last_seen_at > $now::TIMESTAMPTZ - INTERVAL 5 MINUTE, false) AS active,
    states.notebook,
    states.exercise,
    states.last_status,
    coalesce(states.runs, 0) AS runs,
    coalesce(states.errors, 0) AS errors,
    states.errors / nullif(states.runs, 0) AS error_rate,
    coalesce(states.error_streak, 0) AS error_streak,
    coalesce(losses.lost_events, 0) AS lost_events
FROM master.enrollments
LEFT JOIN master.student_states AS states
    ON states.course_id = enrollments.course_id
    AND states.student_id = enrollments.student_id
LEFT JOIN losses ON losses.student_id = enrollments.student_id
WHERE enrollments.course_id = $course_id
    AND ($section::VARCHAR IS NULL OR enrollments.section = $section)
ORDER BY natural_order(enrollments.student_id), enrollments.student_id
