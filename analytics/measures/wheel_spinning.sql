-- name: wheel_spinning
-- title: Wheel-spinning
-- meaning: Which share of the exercises that were worked on long enough to tell was not solved within
--   ten attempts.
-- formula: Of each student and exercise: 1 when it was not solved within the first opportunities
--   attempts, 0 when it was, and left out as undetermined when it is not solved and there were
--   fewer attempts yet. By student, exercise or course the mean of these. An attempt is a run of code
--   that the student had not run on the exercise before. Solved: a check of it passed; where no check
--   result was ever reported of the exercise in the course, a run without error. It is solved within
--   n attempts when that happens before the attempt n + 1. Null outside exercises.
-- unit: 0 to 1
-- parameters:
--   opportunities = 10: Attempts within which an exercise should be solved.
-- columns:
--   value: The share; by run 1 for the attempt that was the last allowed and one of an exercise not
--     solved in time, 0 for the run or check result that solved it in time, else null.
--   wheel_spinning: Pairs of student and exercise not solved in time, also those solved later.
--   solved: Pairs solved in time.
--   undetermined: Pairs neither solved nor with enough attempts yet; null by run.
--   attempts: Attempts, also those after it was solved.
-- source: Beck, Gong 2013, Wheel-spinning: students who fail to master a skill (AIED 2013),
--   doi:10.1007/978-3-642-39112-5_44
-- adapted: The paper's student practises a skill on many problems and masters it with three correct
--   answers in a row, within ten opportunities. Here the exercise stands for the skill, a run of new
--   code for an opportunity and one solution for mastery, since an exercise is solved once. Running
--   the same code again (same SHA-256) is no attempt; where the code's digest is not known, every run
--   is one.
-- limits: Each cell of an exercise of many cells is an attempt the first time it is run. A run without
--   error is weak evidence of a solution, so exercises without checks hardly ever show it. Working
--   elsewhere and pasting the solution looks like one attempt. Only what lies in the asked span of
--   time counts, so an exercise begun before it looks shorter.

WITH checked AS (
    SELECT DISTINCT exercise FROM course_checks($course_id, NULL, NULL, $as_of)
),

steps AS (
    SELECT
        student_id,
        events.exercise,
        position,
        type = 'cell_run' AND (
            code_sha256 IS NULL
            OR row_number() OVER (
                PARTITION BY student_id, events.exercise, type, code_sha256
                ORDER BY seen_at, position_ns
            ) = 1
        ) AS is_attempt,
        if(
            checked.exercise IS NULL,
            type = 'cell_run' AND status = 'ok',
            type = 'check_result' AND passed
        ) AS is_solution,
        row_number() OVER (
            PARTITION BY student_id, events.exercise ORDER BY seen_at, position_ns
        ) AS number
    FROM course_events($course_id, $start, $until, $as_of, $section) AS events
    LEFT JOIN checked ON checked.exercise = events.exercise
    WHERE type IN ('cell_run', 'check_result') AND events.exercise <> ''
),

counted AS (
    SELECT
        *,
        count(*) FILTER (is_attempt) OVER so_far AS attempts_so_far,
        is_solution AND count(*) FILTER (is_solution) OVER so_far = 1 AS solves
    FROM steps
    WINDOW so_far AS (PARTITION BY student_id, exercise ORDER BY number)
),

judged AS (
    SELECT
        *,
        -- The step that decides: the solution in time, else the last attempt that is allowed.
        CASE
            WHEN min(attempts_so_far) FILTER (solves) OVER whole <= $opportunities
                THEN if(solves, 0, NULL)
            WHEN is_attempt AND attempts_so_far = floor($opportunities) THEN 1
        END AS verdict
    FROM counted
    WINDOW whole AS (PARTITION BY student_id, exercise)
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    avg(verdict) AS value,
    count(*) FILTER (verdict = 1) AS wheel_spinning,
    count(*) FILTER (verdict = 0) AS solved,
    if(
        $by = 'run',
        NULL,
        count(*) FILTER (number = 1) - count(verdict)
    ) AS undetermined,
    count(*) FILTER (is_attempt) AS attempts
FROM judged
GROUP BY ALL
