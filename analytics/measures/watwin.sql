-- name: watwin
-- title: Watwin score
-- meaning: How badly a student gets past errors, from 0 (no failed run) to 1 (slower than the class
--   with every error, and into the same one again).
-- formula: Over each pair of consecutive runs of one student on one exercise: 0 when the first did
--   not fail. Else, when both failed, 4 for the same error message, 4 for the same error name, 2 for
--   the same line; and, whether or not the second failed, 1, 15 or 25 for the time that it took: 1
--   when shorter than the class's mean minus one standard deviation, 25 when longer than its mean
--   plus one, else 15. Divided by 35 and averaged over the pairs, also by student, exercise or
--   course. Runs, but no pair: 0 if none failed, null otherwise. The time of a pair is that from the
--   student's latest run before the second, on whatever exercise. Mean and standard deviation (of
--   the population) are those of all pairs of the class whose first run failed with that error name,
--   in the same span of time. Pairs of identical code, and pairs whose time is longer than
--   session_minutes, are left out of everything.
-- unit: 0 to 1
-- parameters:
--   session_minutes = 30: A pair that took longer spans two sittings and is no pair.
-- columns:
--   value: The Watwin score.
--   pairs: Pairs that it is averaged over.
--   after_failure: Those whose first run failed.
--   same_error: Those in which both failed with the same error name.
--   quick: Those after a failure that took less than the mean minus one standard deviation.
--   slow: Those after a failure that took more than the mean plus one standard deviation.
--   resolve_seconds: Time of all pairs after a failure together; null without any.
-- source: Watson, Li, Godwin 2013, Predicting performance in an introductory programming course by
--   logging and analyzing student programming behavior (ICALT 2013), doi:10.1109/ICALT.2013.99
-- adapted: A cell run stands for a compilation, an exercise for a file, the name of the exception for
--   the type of error. The end of Python's message that names file and line ("(x.py, line 3)") is no
--   part of it. The line is the event's extra.error_line, else the one that the message ends with;
--   where there is none, as below a cell magic, nothing is given for it, but 35 remains, so that
--   33/35 is the most. Of a run that failed with several errors, as imported compilations do, each
--   name counts for the same name, and the first error for all else. Identical code is known by its
--   SHA-256. Fixes by deleting or commenting out are not filtered, as that needs the code. Pairs
--   whose first run did not fail stay in the average; for the variant without them, multiply by pairs
--   and divide by after_failure. Session means a sitting, not a kernel, so that a restart does not
--   hide a repair.
-- limits: The times are compared within the class: in a class of few, or early on, one student makes
--   the mean. Failed runs without an error name are compared with each other in time but never count
--   as the same error. An interrupted run is one that did not fail. Times are in whole milliseconds.

WITH runs AS (
    SELECT
        student_id,
        exercise,
        position,
        status = 'error' AS failed,
        error_name,
        names_of_errors(error_name, extra) AS error_names,
        regexp_replace(error_message, ' \([^()]*, line [0-9]+\)$', '') AS message,
        coalesce(
            try_cast(extra ->> 'error_line' AS BIGINT),
            try_cast(regexp_extract(error_message, ', line ([0-9]+)\)$', 1) AS BIGINT)
        ) AS line,
        code_sha256,
        epoch_ms(seen_at) - lag(epoch_ms(seen_at)) OVER all_in_order AS resolve_ms,
        row_number() OVER all_in_order AS number
    FROM course_events($course_id, $start, $until, $as_of, $section)
    WHERE type = 'cell_run'
    WINDOW all_in_order AS (PARTITION BY student_id ORDER BY seen_at, position_ns)
),

compared AS (
    SELECT
        *,
        lag(failed) OVER runs_in_order AS failed_before,
        lag(error_name) OVER runs_in_order AS error_before,
        coalesce(
            list_has_any(error_names, lag(error_names) OVER runs_in_order), false
        ) AS same_name,
        coalesce(message = lag(message) OVER runs_in_order, false) AS same_message,
        coalesce(line = lag(line) OVER runs_in_order, false) AS same_line,
        coalesce(code_sha256 = lag(code_sha256) OVER runs_in_order, false) AS same_code
    FROM runs
    WINDOW runs_in_order AS (PARTITION BY student_id, exercise ORDER BY number)
),

pairs AS (
    SELECT
        *,
        failed_before IS NOT NULL AND NOT same_code
        AND resolve_ms <= $session_minutes * 60e3 AS is_pair,
        is_pair AND failed_before AS after_failure
    FROM compared
),

class AS (
    SELECT
        error_before,
        count(*) AS n,
        sum(resolve_ms) AS total,
        sum(resolve_ms::HUGEINT * resolve_ms) AS squares
    FROM pairs
    WHERE after_failure
    GROUP BY error_before
),

-- Exact, in integers: n times the distance from the mean, and n * n times the variance.
placed AS (
    SELECT
        pairs.*,
        n::HUGEINT * resolve_ms - total AS distance,
        distance * distance > n * squares - total * total AS is_far
    FROM pairs
    LEFT JOIN class
        ON pairs.after_failure AND class.error_before IS NOT DISTINCT FROM pairs.error_before
),

scored AS (
    SELECT
        *,
        CASE
            WHEN NOT is_pair THEN NULL
            WHEN NOT failed_before THEN 0
            ELSE
                if(failed, 4 * same_message::INT + 4 * same_name::INT + 2 * same_line::INT, 0)
                + CASE WHEN is_far AND distance < 0 THEN 1 WHEN is_far THEN 25 ELSE 15 END
        END AS score
    FROM placed
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    CASE
        WHEN count(score) > 0 THEN sum(score) / (35 * count(score))
        WHEN $by <> 'run' AND NOT bool_or(failed) THEN 0
    END AS value,
    count(score) AS pairs,
    count(*) FILTER (after_failure) AS after_failure,
    count(*) FILTER (after_failure AND failed AND same_name) AS same_error,
    count(*) FILTER (after_failure AND is_far AND distance < 0) AS quick,
    count(*) FILTER (after_failure AND is_far AND distance > 0) AS slow,
    sum(resolve_ms) FILTER (after_failure) / 1e3 AS resolve_seconds
FROM scored
GROUP BY ALL
