-- name: discrimination
-- title: Discrimination
-- meaning: Whether an exercise tells strong students from weak ones: near 1 those who solved it
--   solved more of the others too, near 0 it says nothing, below 0 it was the others who solved it.
-- formula: Over the students who attempted the exercise, Pearson's correlation of solved (0 or 1)
--   with the number of the other exercises that the student solved (the corrected point-biserial,
--   or item-rest, correlation). Lower and upper are its 95 % interval by Fisher's z. By course the
--   mean over the exercises that have one.
-- unit: -1 to 1
-- parameters:
--   min_students = 10: With fewer students who attempted the exercise it is null.
-- columns:
--   value: The correlation; null with too few students, where all of them solved it or none, or where
--     all solved as many others. Null by student, student_exercise and run.
--   lower: Lower end of the 95 % interval; by exercise only.
--   upper: Upper end of the 95 % interval; by exercise only.
--   students: Students who attempted the exercise; by course pairs of a student and an exercise.
--   solved: How many of them solved it; by run 1 for what solved it.
--   rest_solved: Mean number of other exercises that they solved.
-- source: Crocker, Algina 1986, Introduction to classical and modern test theory (item-rest
--   correlation)
-- adapted: The rest score counts the other exercises of the course, attempted or not, as a class has
--   no fixed test.
-- limits: A student who came late or left early has a low rest score for that reason alone. While
--   the class runs, early exercises are solved by nearly all and late ones by the fast. The interval
--   assumes normal scores and is rough below 30 students. A negative value is often a broken check.

WITH pairs AS (
    SELECT
        student_id,
        exercise,
        attempted,
        (solved_at IS NOT NULL)::INT AS solved,
        count(solved_at) OVER (PARTITION BY student_id) - (solved_at IS NOT NULL)::INT AS rest
    FROM student_exercises($course_id, $start, $until, $as_of, $section)
),

exercises_alone AS (
    SELECT
        exercise,
        count(*) AS students,
        sum(solved) AS solved,
        avg(rest) AS rest_solved,
        CASE
            WHEN count(*) >= greatest(3, $min_students)
                AND min(solved) < max(solved) AND min(rest) < max(rest)
                THEN greatest(-1, least(1, corr(solved, rest)))
        END AS correlation
    FROM pairs
    WHERE attempted
    GROUP BY exercise
),

with_interval AS (
    SELECT
        *,
        -- A correlation of 1 or -1 has no interval by Fisher's z.
        if(abs(correlation) < 1 - 1e-12 AND students > 3, atanh(correlation), NULL) AS z,
        1.959963984540054 / sqrt(greatest(students - 3, 1)) AS width
    FROM exercises_alone
)

SELECT
    NULL::VARCHAR AS student_id,
    of_exercise($by, exercise) AS exercise,
    NULL::VARCHAR AS position,
    avg(correlation) AS value,
    if($by = 'exercise', any_value(tanh(z - width)), NULL) AS lower,
    if($by = 'exercise', any_value(tanh(z + width)), NULL) AS upper,
    sum(students)::BIGINT AS students,
    sum(solved)::BIGINT AS solved,
    sum(rest_solved * students) / sum(students) AS rest_solved
FROM with_interval
WHERE $by IN ('course', 'exercise')
GROUP BY ALL

UNION ALL

SELECT
    student_id,
    of_exercise($by, exercise),
    NULL,
    NULL,
    NULL,
    NULL,
    count(*),
    sum(solved)::BIGINT,
    avg(rest)
FROM pairs
WHERE attempted AND $by IN ('student', 'student_exercise')
GROUP BY ALL

UNION ALL

SELECT student_id, exercise, position, NULL, NULL, NULL, 1, solves::INT::BIGINT, NULL
FROM exercise_steps($course_id, $start, $until, $as_of, $section)
WHERE $by = 'run' AND (attempts OR solves)
