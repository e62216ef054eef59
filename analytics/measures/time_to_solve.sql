-- name: time_to_solve
-- title: Time to solve
-- meaning: How long it takes until half of those who began an exercise have solved it, counting also
--   those who have not.
-- formula: Kaplan-Meier's estimate over pairs of a student and an exercise: the time from the
--   student's first event on the exercise to the first sign that it is solved (see progress); who
--   did not solve it is censored at the student's last event on it. The value is the first time at
--   which at most half are unsolved. The 95 % interval of the curve is that of its log(-log) by
--   Greenwood's variance, and that of the median by Brookmeyer and Crowley from it.
-- unit: seconds
-- parameters: none
-- columns:
--   value: Median time to solve; null where the curve does not come down to a half. By run the time
--     until it was solved, at what solved it.
--   lower: Lower end of the 95 % interval of the median; null where the curve does not tell.
--   upper: Upper end of it.
--   first_quarter: Time at which a quarter have solved it.
--   third_quarter: Time at which three quarters have.
--   pairs: Pairs of a student and an exercise.
--   solved: Pairs that were solved; the others are censored.
--   curve: By exercise only, the steps of the curve, each with seconds, at_risk (not solved nor
--     censored before), solved (then), unsolved (share that is still unsolved after it), lower and
--     upper (95 % interval of that share, null where all are solved).
-- source: Kaplan, Meier 1958, Nonparametric estimation from incomplete observations,
--   doi:10.1080/01621459.1958.10501452; Brookmeyer, Crowley 1982, A confidence interval for the
--   median survival time, doi:10.2307/2530286
-- adapted: Solving takes the place of dying. The time is that of the clock, breaks included, since
--   the first event on the exercise.
-- limits: Censoring is taken to say nothing of the time that was still needed; who gives up because
--   it is too hard breaks that, and the median is then too short. Over several days the nights
--   count. By student and course the pairs are not independent, and the interval is too narrow.

WITH durations AS (
    SELECT
        student_id,
        exercise,
        solved_at IS NOT NULL AS is_solved,
        epoch_us(coalesce(solved_at, last_event_at)) - epoch_us(first_event_at) AS time_us
    FROM student_exercises($course_id, $start, $until, $as_of, $section)
),

times AS (
    SELECT
        of_student($by, student_id) AS student_id,
        of_exercise($by, exercise) AS exercise,
        time_us,
        count(*) AS ended,
        count_if(is_solved) AS solved
    FROM durations
    WHERE $by <> 'run'
    GROUP BY ALL
),

at_risk AS (
    SELECT
        *,
        sum(ended) OVER (PARTITION BY student_id, exercise ORDER BY time_us DESC)::DOUBLE AS at_risk
    FROM times
),

survival AS (
    SELECT
        *,
        product(1 - solved / at_risk) OVER so_far AS unsolved,
        sum(solved / nullif(at_risk * (at_risk - solved), 0)) OVER so_far AS greenwood
    FROM at_risk
    WINDOW so_far AS (PARTITION BY student_id, exercise ORDER BY time_us)
),

banded AS (
    SELECT
        *,
        if(
            unsolved > 0 AND unsolved < 1,
            exp(1.959963984540054 * sqrt(greatest(greenwood, 0)) / abs(ln(unsolved))),
            NULL
        ) AS factor,
        if(factor IS NULL, NULL, pow(unsolved, factor)) AS lower,
        if(factor IS NULL, NULL, pow(unsolved, 1 / factor)) AS upper
    FROM survival
)

SELECT
    student_id,
    exercise,
    NULL::VARCHAR AS position,
    -- What rounding leaves above a half is a half.
    min(time_us) FILTER (unsolved <= 0.5 + 1e-9) / 1e6 AS value,
    min(time_us) FILTER (lower <= 0.5 + 1e-9) / 1e6 AS lower,
    min(time_us) FILTER (upper <= 0.5 + 1e-9) / 1e6 AS upper,
    min(time_us) FILTER (unsolved <= 0.75 + 1e-9) / 1e6 AS first_quarter,
    min(time_us) FILTER (unsolved <= 0.25 + 1e-9) / 1e6 AS third_quarter,
    sum(ended)::BIGINT AS pairs,
    sum(solved)::BIGINT AS solved,
    if($by = 'exercise', list({
        'seconds': time_us / 1e6,
        'at_risk': at_risk::BIGINT,
        'solved': solved::BIGINT,
        'unsolved': unsolved,
        'lower': lower,
        'upper': upper
    } ORDER BY time_us) FILTER (solved > 0), NULL) AS curve
FROM banded
GROUP BY student_id, exercise

UNION ALL

SELECT
    student_id,
    exercise,
    position,
    if(solves, time_us / 1e6, NULL),
    NULL,
    NULL,
    NULL,
    NULL,
    starts::INT::BIGINT,
    solves::INT::BIGINT,
    NULL
FROM exercise_steps($course_id, $start, $until, $as_of, $section) AS steps
JOIN durations USING (student_id, exercise)
WHERE $by = 'run' AND (solves OR NOT steps.is_solved)
