-- name: planned_exercises
-- meaning: Which exercises instructors meant the class to have begun, and by when.
-- formula: The rows that the API wrote, in order of the moments.
-- unit: times in UTC
-- parameters:
--   course_id: The course.
--   start: Only what is planned for this moment or later; null for no bound.
--   until: Only what is planned for before this moment; null for no bound.
--   row_limit: At most this many rows, the latest ones.
-- columns:
--   at: The moment by which the exercise is to be begun.
--   exercise: The exercise.
-- reads: master.planned_exercises
-- limits: The plan is that of now, whatever the moment that one looks at.

SELECT "at", exercise
FROM (
    FROM master.planned_exercises
    WHERE course_id = $course_id
        AND ($start::TIMESTAMPTZ IS NULL OR "at" >= $start)
        AND ($until::TIMESTAMPTZ IS NULL OR "at" < $until)
    ORDER BY "at" DESC, exercise
    LIMIT $row_limit
)
ORDER BY "at", exercise
