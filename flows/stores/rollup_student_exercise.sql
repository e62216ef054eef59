-- What the events of `batch` add to the counts of each student and exercise.
SELECT
    course_id,
    student_id,
    coalesce(exercise, '') AS exercise,
    arg_max(notebook, position_ns) FILTER (type = 'cell_run' AND notebook IS NOT NULL) AS notebook,
    count(*) AS events,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (type = 'cell_run' AND status = 'interrupted') AS interrupted,
    count(*) FILTER (type = 'check_result' AND passed) AS checks_passed,
    count(*) FILTER (type = 'check_result' AND NOT passed) AS checks_failed,
    coalesce(sum(duration_ms) FILTER (type = 'cell_run'), 0) AS duration_ms_sum,
    max(duration_ms) FILTER (type = 'cell_run') AS duration_ms_max,
    min(seen_at) AS first_event_at,
    max(seen_at) AS last_event_at,
    min(seen_at) FILTER (type = 'cell_run') AS first_run_at,
    max(seen_at) FILTER (type = 'cell_run') AS last_run_at,
    min(seen_at) FILTER (type = 'cell_run' AND status = 'ok') AS first_ok_at,
    min(seen_at) FILTER (type = 'check_result' AND passed) AS first_passed_at
FROM (SELECT *, least(occurred_at, received_at) AS seen_at FROM batch)
GROUP BY ALL
