-- name: report_exercises
-- meaning: What was planned for a session of class and what was reached: each exercise with its due
--   date and points, who worked at it in the session, and who had solved it at its end.
-- formula: started, attempted, runs and errors are of the session alone; solved and solved_before
--   count of those who started it there also who had solved it earlier. See the measure progress
--   for solved and attempted. difficulty = 1 - solved of those who attempted it / attempted, with
--   Wilson's 95 % interval, see the measure difficulty.
-- unit: persons, cell runs, points; difficulty from 0 to 1; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   start: Begin of the session; null for no bound.
--   until: Its end; what happened then is not in it; null for no bound.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
-- columns:
--   exercise: The exercise's name: registered, planned for the session or begun in it. Registered
--     ones come first, in their order.
--   title: Its title as it was registered; null where it was not.
--   notebook: The notebook of the registration; null where it was not.
--   registered: Whether it is registered now.
--   points: Points that it gives; null where none are known.
--   due_at: When it is due; null where nobody said.
--   planned_at: By when it was to be begun, by the plan of the session: what is planned from 30
--     minutes before its begin to 30 minutes after its end, the pause that parts two sessions of
--     class; null where it is not in that plan.
--   started: Students who ran a cell of it or got a result of its check, in the session.
--   begun_by_end: Of those who were at work in the session, on whatever, who had begun it by the end
--     of the session, in it or earlier.
--   attempted: Students with a check result in the session; where it has no check, with a run.
--   solved: Of those who started it there, who had solved it at the end.
--   solved_before: Of those who started it there, who had solved it before the session.
--   solved_by: What tells that it is solved, 'check' or the weaker 'run'; null where nobody began.
--   runs: Cell runs in the session.
--   errors: Those of them that ended in an error.
--   difficulty: Share of those who attempted it in the session that had not solved it at the end;
--     null where nobody attempted it.
--   lower: Lower end of its 95 % interval.
--   upper: Upper end of it.
-- reads: master.planned_exercises, master.registered_exercises
-- limits: Titles, points, due dates and the plan are those of now. Where a session has no plan,
--   nobody tells which exercises were meant for it; what was due or begun stands for that.

WITH work AS (
    FROM student_exercises(
        $course_id,
        $start::TIMESTAMPTZ,
        $until::TIMESTAMPTZ,
        $as_of::BIGINT,
        $section::VARCHAR
    )
),

by_end AS (
    SELECT student_id, exercise, solved_at
    FROM student_exercises($course_id, NULL, $until, $as_of, $section)
),

here AS (
    FROM student_work($course_id, $start, $until, $as_of, $section)
),

failures AS (
    SELECT exercise, sum(errors)::BIGINT AS errors
    FROM here
    GROUP BY exercise
),

begun AS (
    SELECT exercise, count(*) AS begun_by_end
    FROM by_end
    WHERE student_id IN (SELECT student_id FROM here)
    GROUP BY exercise
),

counted AS (
    SELECT
        exercise,
        count(*) AS started,
        count(*) FILTER (attempted) AS attempted,
        count(by_end.solved_at) AS solved,
        count(*) FILTER (by_end.solved_at < $start) AS solved_before,
        min(solved_by) AS solved_by,
        sum(runs)::BIGINT AS runs,
        1 - count(by_end.solved_at) FILTER (attempted) / nullif(count(*) FILTER (attempted), 0)
            AS difficulty
    FROM work
    INNER JOIN by_end USING (student_id, exercise)
    GROUP BY exercise
),

registered AS (
    SELECT exercise, title, notebook, points, due_at, place
    FROM master.registered_exercises
    WHERE course_id = $course_id AND retired_at IS NULL
),

planned AS (
    SELECT exercise, min("at") AS planned_at
    FROM master.planned_exercises
    WHERE course_id = $course_id
        AND "at" >= $start::TIMESTAMPTZ - INTERVAL 30 MINUTE
        AND "at" <= $until::TIMESTAMPTZ + INTERVAL 30 MINUTE
    GROUP BY exercise
)

SELECT
    exercise,
    registered.title,
    registered.notebook,
    registered.place IS NOT NULL AS registered,
    registered.points,
    registered.due_at,
    planned.planned_at,
    coalesce(started, 0) AS started,
    coalesce(begun_by_end, 0) AS begun_by_end,
    coalesce(attempted, 0) AS attempted,
    coalesce(solved, 0) AS solved,
    coalesce(solved_before, 0) AS solved_before,
    solved_by,
    coalesce(runs, 0) AS runs,
    coalesce(errors, 0) AS errors,
    difficulty,
    wilson_lower(difficulty, attempted) AS lower,
    wilson_upper(difficulty, attempted) AS upper
FROM registered
FULL JOIN counted USING (exercise)
LEFT JOIN failures USING (exercise)
FULL JOIN planned USING (exercise)
LEFT JOIN begun USING (exercise)
ORDER BY registered.place NULLS LAST, natural_order(exercise), exercise
