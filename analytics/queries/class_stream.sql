-- name: class_stream
-- meaning: Where the class was over time: how many students were at each exercise at the end of
--   each step, from the first run of the lesson on.
-- formula: A student is at the exercise of the latest run of one, of those in the span of time;
--   students before their first such run are not counted. Steps start at multiples of
--   bucket_seconds since 1970-01-01 00:00 UTC.
-- unit: persons; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   exercises: The exercises whose students are counted.
--   bucket_seconds: Length of a step in seconds, a multiple of 60.
--   start: Only runs of this moment or later; null for the 3 hours before until, or before the
--     latest run.
--   until: Only runs before this moment; null for all.
--   as_of: Only what the log held up to this position, as position_ns; null for what it holds now.
--   bucket_limit: At most this many steps, from the first one on.
-- columns:
--   start: Start of the step.
--   exercise: An exercise.
--   students: Students who were at it at the end of the step; only where there were any.
-- reads: course_latest_run, course_runs
-- limits: A student who left stays where the last run was.

WITH runs AS (
    SELECT
        student_id,
        exercise,
        -- seen_at, then position_ns, as one number: much faster to compare than a row of both.
        epoch_us(seen_at)::HUGEINT * 9_223_372_036_854_775_808 + position_ns AS moment,
        -- Whole microseconds: seconds with a fraction would be rounded up, into the next step.
        epoch_us(seen_at) // ($bucket_seconds::BIGINT * 1_000_000) AS step
    FROM course_runs(
        $course_id,
        coalesce(
            $start::TIMESTAMPTZ,
            coalesce(
                $until::TIMESTAMPTZ,
                (
                    SELECT last_run_at
                    FROM course_latest_run($course_id, $as_of::BIGINT, $section::VARCHAR)
                )
            ) - INTERVAL 3 HOUR
        ),
        $until::TIMESTAMPTZ,
        $as_of::BIGINT,
        $section::VARCHAR
    )
    WHERE list_contains($exercises::VARCHAR[], exercise)
),

-- Where each student was at the end of a step, until the step before the next one with a run.
stays AS (
    SELECT
        student_id,
        arg_max(exercise, moment) AS exercise,
        step AS first,
        coalesce(
            lead(step) OVER (PARTITION BY student_id ORDER BY step),
            (SELECT max(step) + 1 FROM runs)
        ) AS after_last
    FROM runs
    GROUP BY student_id, step
),

bounded AS (
    SELECT
        exercise,
        first,
        least(after_last, (SELECT min(step) FROM runs) + $bucket_limit::BIGINT) AS after_last
    FROM stays
)

SELECT
    to_timestamp(step * $bucket_seconds) AS start,
    exercise,
    count(*) AS students
FROM (SELECT exercise, unnest(range(first, after_last)) AS step FROM bounded)
GROUP BY step, exercise
ORDER BY step, exercise
