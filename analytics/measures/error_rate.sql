-- name: error_rate
-- title: Error rate
-- meaning: How often a run ends in an error.
-- formula: Failed runs divided by runs.
-- unit: 0 to 1
-- parameters: none
-- columns:
--   value: The share of runs that failed; by run 1 for a failed run, else 0.
--   failed: Runs that ended in an error.
--   runs: Runs.
-- source: Cellpulse's own; a plain share
-- adapted: A cell run stands for a compilation. Runs outside exercises count for the student and the
--   class.
-- limits: A high rate is no bad sign by itself: who tries much fails often. It says nothing of the
--   order of the errors; the error quotient does.

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    NULL::VARCHAR AS position,
    sum(errors) / nullif(sum(runs), 0) AS value,
    sum(errors)::BIGINT AS failed,
    sum(runs)::BIGINT AS runs
FROM student_work($course_id, $start, $until, $as_of, $section)
WHERE $by <> 'run'
GROUP BY ALL

UNION ALL

SELECT student_id, exercise, position, failed::INT::DOUBLE, failed::INT::BIGINT, 1::BIGINT
FROM course_runs($course_id, $start, $until, $as_of, $section)
WHERE $by = 'run'
