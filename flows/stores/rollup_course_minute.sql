-- What the events of `batch` add to the counts of each course and minute.
SELECT
    course_id,
    date_trunc('minute', least(occurred_at, received_at)) AS minute,
    count(*) AS events,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (type = 'cell_run' AND status = 'interrupted') AS interrupted,
    count(*) FILTER (type = 'check_result' AND passed) AS checks_passed,
    count(*) FILTER (type = 'check_result' AND NOT passed) AS checks_failed,
    coalesce(sum(duration_ms) FILTER (type = 'cell_run'), 0) AS duration_ms_sum
FROM batch
GROUP BY ALL
