-- name: class_marks
-- meaning: What instructors noted about moments of class, such as "explained recursion".
-- formula: The rows that the API wrote, in order of the moments.
-- unit: times in UTC
-- parameters:
--   course_id: The course.
--   start: Only marks of this moment or later; null for no bound.
--   until: Only marks before this moment; null for no bound.
--   row_limit: At most this many marks, the latest ones.
-- columns:
--   mark_id: The mark.
--   at: The moment.
--   text: What was noted.
--   set_at: When it was noted.
--   set_by: Who noted it; null where nobody said.
-- reads: master.class_marks
-- limits: Those that were taken back are left out, whatever the moment that one looks at.

SELECT mark_id, "at", text, set_at, set_by
FROM (
    FROM master.class_marks
    WHERE course_id = $course_id AND removed_at IS NULL
        AND ($start::TIMESTAMPTZ IS NULL OR "at" >= $start)
        AND ($until::TIMESTAMPTZ IS NULL OR "at" < $until)
    ORDER BY "at" DESC, mark_id
    LIMIT $row_limit
)
ORDER BY "at", mark_id
