-- name: timeline
-- meaning: What the class did over time: runs, errors and events in equal steps of time, steps in
--   which nothing happened included.
-- formula: sums over the minutes of each step; steps start at multiples of bucket_seconds since
--   1970-01-01 00:00 UTC.
-- unit: events, cell runs; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   bucket_seconds: Length of a step in seconds, a multiple of 60.
--   start: The first step is the one that holds this moment; null for 3 hours before the end.
--   until: The last step is the one before or around this moment; null for the minute after the
--     latest event, of the exercise where one is asked for.
--   exercise: Only what was done in this exercise, '' for outside exercises; null for all.
--   as_of: Only what the log held up to this position, as position_ns; null for what it holds now.
--   bucket_limit: At most this many steps, from the first one on.
-- columns:
--   start: Start of the step.
--   runs: Cell runs.
--   errors: Cell runs that ended in an error; an interrupted run is not one.
--   events: Events of every type.
-- reads: lake.rollup_course_minute, course_events
-- limits: An event counts in the minute in which it happened by the client's clock, or arrived, if
--   that was earlier. No step is returned for a course without events when until is null.

WITH minutes AS (
    SELECT epoch(minute)::BIGINT AS second, runs, errors, events
    FROM lake.rollup_course_minute
    WHERE course_id = $course_id
        AND $exercise::VARCHAR IS NULL
        AND $as_of::BIGINT IS NULL
        AND $section::VARCHAR IS NULL
    UNION ALL
    SELECT
        epoch(time_bucket(INTERVAL 1 MINUTE, seen_at))::BIGINT,
        count(*) FILTER (type = 'cell_run'),
        count(*) FILTER (type = 'cell_run' AND status = 'error'),
        count(*)
    FROM course_events($course_id, NULL, NULL, $as_of, $section::VARCHAR)
    WHERE ($exercise::VARCHAR IS NOT NULL OR $as_of IS NOT NULL OR $section IS NOT NULL)
        AND ($exercise IS NULL OR exercise = $exercise)
    GROUP BY 1
),

ends AS (
    SELECT coalesce(epoch($until::TIMESTAMPTZ), (SELECT max(second) FROM minutes) + 60) AS until
),

span AS (
    SELECT
        floor(
            coalesce(epoch($start::TIMESTAMPTZ), until - 3 * 60 * 60) / $bucket_seconds
        )::BIGINT AS first,
        ceil(until / $bucket_seconds)::BIGINT AS after_last
    FROM ends
),

steps AS (
    SELECT unnest(range(first, least(after_last, first + $bucket_limit::BIGINT))) AS step
    FROM span
    WHERE after_last IS NOT NULL
)

SELECT
    to_timestamp(steps.step * $bucket_seconds) AS start,
    coalesce(sum(minutes.runs), 0)::BIGINT AS runs,
    coalesce(sum(minutes.errors), 0)::BIGINT AS errors,
    coalesce(sum(minutes.events), 0)::BIGINT AS events
FROM steps
LEFT JOIN minutes ON minutes.second // $bucket_seconds = steps.step
GROUP BY steps.step
ORDER BY steps.step
