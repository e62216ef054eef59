-- name: membership
-- meaning: Whether a course is known, and whether a student is in it.
-- formula: A course is known from its registration or its first event; a student from the
--   enrollment or the first event in the course.
-- unit: truth values; a section's name
-- parameters:
--   course_id: The course.
--   student_id: The student; null where only the course matters.
-- columns:
--   course_known: Whether there is such a course.
--   student_known: Whether the student is in it.
--   section: The section that the roster has for the student now; null for none.
-- reads: master.courses, master.enrollments
-- limits: A first event counts once PostgreSQL's writer has it, usually within a second.

SELECT
    EXISTS (FROM master.courses WHERE course_id = $course_id) AS course_known,
    EXISTS (
        FROM master.enrollments
        WHERE course_id = $course_id AND student_id = $student_id::VARCHAR
    ) AS student_known,
    (
        SELECT section FROM master.enrollments
        WHERE course_id = $course_id AND student_id = $student_id::VARCHAR
    ) AS section
