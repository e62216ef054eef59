-- name: code_attempts
-- meaning: The latest code of each student at one exercise, where code is shared, and whether the
--   student has solved the exercise: one row a student.
-- formula: Of the runs that have code, the latest one counts; where a student ran several cells,
--   one that reports no result of a check goes before one that does. Of a student who solved the
--   exercise only runs up to the first passed check count, and the run that this check was in,
--   which is told after its result.
-- unit: persons; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section, as a class of their own; null for all.
--   of_exercise: The exercise; '' is outside exercises.
--   row_limit: At most this many students, those who ran it last.
-- columns:
--   student_id: The student.
--   code: The code of the run.
--   status: How the run ended: ok, error or interrupted.
--   error_name: Name of its error; null for none.
--   run_at: When it was.
--   has_solved: Whether a check of the exercise passed; where none was ever reported, whether the
--     run ended without an error.
--   sharing: Students whose code is known; the same in each row.
-- reads: course_events
-- limits: An exercise with several cells is shown by one of them. Code that was cut is shown as it
--   came.

WITH happened AS (
    SELECT student_id, type, status, error_name, cell_id, code, passed, seen_at, position_ns
    FROM course_events($course_id, NULL, NULL, NULL, $section::VARCHAR)
    WHERE exercise = $of_exercise AND type IN ('cell_run', 'check_result')
),

checks AS (
    SELECT DISTINCT cell_id
    FROM happened
    WHERE type = 'check_result' AND cell_id IS NOT NULL
),

solved AS (
    SELECT student_id, cell_id, seen_at AS solved_at
    FROM happened
    WHERE type = 'check_result' AND passed
    QUALIFY row_number() OVER (PARTITION BY student_id ORDER BY seen_at, position_ns) = 1
),

solving AS (
    SELECT run.student_id, min((run.seen_at, run.position_ns)) AS run
    FROM solved
    JOIN happened AS run USING (student_id, cell_id)
    WHERE run.type = 'cell_run' AND run.seen_at >= solved.solved_at
    GROUP BY run.student_id
),

attempts AS (
    SELECT
        happened.student_id,
        happened.code,
        happened.status,
        happened.error_name,
        happened.seen_at AS run_at,
        solved.solved_at IS NOT NULL
        OR (
            happened.status = 'ok'
            AND NOT EXISTS (FROM happened AS other WHERE other.type = 'check_result')
        ) AS has_solved,
        happened.position_ns,
        checks.cell_id IS NOT NULL AS is_check
    FROM happened
    LEFT JOIN checks ON checks.cell_id = happened.cell_id
    LEFT JOIN solved ON solved.student_id = happened.student_id
    LEFT JOIN solving ON solving.student_id = happened.student_id
    WHERE happened.type = 'cell_run'
        AND regexp_matches(happened.code, '\S')
        AND (
            solved.solved_at IS NULL
            OR happened.seen_at <= solved.solved_at
            OR (happened.seen_at, happened.position_ns) = solving.run
        )
),

latest AS (
    SELECT *
    FROM attempts
    QUALIFY row_number() OVER (
        PARTITION BY student_id ORDER BY is_check, run_at DESC, position_ns DESC
    ) = 1
)

SELECT
    student_id,
    code,
    status,
    error_name,
    run_at,
    has_solved,
    count(*) OVER () AS sharing
FROM latest
ORDER BY run_at DESC, position_ns DESC
LIMIT $row_limit
