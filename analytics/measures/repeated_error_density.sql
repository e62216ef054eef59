-- name: repeated_error_density
-- title: Repeated error density
-- meaning: How much a student runs into the same error again and again: 0 when no failed run repeats
--   the error of the run before, and the more the longer such series become.
-- formula: A series is a longest possible sequence of consecutive runs of one student on one exercise
--   that all failed with the same error name; r is its length minus 1. The sum of r * r / (r + 1)
--   over the series, not normalised. By student, exercise or course it is the sum over what is there.
--   A student and exercise with exactly one run has no pair: 0 if it did not fail, null (left out of
--   sums) if it did. Of a run that failed with several errors, as imported compilations do, each name
--   counts: it goes on with a series when it shares one with the run before.
-- unit: 0 and up, no upper bound
-- parameters: none
-- columns:
--   value: The repeated error density; by run what the run adds to it.
--   series: Series of at least two runs.
--   repeats: Runs that failed with the same error name as the run before.
--   longest: Repeats in the longest series, so its runs minus 1; by run those up to this run.
-- source: Becker 2016, A new metric to quantify repeated compiler errors for novice programmers
--   (ITiCSE '16), doi:10.1145/2899415.2899463
-- adapted: A cell run stands for a compilation, and the name of the exception for the compiler's
--   message. Runs are consecutive also across sessions, and whatever was run on other exercises in
--   between. Any run that did not fail ends a series, an interrupted one too. Runs outside exercises
--   are series of their own.
--   Where runs have several errors, the densities that Svabensky et al. 2024 published,
--   doi:10.1145/3649217.3653563, are others: there each error makes series of its own.
-- limits: It grows with the number of runs, so compare only over the same work. Two different
--   mistakes can have the same error name. A failed run of which no error name is known repeats
--   nothing.

WITH compared AS (
    SELECT
        student_id,
        exercise,
        position,
        row_number() OVER runs_in_order AS number,
        failed AND count(*) OVER (PARTITION BY student_id, exercise) = 1 AS failed_alone,
        coalesce(
            list_has_any(error_names, lag(error_names) OVER runs_in_order), false
        ) AS repeats
    FROM course_runs($course_id, $start, $until, $as_of, $section)
    WINDOW runs_in_order AS (PARTITION BY student_id, exercise ORDER BY seen_at, position_ns)
),

counted AS (
    SELECT
        *,
        -- Repeats of the series so far: those since the latest run that repeats nothing.
        number - max(if(repeats, 0, number)) OVER (
            PARTITION BY student_id, exercise ORDER BY number
        ) AS r
    FROM compared
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    sum(
        CASE
            WHEN failed_alone THEN NULL
            WHEN repeats THEN r * r / (r + 1) - (r - 1) * (r - 1) / r
            ELSE 0
        END
    ) AS value,
    count(*) FILTER (r = 1) AS series,
    count(*) FILTER (repeats) AS repeats,
    max(r) AS longest
FROM counted
GROUP BY ALL
