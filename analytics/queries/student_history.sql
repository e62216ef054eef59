-- name: student_history
-- meaning: What one student did, event by event, newest first, one page at a time.
-- formula: The events of the student before a position of the log, by descending position.
-- unit: duration_ms in milliseconds; times in UTC
-- parameters:
--   course_id: The course.
--   student_id: The student.
--   before_ns: Only events before this position_ns; null for the newest page.
--   heartbeats: Whether heartbeats are among them: they say nothing but that somebody was there,
--     as where the student does not have runs recorded.
--   row_limit: At most this many events.
-- columns:
--   position: Log position, which also orders the history.
--   event_id: The event's UUIDv7.
--   type: What happened, for example cell_run or check_result.
--   session_id: One life of one kernel.
--   seq: Sequence number within the session.
--   notebook: Path of the notebook.
--   cell_id: The cell's id in the notebook file.
--   exercise: The exercise's name; null outside exercises.
--   execution_count: The number in the cell's prompt.
--   status: How the run ended: ok, error or interrupted.
--   error_name: For example NameError.
--   error_message: The error's own text.
--   duration_ms: Time that the run took.
--   occurred_at: When it happened by the client's clock.
--   received_at: When the server accepted it.
--   code_sha256: SHA-256 of the cell's code as UTF-8.
--   code_lines: Lines of code in the cell.
--   code_chars: Characters in the cell.
--   code: The code, only where course and student agreed to it.
--   output: The run's text output, only where agreed to.
--   check_name: Name of the check, for its result.
--   passed: Whether the check passed.
--   points: Points that the check gave.
--   points_possible: Points that the check can give.
--   help_message: What the student asks, in the student's words.
--   hook_version: Version of the cell hook.
--   truncated: Names of the fields that were cut to their cap.
--   extra: Fields that this version does not know, as JSON text.
-- reads: lake.events
-- limits: Order is that of arrival; events that a student's machine sent late stand where they
--   arrived, with their own occurred_at.

SELECT
    position,
    event_id,
    type,
    session_id,
    seq,
    notebook,
    cell_id,
    exercise,
    execution_count,
    status,
    error_name,
    error_message,
    duration_ms,
    occurred_at,
    received_at,
    code_sha256,
    code_lines,
    code_chars,
    code,
    output,
    check_name,
    passed,
    points,
    points_possible,
    help_message,
    hook_version,
    truncated,
    extra
FROM lake.events
WHERE course_id = $course_id
    AND student_id = $student_id
    AND ($before_ns::BIGINT IS NULL OR position_ns < $before_ns)
    AND ($heartbeats OR type <> 'heartbeat')
ORDER BY position_ns DESC
LIMIT $row_limit
