-- name: error_quotient
-- title: Error quotient
-- meaning: How much a student's errors follow one another: 0 when no failed run follows a failed
--   run, 1 when every run fails with the same error as the one before.
-- formula: Over each pair of consecutive runs of one student on one exercise: 8 when both failed,
--   and 3 more when with the same error name; divided by 11, and averaged over the pairs. By student,
--   exercise or course it is the average over all pairs there. Runs, but no pair: 0 if none failed,
--   null otherwise. Of a run that failed with several errors, as imported compilations do, each name
--   counts: two runs have the same when they share one.
-- unit: 0 to 1
-- parameters: none
-- columns:
--   value: The error quotient.
--   pairs: Pairs of consecutive runs that it is averaged over.
-- source: Jadud 2006, Methods and tools for exploring novice compilation behaviour (ICER '06),
--   doi:10.1145/1151588.1151600
-- adapted: A cell run stands for a compilation, an exercise for an assignment, and the name of the
--   exception for the type of the compiler's error. Runs are consecutive also across sessions, and
--   whatever was run on other exercises in between. Runs outside exercises are paired with each other.
--   Jadud averages over sittings; here every pair weighs the same. Checked against the error quotients
--   that Svabensky et al. 2024 published with their data, doi:10.1145/3649217.3653563.
-- limits: Says nothing of why a run failed. Two different mistakes can have the same error name; a
--   failed run of which no error name is known has the same as no other. A cell that was interrupted
--   counts as a run that did not fail.

WITH pairs AS (
    SELECT
        student_id,
        exercise,
        position,
        failed,
        lag(failed) OVER runs_in_order AS failed_before,
        list_has_any(error_names, lag(error_names) OVER runs_in_order) AS same_error
    FROM course_runs($course_id, $start, $until, $as_of, $section)
    WINDOW runs_in_order AS (PARTITION BY student_id, exercise ORDER BY seen_at, position_ns)
),

scored AS (
    SELECT
        *,
        CASE
            -- The first run begins no pair.
            WHEN failed_before IS NULL THEN NULL
            WHEN failed AND failed_before THEN 8 + if(same_error, 3, 0)
            ELSE 0
        END AS score
    FROM pairs
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    CASE
        WHEN count(score) > 0 THEN sum(score) / (11 * count(score))
        WHEN $by <> 'run' AND NOT bool_or(failed) THEN 0
    END AS value,
    count(score) AS pairs
FROM scored
GROUP BY ALL
