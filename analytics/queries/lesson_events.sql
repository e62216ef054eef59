-- name: lesson_events
-- meaning: What each student of a lesson did, in order, with what the attention list looks at.
-- formula: Failures with the same error name and the same pattern of their message are the same
--   failure; see flows/stores/error_pattern.sql.
-- unit: times in microseconds since 1970-01-01 00:00 UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   now: The moment; nothing seen later counts.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
--   lesson_minutes: Nothing older than this counts, in minutes.
-- columns:
--   student_id: The student; a student's events follow one another.
--   seen_us: When it was seen. The order of a student's events; then that of the log.
--   position: Its log position.
--   type: Its type.
--   exercise: Its exercise; '' outside exercises.
--   notebook: Its notebook; null where none was named.
--   cell_id: Its cell; null where none was named.
--   status: How a cell run ended; null for other events.
--   error: Name of the error of a failed run; '' where none was told.
--   pattern: What its message says, without what differs from student to student; '' for nothing.
--   message: The message's first line; null where none was told.
--   check_name: Of a check's result: which check.
--   passed: Of a check's result: whether it passed.
--   help_message: Of a request for help: what was asked; null for nothing.
--   session_id: Its kernel's session; null where none was named.
-- reads: course_events
-- limits: Who works without running cells has no events.

WITH happened AS (
    SELECT
        student_id,
        seen_at,
        position_ns,
        position,
        type,
        exercise,
        notebook,
        cell_id,
        -- A client may send them with any event; they tell of runs and of checks' results.
        if(type = 'cell_run', status, NULL) AS status,
        error_name,
        if(type = 'cell_run' AND status = 'error', error_message, NULL) AS error_message,
        check_name,
        if(type = 'check_result', passed, NULL) AS passed,
        help_message,
        session_id
    FROM course_events(
        $course_id,
        $now::TIMESTAMPTZ - to_minutes($lesson_minutes::BIGINT),
        $now::TIMESTAMPTZ + INTERVAL 1 MICROSECOND,
        $as_of::BIGINT,
        $section::VARCHAR
    )
),

-- Most failures say what another one says: each text is looked at once.
messages AS (
    SELECT
        error_message,
        error_pattern(error_message) AS pattern,
        first_line(error_message) AS message
    FROM (SELECT DISTINCT error_message FROM happened WHERE error_message IS NOT NULL)
)

SELECT
    student_id,
    epoch_us(seen_at) AS seen_us,
    position,
    type,
    exercise,
    notebook,
    cell_id,
    status,
    coalesce(error_name, '') AS error,
    coalesce(pattern, '') AS pattern,
    message,
    check_name,
    passed,
    help_message,
    session_id
FROM happened
LEFT JOIN messages USING (error_message)
ORDER BY student_id, seen_at, position_ns
