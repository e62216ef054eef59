-- name: pace
-- title: Pace
-- meaning: Where a student is in the class: the share of the classmates who have solved less.
-- formula: Of the student's classmates, those who have solved fewer exercises, and half of those who
--   have solved as many, divided by all classmates. By student_exercise those who solved the
--   exercise later or not at all, and half of those who did at the same moment or did not either.
--   Classmates are the others who ran anything or got a check result; see progress for solved.
-- unit: 0 (last) to 1 (first)
-- parameters:
--   min_classmates = 5: With fewer classmates it is null.
-- columns:
--   value: The percentile, as a share; null by exercise and course, which have no classmates. By run
--     that of the exercise, at what solved it.
--   attempted_percentile: The same by exercises attempted; by student only.
--   solved: Exercises that the student solved.
--   attempted: Exercises that the student attempted.
--   classmates: Classmates whom the student is compared with.
-- source: Cellpulse's own; the percentile rank that counts half of the ties
-- adapted: An exercise counts as one step, whatever its size.
-- limits: Being slow is no trouble by itself, and half of every class is behind the other half. In a
--   class that is close together one exercise moves a student far. Exercises that were not meant to
--   be done yet count for those who did them.

WITH students AS (
    SELECT DISTINCT student_id FROM student_work($course_id, $start, $until, $as_of, $section)
),

pairs AS (
    FROM student_exercises($course_id, $start, $until, $as_of, $section)
),

scores AS (
    SELECT student_id, count(solved_at) AS solved, count(*) FILTER (attempted) AS attempted
    FROM students LEFT JOIN pairs USING (student_id)
    GROUP BY student_id
),

in_class AS (
    SELECT
        *,
        count(*) OVER () - 1 AS classmates,
        rank() OVER (ORDER BY solved) - 1 + (count(*) OVER (PARTITION BY solved) - 1) / 2
            AS behind,
        rank() OVER (ORDER BY attempted) - 1 + (count(*) OVER (PARTITION BY attempted) - 1) / 2
            AS behind_in_attempts
    FROM scores
),

in_exercise AS (
    SELECT
        student_id,
        exercise,
        solved_at,
        attempted,
        count(*) OVER (PARTITION BY exercise) - 1 AS classmates,
        -- Who has not solved it is behind everybody who has.
        rank() OVER (PARTITION BY exercise ORDER BY solved_at DESC NULLS FIRST) - 1
            + (count(*) OVER (PARTITION BY exercise, solved_at) - 1) / 2 AS behind
    FROM students
    CROSS JOIN (SELECT DISTINCT exercise FROM pairs)
    LEFT JOIN pairs USING (student_id, exercise)
)

SELECT
    student_id,
    NULL::VARCHAR AS exercise,
    NULL::VARCHAR AS position,
    if(classmates >= greatest(1, $min_classmates), behind / classmates, NULL) AS value,
    if(classmates >= greatest(1, $min_classmates), behind_in_attempts / classmates, NULL)
        AS attempted_percentile,
    solved,
    attempted,
    classmates
FROM in_class
WHERE $by = 'student'

UNION ALL

SELECT
    student_id,
    exercise,
    position,
    if(classmates >= greatest(1, $min_classmates), behind / classmates, NULL),
    NULL,
    (solved_at IS NOT NULL)::INT::BIGINT,
    in_exercise.attempted::INT::BIGINT,
    classmates
FROM in_exercise
JOIN (
    SELECT DISTINCT student_id, exercise, if($by = 'run', position, NULL) AS position
    FROM exercise_steps($course_id, $start, $until, $as_of, $section)
    WHERE $by = 'student_exercise' OR ($by = 'run' AND solves)
) USING (student_id, exercise)
