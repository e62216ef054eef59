-- name: own_course
-- meaning: What a student is called in a course, the course's zone, and when code of the student
--   came last.
-- formula: code_sent_at = the latest arrival of an event that has code or output.
-- unit: time in UTC
-- parameters:
--   course_id: The course.
--   student_id: The student, who is in the course.
-- columns:
--   course_title: The course's title, else its id.
--   time_zone: IANA name of the course's time zone; null where none is set.
--   display_name: The name that the course's roster has; null for none.
--   section: The section that the roster has; null for none.
--   code_sent_at: When an event with code or output arrived last; null for never.
-- reads: lake.events, master.courses, master.enrollments
-- limits: An event counts once the lake has it, usually within a second.

SELECT
    coalesce(courses.title, courses.course_id) AS course_title,
    courses.time_zone,
    enrollments.display_name,
    enrollments.section,
    (
        SELECT max(received_at)
        FROM lake.events
        WHERE course_id = $course_id
            AND student_id = $student_id
            AND (code IS NOT NULL OR output IS NOT NULL)
    ) AS code_sent_at
FROM master.enrollments
INNER JOIN master.courses ON courses.course_id = enrollments.course_id
WHERE enrollments.course_id = $course_id AND enrollments.student_id = $student_id
