-- name: rollup_student_exercise
-- meaning: The lake's sums for a student and exercise are not those of the accepted events.
-- formula: Each column as flows/stores/lake_schema.sql means it, from the events alone.
-- source: summed, lake_rollup_student_exercise

WITH runs AS (
    SELECT
        course_id,
        student_id,
        coalesce(exercise, '') AS exercise,
        count(*) AS runs,
        sum(CASE status WHEN 'error' THEN 1 ELSE 0 END) AS errors,
        sum(CASE status WHEN 'interrupted' THEN 1 ELSE 0 END) AS interrupted,
        sum(coalesce(duration_ms, 0)) AS duration_ms_sum,
        max(duration_ms) AS duration_ms_max,
        last(notebook ORDER BY position_ns) FILTER (notebook IS NOT NULL) AS notebook,
        min(seen_at) AS first_run_at,
        max(seen_at) AS last_run_at,
        min(CASE status WHEN 'ok' THEN seen_at END) AS first_ok_at
    FROM summed
    WHERE type = 'cell_run'
    GROUP BY 1, 2, 3
),

checks AS (
    SELECT
        course_id,
        student_id,
        coalesce(exercise, '') AS exercise,
        sum(passed::INTEGER) AS checks_passed,
        sum((NOT passed)::INTEGER) AS checks_failed,
        min(CASE WHEN passed THEN seen_at END) AS first_passed_at
    FROM summed
    WHERE type = 'check_result'
    GROUP BY 1, 2, 3
),

everything AS (
    SELECT
        course_id,
        student_id,
        coalesce(exercise, '') AS exercise,
        count(*) AS events,
        min(seen_at) AS first_event_at,
        max(seen_at) AS last_event_at
    FROM summed
    GROUP BY 1, 2, 3
),

expected AS (
    SELECT *
    FROM everything
    LEFT JOIN runs USING (course_id, student_id, exercise)
    LEFT JOIN checks USING (course_id, student_id, exercise)
),

found AS (
    SELECT
        course_id,
        student_id,
        exercise,
        arg_max(notebook, place) FILTER (notebook IS NOT NULL) AS notebook,
        sum(events) AS events,
        sum(runs) AS runs,
        sum(errors) AS errors,
        sum(interrupted) AS interrupted,
        sum(checks_passed) AS checks_passed,
        sum(checks_failed) AS checks_failed,
        sum(duration_ms_sum) AS duration_ms_sum,
        max(duration_ms_max) AS duration_ms_max,
        min(first_event_at) AS first_event_at,
        max(last_event_at) AS last_event_at,
        min(first_run_at) AS first_run_at,
        max(last_run_at) AS last_run_at,
        min(first_ok_at) AS first_ok_at,
        min(first_passed_at) AS first_passed_at
    FROM lake_rollup_student_exercise
    GROUP BY course_id, student_id, exercise
),

said AS (
    SELECT
        course_id,
        student_id,
        exercise,
        CASE
            WHEN expected.events IS NULL THEN 'expected no row, for there is no event; found one'
            WHEN found.events IS NULL THEN 'expected a row; found none'
            ELSE sentence([
                wrong('notebook', found.notebook, expected.notebook),
                wrong('events', found.events, expected.events),
                wrong('runs', found.runs, coalesce(expected.runs, 0)),
                wrong('errors', found.errors, coalesce(expected.errors, 0)),
                wrong('interrupted', found.interrupted, coalesce(expected.interrupted, 0)),
                wrong('checks_passed', found.checks_passed, coalesce(expected.checks_passed, 0)),
                wrong('checks_failed', found.checks_failed, coalesce(expected.checks_failed, 0)),
                wrong_sum(
                    'duration_ms_sum', found.duration_ms_sum, coalesce(expected.duration_ms_sum, 0)
                ),
                wrong('duration_ms_max', found.duration_ms_max, expected.duration_ms_max),
                wrong('first_event_at', found.first_event_at, expected.first_event_at),
                wrong('last_event_at', found.last_event_at, expected.last_event_at),
                wrong('first_run_at', found.first_run_at, expected.first_run_at),
                wrong('last_run_at', found.last_run_at, expected.last_run_at),
                wrong('first_ok_at', found.first_ok_at, expected.first_ok_at),
                wrong('first_passed_at', found.first_passed_at, expected.first_passed_at)
            ])
        END AS faults
    FROM expected
    FULL JOIN found USING (course_id, student_id, exercise)
)

SELECT
    'wrong_sum' AS kind,
    'lake' AS store,
    course_id,
    student_id,
    NULL AS session_id,
    NULL AS first_ns,
    NULL AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    0 AS events,
    'rollup_student_exercise, exercise ' || CASE exercise WHEN '' THEN '(none)' ELSE exercise END
        || ': ' || faults AS message
FROM said
WHERE faults <> ''
