-- name: student_sittings
-- meaning: When a student was at work in a course, and what came of it: one row a sitting.
-- formula: A sitting is what a student did between two breaks of an hour or more. Time at work is
--   the time from each run, check result or call for help to the next one of the sitting, at most 5
--   minutes of each, as time_on_task counts it. An exercise was solved in the sitting in which a
--   check of it passed first.
-- unit: cell runs, exercises, seconds; times in UTC
-- parameters:
--   course_id: The course.
--   student_id: The student.
--   row_limit: At most this many sittings, the newest.
-- columns:
--   started_at: Time of its first event. The list is ordered by this, newest first.
--   ended_at: Time of its latest event.
--   runs: Cell runs.
--   errors: Cell runs that ended in an error.
--   work_seconds: Time at work.
--   notebooks: The notebooks in which something happened, in natural order.
--   exercises: Exercises that were run or checked, or about which was asked.
--   solved: Names of the exercises that were solved in it, in natural order.
-- reads: course_events
-- limits: Solving without a check is not seen here. The time before the first run is not counted.

WITH happened AS (
    SELECT
        type,
        -- A client may send them with any event; they tell of runs and of checks' results.
        if(type = 'cell_run', status, NULL) AS status,
        if(type = 'check_result', passed, NULL) AS passed,
        exercise,
        notebook,
        seen_at,
        position_ns,
        seen_at - lag(seen_at) OVER (ORDER BY seen_at, position_ns) AS since_last
    FROM course_events($course_id, NULL, NULL, NULL)
    WHERE student_id = $student_id
        AND type IN ('cell_run', 'check_result', 'help_requested')
),

numbered AS (
    SELECT
        *,
        count(*) FILTER (since_last >= INTERVAL 1 HOUR)
            OVER (ORDER BY seen_at, position_ns) AS sitting,
        passed
        AND row_number() OVER (
            PARTITION BY exercise, passed ORDER BY seen_at, position_ns
        ) = 1
        AND exercise <> '' AS is_first_solution
    FROM happened
)

SELECT
    min(seen_at) AS started_at,
    max(seen_at) AS ended_at,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (status = 'error') AS errors,
    coalesce(
        sum(least(epoch(since_last), 300)) FILTER (since_last < INTERVAL 1 HOUR), 0
    ) AS work_seconds,
    coalesce(
        list_transform(
            list_sort(
                list(DISTINCT {'order': natural_order(notebook), 'name': notebook})
                FILTER (notebook IS NOT NULL)
            ),
            lambda each: each.name
        ),
        []
    ) AS notebooks,
    count(DISTINCT exercise) FILTER (exercise <> '') AS exercises,
    coalesce(
        list(exercise ORDER BY natural_order(exercise), exercise) FILTER (is_first_solution), []
    ) AS solved
FROM numbered
GROUP BY sitting
ORDER BY started_at DESC
LIMIT $row_limit
