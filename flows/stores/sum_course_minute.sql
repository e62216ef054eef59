-- One row of a course and minute in the place of its `partials`.
SELECT
    course_id,
    minute,
    sum(events)::BIGINT AS events,
    sum(runs)::BIGINT AS runs,
    sum(errors)::BIGINT AS errors,
    sum(interrupted)::BIGINT AS interrupted,
    sum(checks_passed)::BIGINT AS checks_passed,
    sum(checks_failed)::BIGINT AS checks_failed,
    sum(duration_ms_sum) AS duration_ms_sum
FROM partials
GROUP BY ALL
