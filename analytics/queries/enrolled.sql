-- name: enrolled
-- meaning: Who is in a course, in the order in which they came into it: one row a student.
-- formula: From the enrollment or the first event on.
-- unit: times in UTC
-- parameters:
--   course_id: The course.
-- columns:
--   student_id: The student.
--   display_name: The name that the course's roster has; null for none.
--   section: The section that the student is in; null for none.
--   enrolled_at: When the student came into the course.
-- reads: master.enrollments
-- limits: Students of one roster came at the same time.

SELECT student_id, display_name, section, enrolled_at
FROM master.enrollments
WHERE course_id = $course_id
ORDER BY enrolled_at, student_id
