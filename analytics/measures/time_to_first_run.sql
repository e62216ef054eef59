-- name: time_to_first_run
-- title: Time to the first run
-- meaning: How long after the class met an exercise a student first ran it.
-- formula: The time of the student's first run of the exercise less the time at which the class met
--   it. The class met it when the first run came of the student who is at met_share of those who
--   ran it, in order of their first runs (the first of them at the least). By exercise, student or
--   course the median. Null where fewer than 2 students ran the exercise.
-- unit: seconds
-- parameters:
--   met_share = 0.1: The class has met an exercise when this share of those who ran it have; 0 for
--     the very first one.
-- columns:
--   value: Seconds from the class's meeting it to the student's first run; below 0 for those before.
--   first_run_at: Time of the first run.
--   met_at: Time at which the class met the exercise; null for several exercises.
--   pairs: Pairs of a student and an exercise whose median it is.
-- source: Cellpulse's own
-- adapted: A tenth of the class and not the first student, as a teacher or an eager student often
--   runs an exercise before the lesson.
-- limits: Who never ran the exercise has no number; a low median with few pairs can hide many who
--   did not begin. Reading before the first run is not seen.

WITH firsts AS (
    SELECT
        student_id,
        exercise,
        first_run_at,
        row_number() OVER (PARTITION BY exercise ORDER BY first_run_at) AS place,
        count(*) OVER (PARTITION BY exercise) AS students
    FROM student_exercises($course_id, $start, $until, $as_of, $section)
    WHERE first_run_at IS NOT NULL
),

met AS (
    SELECT exercise, first_run_at AS met_at
    FROM firsts
    WHERE students >= 2 AND place = greatest(1, ceil(least($met_share, 1) * students - 1e-9))
),

waits AS (
    SELECT firsts.*, met_at, epoch_us(first_run_at) - epoch_us(met_at) AS wait_us
    FROM firsts JOIN met USING (exercise)
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    NULL::VARCHAR AS position,
    median(wait_us) / 1e6 AS value,
    min(first_run_at) AS first_run_at,
    if(count(DISTINCT exercise) = 1, min(met_at), NULL) AS met_at,
    count(*) AS pairs
FROM waits
WHERE $by <> 'run'
GROUP BY ALL

UNION ALL

SELECT
    student_id,
    exercise,
    arg_min(position, (seen_at, position_ns)),
    any_value(wait_us) / 1e6,
    any_value(first_run_at),
    any_value(met_at),
    1
FROM course_runs($course_id, $start, $until, $as_of, $section)
JOIN waits USING (student_id, exercise)
WHERE $by = 'run'
GROUP BY student_id, exercise
