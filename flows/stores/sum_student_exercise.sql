-- One row of a student and exercise in the place of its `partials`. Rows are appended in the order
-- of the log, so the notebook of the latest run is that of the latest row.
SELECT
    course_id,
    student_id,
    exercise,
    arg_max(notebook, rowid) FILTER (notebook IS NOT NULL) AS notebook,
    sum(events)::BIGINT AS events,
    sum(runs)::BIGINT AS runs,
    sum(errors)::BIGINT AS errors,
    sum(interrupted)::BIGINT AS interrupted,
    sum(checks_passed)::BIGINT AS checks_passed,
    sum(checks_failed)::BIGINT AS checks_failed,
    sum(duration_ms_sum) AS duration_ms_sum,
    max(duration_ms_max) AS duration_ms_max,
    min(first_event_at) AS first_event_at,
    max(last_event_at) AS last_event_at,
    min(first_run_at) AS first_run_at,
    max(last_run_at) AS last_run_at,
    min(first_ok_at) AS first_ok_at,
    min(first_passed_at) AS first_passed_at
FROM partials
GROUP BY ALL
