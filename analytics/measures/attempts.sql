-- name: attempts
-- title: Attempts to solve
-- meaning: How many runs a student needed to solve an exercise.
-- formula: Runs of the exercise up to the first sign that it is solved (see progress), that one
--   included; by exercise, student or course the median over those who solved it.
-- unit: cell runs
-- parameters: none
-- columns:
--   value: Runs until it was solved; by run 1 for each of them, 0 for later ones, null where it was
--     not solved.
--   solved: Pairs of a student and an exercise that are solved.
--   unsolved: Pairs that are started and not solved.
--   runs: All runs of all pairs, those after the solution included.
-- source: Cellpulse's own
-- adapted: Every run of a cell of the exercise counts as an attempt, also of those cells that only
--   lead up to it, as nothing tells them apart.
-- limits: Those who did not solve it are left out, so that a hard exercise which few solved at once
--   looks easy; read it with unsolved, or use the time to solve. Where nothing checks the exercise,
--   the first run without error ends it.

WITH steps AS (
    FROM exercise_steps($course_id, $start, $until, $as_of, $section)
),

pairs AS (
    SELECT
        student_id,
        exercise,
        min(runs) FILTER (solves) AS needed,
        max(runs) AS runs
    FROM steps
    GROUP BY ALL
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    NULL::VARCHAR AS position,
    median(needed) AS value,
    count(needed) AS solved,
    count(*) - count(needed) AS unsolved,
    sum(runs)::BIGINT AS runs
FROM pairs
WHERE $by <> 'run'
GROUP BY ALL

UNION ALL

SELECT
    steps.student_id,
    steps.exercise,
    steps.position,
    if(needed IS NULL, NULL, (type = 'cell_run' AND (solves OR NOT is_solved))::INT::DOUBLE),
    solves::INT::BIGINT,
    NULL,
    (type = 'cell_run')::INT::BIGINT
FROM steps
JOIN pairs USING (student_id, exercise)
WHERE $by = 'run'
