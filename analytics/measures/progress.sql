-- name: progress
-- title: Progress
-- meaning: How far the class is: the share of the exercises that are solved.
-- formula: Over each pair of a student and an exercise: solved pairs divided by pairs. So by student
--   it is the share of the exercises solved, by exercise the share of the students who solved it.
--   Solved: a check of the exercise passed, once; where no check of it was ever reported, a cell
--   ran without error. Points are, of each check, the best that the student got. The students are
--   those who ran anything or got a check result; the exercises are those that the course has now.
-- unit: 0 to 1
-- parameters: none
-- columns:
--   value: The share of pairs that are solved; by run 1 for the run or check result that solved it,
--     else 0.
--   started: Pairs with a run or a check result.
--   attempted: Pairs with a check result, passed or not; where there are no checks, with a run.
--   solved: Pairs that are solved.
--   pairs: Pairs of a student and an exercise, started or not; null by run.
--   solved_by: What tells that it is solved, 'check' or the weaker 'run'; 'both' where exercises
--     differ.
--   points: Points, summed over pairs; null where no check gives points. By run those that it adds
--     to the best before.
--   points_possible: Points that all pairs together can get; null by run.
-- source: Cellpulse's own; a plain share
-- adapted: A check result stands for a submission. Points follow the best result, as solved does,
--   so that a later failed run of a check takes nothing back.
-- limits: A run without error is weak evidence of a solution. Copied solutions count. An exercise
--   that nobody was meant to do yet counts as not solved. With a span of time or in the past, the
--   number of exercises is still that of today.

WITH students AS (
    SELECT DISTINCT student_id FROM student_work($course_id, $start, $until, $as_of, $section)
),

best AS (
    SELECT student_id, exercise, check_name, max(points) AS points
    FROM course_checks($course_id, $start, $until, $as_of, $section)
    WHERE points IS NOT NULL
    GROUP BY ALL
),

earned AS (
    SELECT student_id, exercise, sum(points) AS points FROM best GROUP BY ALL
),

worth AS (
    SELECT exercise, sum(points_possible) AS points_possible
    FROM (
        SELECT exercise, check_name, max(points_possible) AS points_possible
        FROM course_checks($course_id, NULL, NULL, $as_of)
        WHERE points IS NOT NULL
        GROUP BY ALL
    )
    GROUP BY exercise
),

pairs AS (
    SELECT
        students.student_id,
        known.exercise,
        done.student_id IS NOT NULL AS started,
        coalesce(done.attempted, false) AS attempted,
        done.solved_at IS NOT NULL AS solved,
        done.solved_by,
        if(worth.exercise IS NULL, NULL, coalesce(earned.points, 0)) AS points,
        worth.points_possible
    FROM students
    CROSS JOIN course_exercises($course_id) AS known
    LEFT JOIN student_exercises($course_id, $start, $until, $as_of, $section) AS done
        ON done.student_id = students.student_id AND done.exercise = known.exercise
    LEFT JOIN earned
        ON earned.student_id = students.student_id AND earned.exercise = known.exercise
    LEFT JOIN worth ON worth.exercise = known.exercise
),

steps AS (
    SELECT
        *,
        max(points) OVER (
            PARTITION BY student_id, exercise, check_name
            ORDER BY seen_at, position_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS points_before
    FROM exercise_steps($course_id, $start, $until, $as_of, $section)
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    NULL::VARCHAR AS position,
    count_if(solved) / count(*) AS value,
    count_if(started)::BIGINT AS started,
    count_if(attempted)::BIGINT AS attempted,
    count_if(solved)::BIGINT AS solved,
    count(*) AS pairs,
    if(min(solved_by) = max(solved_by), min(solved_by), nullif('both', min(solved_by))) AS solved_by,
    sum(points) AS points,
    sum(points_possible) AS points_possible
FROM pairs
WHERE $by <> 'run' AND (started OR $by <> 'student_exercise')
GROUP BY ALL

UNION ALL

SELECT
    student_id,
    exercise,
    position,
    solves::INT::DOUBLE,
    starts::INT::BIGINT,
    attempts::INT::BIGINT,
    solves::INT::BIGINT,
    NULL,
    solved_by,
    if(points_before IS NULL, points, greatest(points - points_before, 0)),
    NULL
FROM steps
WHERE $by = 'run'
