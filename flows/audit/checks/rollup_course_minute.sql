-- name: rollup_course_minute
-- meaning: The lake's sums for a course and minute are not those of the accepted events.
-- formula: Each column as flows/stores/lake_schema.sql means it, from the events alone.
-- source: summed, lake_rollup_course_minute

WITH expected AS (
    SELECT
        course_id,
        make_timestamptz(epoch_us(seen_at) // 60000000 * 60000000) AS minute,
        count(*) AS events,
        sum((type = 'cell_run')::INTEGER) AS runs,
        sum((type = 'cell_run' AND status = 'error')::INTEGER) AS errors,
        sum((type = 'cell_run' AND status = 'interrupted')::INTEGER) AS interrupted,
        sum((type = 'check_result' AND coalesce(passed, false))::INTEGER) AS checks_passed,
        sum((type = 'check_result' AND NOT coalesce(passed, true))::INTEGER) AS checks_failed,
        sum(CASE type WHEN 'cell_run' THEN coalesce(duration_ms, 0) ELSE 0 END) AS duration_ms_sum
    FROM summed
    GROUP BY 1, 2
),

found AS (
    SELECT
        course_id,
        minute,
        sum(events) AS events,
        sum(runs) AS runs,
        sum(errors) AS errors,
        sum(interrupted) AS interrupted,
        sum(checks_passed) AS checks_passed,
        sum(checks_failed) AS checks_failed,
        sum(duration_ms_sum) AS duration_ms_sum
    FROM lake_rollup_course_minute
    GROUP BY course_id, minute
),

said AS (
    SELECT
        course_id,
        minute,
        CASE
            WHEN expected.events IS NULL THEN 'expected no row, for there is no event; found one'
            WHEN found.events IS NULL THEN 'expected a row; found none'
            ELSE sentence([
                wrong('events', found.events, expected.events),
                wrong('runs', found.runs, expected.runs),
                wrong('errors', found.errors, expected.errors),
                wrong('interrupted', found.interrupted, expected.interrupted),
                wrong('checks_passed', found.checks_passed, expected.checks_passed),
                wrong('checks_failed', found.checks_failed, expected.checks_failed),
                wrong_sum('duration_ms_sum', found.duration_ms_sum, expected.duration_ms_sum)
            ])
        END AS faults
    FROM expected
    FULL JOIN found USING (course_id, minute)
)

SELECT
    'wrong_sum' AS kind,
    'lake' AS store,
    course_id,
    NULL AS student_id,
    NULL AS session_id,
    NULL AS first_ns,
    NULL AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    0 AS events,
    'rollup_course_minute, minute ' || strftime(minute, '%Y-%m-%dT%H:%MZ') || ': ' || faults
        AS message
FROM said
WHERE faults <> ''
