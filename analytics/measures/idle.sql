-- name: idle
-- title: Idle
-- meaning: How long a student who is in the midst of an exercise has not run anything.
-- formula: The exercise that a student is in the midst of is that of the student's latest run on an
--   exercise, unless it is solved. The time from the student's latest run, on whatever exercise or
--   outside of them, to now. Null for whoever has run nothing on an exercise or has solved the latest
--   one, and by student and exercise for all other exercises. By exercise and course it is the median
--   over the students. Solved: a check of it passed; where no check result was ever reported of the
--   exercise in the course, a run of it without error.
-- unit: seconds
-- parameters: none
-- columns:
--   value: Seconds since the latest run; by run only for that run.
--   event_seconds: Seconds since the latest event of any kind, heartbeats of an open notebook
--     included: small where the student is still there. By exercise and course the median.
--   longest: The largest value of a student.
--   students: Students who are in the midst of an exercise.
-- source: Cellpulse's own; a plain difference of times
-- adapted: Now is the end of the span of time or the moment of the past that is asked for, and the
--   present without one. A solution before the span counts; a run before it does not.
-- limits: Reading, thinking and typing can't be told from being away. A student who left for good
--   without solving the exercise stays idle. A run takes its time when it ends, so a cell that still
--   computes looks idle.

WITH checked AS (
    SELECT DISTINCT exercise FROM course_checks($course_id, NULL, NULL, $as_of)
),

solved AS (
    SELECT DISTINCT student_id, events.exercise
    FROM course_events($course_id, NULL, $until, $as_of, $section) AS events
    LEFT JOIN checked ON checked.exercise = events.exercise
    WHERE if(
        checked.exercise IS NULL,
        type = 'cell_run' AND status = 'ok',
        type = 'check_result' AND passed
    )
),

latest AS (
    SELECT
        student_id,
        arg_max(exercise, (seen_at, position_ns)) FILTER (type = 'cell_run' AND exercise <> '')
            AS exercise,
        arg_max(position, (seen_at, position_ns)) FILTER (type = 'cell_run') AS position,
        max(seen_at) FILTER (type = 'cell_run') AS run_at,
        max(seen_at) AS event_at
    FROM course_events($course_id, $start, $until, $as_of, $section)
    GROUP BY student_id
),

in_midst AS (
    SELECT
        student_id,
        exercise,
        position,
        greatest(epoch_us($now) - epoch_us(run_at), 0) / 1e6 AS run_seconds,
        greatest(epoch_us($now) - epoch_us(event_at), 0) / 1e6 AS event_seconds
    FROM latest
    ANTI JOIN solved USING (student_id, exercise)
    WHERE exercise IS NOT NULL
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    median(run_seconds) AS value,
    median(event_seconds) AS event_seconds,
    max(run_seconds) AS longest,
    count(*) AS students
FROM in_midst
GROUP BY ALL
