-- name: difficulty
-- title: Difficulty
-- meaning: How hard an exercise is: the share of those who attempted it and did not solve it.
-- formula: 1 - p, where p, the item difficulty index of classical test theory (the p-value), is the
--   number of students who solved the exercise divided by those who attempted it (see progress).
--   Lower and upper are Wilson's 95 % interval of it. By student or course over all pairs of a
--   student and an exercise.
-- unit: 0 (all solved it) to 1 (nobody did)
-- parameters: none
-- columns:
--   value: The share that did not solve it; null where nobody attempted it, and by run.
--   lower: Lower end of the 95 % interval; null by student and exercise, and by run.
--   upper: Upper end of the 95 % interval.
--   p_value: The index as the books have it, 1 less the value; a high one is an easy exercise.
--   attempted: Pairs that were attempted; by run 1 for the first attempt.
--   solved: Pairs that were solved; by run 1 for what solved it.
-- source: Crocker, Algina 1986, Introduction to classical and modern test theory (the index); Wilson
--   1927, Probable inference, the law of succession, and statistical inference,
--   doi:10.1080/01621459.1927.10502953 (the interval)
-- adapted: In a test everybody tries every item; here only who attempted an exercise is counted, and
--   may try as often as there is time.
-- limits: While the class runs, those who are still at it count as not having solved it, so it falls
--   with time. Who gave up before any attempt is not counted. With few students look at the
--   interval. By course or student the pairs of one student are not independent, so that the
--   interval is too narrow.

WITH pairs AS (
    SELECT
        of_student($by, student_id) AS student_id,
        of_exercise($by, exercise) AS exercise,
        count(*) AS attempted,
        count(solved_at) AS solved,
        1 - count(solved_at) / count(*) AS difficulty
    FROM student_exercises($course_id, $start, $until, $as_of, $section)
    WHERE attempted AND $by <> 'run'
    GROUP BY ALL
)

SELECT
    student_id,
    exercise,
    NULL::VARCHAR AS position,
    difficulty AS value,
    if($by = 'student_exercise', NULL, wilson_lower(difficulty, attempted)) AS lower,
    if($by = 'student_exercise', NULL, wilson_upper(difficulty, attempted)) AS upper,
    solved / attempted AS p_value,
    attempted,
    solved
FROM pairs

UNION ALL

SELECT
    student_id, exercise, position, NULL, NULL, NULL, NULL,
    attempts::INT::BIGINT, solves::INT::BIGINT
FROM exercise_steps($course_id, $start, $until, $as_of, $section)
WHERE $by = 'run' AND (attempts OR solves)
