-- name: course_events
-- meaning: What the class did, event by event, newest first, one page at a time.
-- formula: The events of every student of the course before a position of the log, by descending
--   position.
-- unit: duration_ms in milliseconds; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   before_ns: Only events before this position_ns; null for the newest page.
--   student_id: Only this student's; null for everybody's.
--   exercise: Only those of this exercise, '' for outside exercises; null for all.
--   row_limit: At most this many events.
-- columns:
--   student_id: Whose event it is.
--   position: Log position, which also orders the list.
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
-- reads: course_events
-- limits: Order is that of arrival; events that a student's machine sent late stand where they
--   arrived, with their own occurred_at.

SELECT
    student_id,
    position,
    event_id,
    type,
    session_id,
    seq,
    notebook,
    cell_id,
    nullif(exercise, '') AS exercise,
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
FROM course_events($course_id, NULL, NULL, $before_ns::BIGINT - 1, $section::VARCHAR)
WHERE ($student_id::VARCHAR IS NULL OR student_id = $student_id)
    AND ($exercise::VARCHAR IS NULL OR exercise = $exercise)
ORDER BY position_ns DESC
LIMIT $row_limit
