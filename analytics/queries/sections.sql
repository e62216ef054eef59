-- name: sections
-- meaning: The sections of a course, as its roster has them.
-- formula: Each section that a student of the course is in.
-- unit: persons
-- parameters:
--   course_id: The course.
-- columns:
--   section: The section. In natural order.
--   students: Students who are in it.
-- reads: master.enrollments
-- limits: A section that nobody is in any more is not listed.

SELECT section, count(*) AS students
FROM master.enrollments
WHERE course_id = $course_id AND section IS NOT NULL
GROUP BY section
ORDER BY natural_order(section), section
