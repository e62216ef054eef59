-- name: error_streak
-- title: Error streak
-- meaning: How many runs in a row have failed up to now.
-- formula: The number of latest consecutive runs that failed: by student over all the student's runs,
--   by student and exercise over the runs of that exercise. By exercise and course it is the largest
--   of any student. 0 when the latest run did not fail, null before any run.
-- unit: runs
-- parameters: none
-- columns:
--   value: Failed runs in a row at the end; by run 1 for each of these on its exercise, else 0.
--   longest: The most failed runs in a row that there have been; by run those up to this run.
--   students: Students of whom the latest run failed; by run null.
--   streak_seconds: From the first to the latest failed run of the streak at the end; by exercise and
--     course the largest, 0 without a streak, by run null.
-- source: Cellpulse's own; a plain count
-- adapted: A cell run stands for a compilation. Only a run that ended in an error fails; an
--   interrupted one ends a streak. By student and course, runs outside exercises count like others.
-- limits: Running one broken cell again and again counts as much as as many different failures; see
--   guessing. "Up to now" is up to the end of the span of time that is asked for.

WITH sequences AS (
    SELECT
        student_id,
        exercise,
        position,
        seen_at,
        failed,
        -- By student and course a streak goes on from exercise to exercise.
        if($by IN ('student', 'course'), NULL, exercise) AS within_exercise,
        position_ns
    FROM course_runs($course_id, $start, $until, $as_of, $section)
),

numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY student_id, within_exercise ORDER BY seen_at, position_ns
        ) AS number
    FROM sequences
),

streaks AS (
    SELECT
        *,
        number - max(if(failed, 0, number)) OVER (
            PARTITION BY student_id, within_exercise ORDER BY number
        ) AS streak,
        number > max(if(failed, 0, number)) OVER (
            PARTITION BY student_id, within_exercise
        ) AS is_current
    FROM numbered
),

of_sequence AS (
    SELECT
        student_id,
        within_exercise,
        of_run($by, position) AS position,
        count(*) FILTER (is_current) AS current,
        max(streak) AS longest,
        coalesce(
            epoch_us(max(seen_at) FILTER (is_current)) - epoch_us(min(seen_at) FILTER (is_current)),
            0
        ) / 1e6 AS streak_seconds
    FROM streaks
    GROUP BY ALL
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, within_exercise) AS exercise,
    position,
    max(current) AS value,
    max(longest) AS longest,
    if($by = 'run', NULL, count(*) FILTER (current > 0)) AS students,
    if($by = 'run', NULL, max(streak_seconds)) AS streak_seconds
FROM of_sequence
GROUP BY ALL
