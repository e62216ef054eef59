-- name: student_states
-- meaning: A student's current state in PostgreSQL is not what the student's events make it.
-- source: folded, postgres_student_states

WITH runs AS (
    SELECT *, coalesce(seen_at < max(seen_at) OVER before_it, false) AS late
    FROM folded
    WHERE type = 'cell_run'
    WINDOW before_it AS (
        PARTITION BY course_id, student_id ORDER BY position_ns
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),

-- A run that was seen before another that the log holds already says nothing about now.
current_run AS (
    FROM runs WHERE NOT late
),

last_good AS (
    SELECT course_id, student_id, max(position_ns) AS position_ns
    FROM current_run
    WHERE status <> 'error'
    GROUP BY 1, 2
),

latest AS (
    SELECT
        course_id,
        student_id,
        max(seen_at) AS last_run_at,
        arg_max(notebook, current_run.position_ns) FILTER (notebook <> '') AS notebook,
        count(*) FILTER (current_run.position_ns > coalesce(last_good.position_ns, -1)) AS error_streak
    FROM current_run
    LEFT JOIN last_good USING (course_id, student_id)
    GROUP BY 1, 2
),

last_run AS (
    SELECT DISTINCT ON (course_id, student_id) course_id, student_id, exercise, status
    FROM current_run
    ORDER BY position_ns DESC
),

counted AS (
    SELECT
        course_id,
        student_id,
        max(seen_at) AS last_seen_at,
        count(*) FILTER (type = 'cell_run') AS runs,
        count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors
    FROM folded
    GROUP BY 1, 2
),

expected AS (
    SELECT
        counted.*,
        latest.last_run_at,
        latest.notebook,
        last_run.exercise,
        last_run.status AS last_status,
        coalesce(latest.error_streak, 0) AS error_streak
    FROM counted
    LEFT JOIN last_run USING (course_id, student_id)
    LEFT JOIN latest USING (course_id, student_id)
),

said AS (
    SELECT
        course_id,
        student_id,
        CASE
            WHEN expected.runs IS NULL THEN 'expected no state, for there is no event; found one'
            WHEN found.runs IS NULL THEN 'expected a state; found none'
            ELSE sentence([
                wrong('runs', found.runs, expected.runs),
                wrong('errors', found.errors, expected.errors),
                wrong('error_streak', found.error_streak, expected.error_streak),
                wrong('last_status', found.last_status, expected.last_status),
                wrong('exercise', found.exercise, expected.exercise),
                wrong('notebook', nullif(found.notebook, ''), expected.notebook),
                wrong('last_run_at', found.last_run_at, expected.last_run_at),
                wrong('last_seen_at', found.last_seen_at, expected.last_seen_at)
            ])
        END AS faults
    FROM expected
    FULL JOIN postgres_student_states AS found USING (course_id, student_id)
)

SELECT
    'wrong_state' AS kind,
    'postgres' AS store,
    course_id,
    student_id,
    NULL AS session_id,
    NULL AS first_ns,
    NULL AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    0 AS events,
    'student_states: ' || faults AS message
FROM said
WHERE faults <> ''
