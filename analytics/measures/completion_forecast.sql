-- name: completion_forecast
-- title: Forecast of completion
-- meaning: When a student, or most of the class, will have solved all exercises, if the work goes on
--   as so far.
-- formula: A student's time for an exercise is the time worked since the solution before (or the
--   first action); of a gap between two actions at most cap_minutes count. The class's time for an
--   exercise is the sum of these times, and of the time since the last solution of those who are at
--   it now, divided by the solutions, with 2 more solutions in the mean time of all exercises. A
--   student's pace is the time worked divided by the class's time for what the student solved, each
--   with 2 exercises of the mean time more. The value is the pace times the class's times for what is
--   not solved, summed. With v, twice the squared coefficient of variation of a solution's time over
--   the class's, and q, the sum of the squares of the terms over the square of their sum, lower and
--   upper are the value times exp(-/+ 1.2816 sqrt(v (q + 1 / (solved + 2)))). By course and exercise
--   the time by which class_share of the students will have it.
-- unit: seconds of work from now
-- parameters:
--   cap_minutes = 10: Of a longer gap between two actions only so many minutes count as work.
--   class_share = 0.8: By course and exercise, the share of the students that is waited for.
-- columns:
--   value: Seconds until all exercises are solved, 0 when they are. Null where the class has fewer
--     than 10 solutions, the student fewer than 3 or less than a quarter of the exercises, or, by
--     course and exercise, fewer students than are waited for have a forecast. By run the student's
--     time for the exercise, at what solved it.
--   lower: Lower end of the 80 % interval; by course and exercise taken over the students' lower ends.
--   upper: Upper end of it, likewise.
--   finish_at: Now and the value, for someone who works without a longer break; null by run.
--   remaining: Exercises that are not solved, summed over the students.
--   students: Students with a forecast.
-- source: Cellpulse's own: a rate with its time at risk, drawn towards that of the class, and a
--   log-normal interval
-- adapted: Exercises may be solved in any order; the time for one begins where the student solved the
--   one before, whichever that was, so reading and detours are in it.
-- limits: Nobody is taken to stop, to skip an exercise or to be stuck for good; the end of the lesson
--   is not known. Exercises that nobody reached are taken for average ones, and later ones are
--   often harder, so early forecasts are too early. The doubling in v was chosen on simulated
--   classes; how often the truth lies in the interval was not measured on real ones.

WITH caps AS (
    SELECT (least($cap_minutes, 525600) * 60e6)::BIGINT AS cap_us
),

worked AS (
    SELECT
        student_id,
        position,
        sum(least(coalesce(gap_us, 0), cap_us)) OVER (
            PARTITION BY student_id ORDER BY seen_at, position_ns ROWS UNBOUNDED PRECEDING
        ) / 1e6 AS seconds_so_far
    FROM course_actions($course_id, $start, $until, $as_of, $section), caps
),

steps AS (
    FROM exercise_steps($course_id, $start, $until, $as_of, $section)
),

solutions AS (
    SELECT
        steps.student_id,
        exercise,
        position,
        seconds_so_far,
        seconds_so_far - coalesce(lag(seconds_so_far) OVER (
            PARTITION BY steps.student_id ORDER BY seen_at, position_ns
        ), 0) AS seconds
    FROM steps JOIN worked USING (position)
    WHERE solves
),

-- What each student has worked, solved, and spent on the exercise that is still open.
students AS (
    SELECT
        student_id,
        worked_seconds,
        coalesce(solved, 0) AS solved,
        worked_seconds - coalesce(solved_at_seconds, 0) AS open_seconds,
        if(is_solved, NULL, exercise) AS open_exercise
    FROM (SELECT student_id, max(seconds_so_far) AS worked_seconds FROM worked GROUP BY student_id)
    LEFT JOIN (
        SELECT student_id, count(*) AS solved, max(seconds_so_far) AS solved_at_seconds
        FROM solutions
        GROUP BY student_id
    ) USING (student_id)
    LEFT JOIN (
        SELECT
            student_id,
            arg_max(exercise, (seen_at, position_ns)) AS exercise,
            arg_max(is_solved, (seen_at, position_ns)) AS is_solved
        FROM steps
        GROUP BY student_id
    ) USING (student_id)
),

class AS (
    SELECT greatest(1, sum(worked_seconds) / sum(solved)) AS mean_seconds
    FROM students
    HAVING sum(solved) >= 10
),

class_times AS (
    SELECT
        known.exercise,
        (coalesce(sum(seconds), 0) + 2 * any_value(mean_seconds)) / (count(solves) + 2)
            AS class_seconds
    FROM class
    CROSS JOIN course_exercises($course_id) AS known
    LEFT JOIN (
        SELECT exercise, seconds, true AS solves FROM solutions
        UNION ALL
        SELECT open_exercise, open_seconds, NULL FROM students
    ) AS spent ON spent.exercise = known.exercise
    GROUP BY known.exercise
),

spread AS (
    SELECT coalesce(2 * var_pop(seconds / class_seconds) / pow(avg(seconds / class_seconds), 2), 0)
        AS variance
    FROM solutions JOIN class_times USING (exercise)
),

paces AS (
    SELECT
        student_id,
        any_value(students.solved) AS solved,
        (any_value(worked_seconds) + 2 * any_value(mean_seconds))
        / (coalesce(sum(class_seconds), 0) + 2 * any_value(mean_seconds)) AS pace
    FROM students
    CROSS JOIN class
    LEFT JOIN solutions USING (student_id)
    LEFT JOIN class_times USING (exercise)
    GROUP BY student_id
),

sums AS (
    SELECT
        paces.student_id,
        of_exercise($by, class_times.exercise) AS exercise,
        any_value(paces.solved) AS solved,
        count(*) FILTER (solutions.student_id IS NULL) AS remaining,
        sum(pace * class_seconds) FILTER (solutions.student_id IS NULL) AS seconds,
        sum(pow(pace * class_seconds, 2)) FILTER (solutions.student_id IS NULL) AS squares
    FROM paces
    CROSS JOIN class_times
    LEFT JOIN solutions
        ON solutions.student_id = paces.student_id AND solutions.exercise = class_times.exercise
    WHERE $by <> 'run'
    GROUP BY ALL
),

forecasts AS (
    SELECT
        student_id,
        exercise,
        remaining,
        CASE
            WHEN remaining = 0 THEN 0
            WHEN solved >= 3 AND 4 * solved >= (SELECT count(*) FROM class_times) THEN seconds
        END AS seconds,
        if(remaining = 0, 1, exp(1.2815515655446004 * sqrt(
            variance * (squares / pow(sums.seconds, 2) + 1 / (solved + 2))
        ))) AS factor
    FROM sums CROSS JOIN spread
),

grouped AS (
    SELECT
        of_student($by, student_id) AS student_id,
        exercise,
        sum(remaining)::BIGINT AS remaining,
        count(seconds) AS students,
        greatest(1, ceil(least($class_share, 1) * count(*) - 1e-9))::BIGINT AS place,
        -- Beyond the last known one is null: whoever has no forecast may be the last.
        list_sort(list(seconds) FILTER (seconds IS NOT NULL)) AS medians,
        list_sort(list(seconds / factor) FILTER (seconds IS NOT NULL)) AS lowers,
        list_sort(list(seconds * factor) FILTER (seconds IS NOT NULL)) AS uppers
    FROM forecasts
    GROUP BY ALL
)

SELECT
    student_id,
    exercise,
    NULL::VARCHAR AS position,
    medians[place] AS value,
    lowers[place] AS lower,
    uppers[place] AS upper,
    if(value < 3e9, $now::TIMESTAMPTZ + to_microseconds(round(value * 1e6)::BIGINT), NULL)
        AS finish_at,
    remaining,
    students
FROM grouped

UNION ALL

SELECT student_id, exercise, position, seconds, NULL, NULL, NULL, 0, 1
FROM solutions
WHERE $by = 'run'
