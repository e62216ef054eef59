-- name: courses
-- meaning: Which courses there are, how many students each has, and when something last happened
--   in it.
-- formula: students = enrollments of the course; last_event_at = the latest last_seen_at of its
--   students.
-- unit: persons; times in UTC
-- parameters:
--   course_ids: Only these courses; null for every course.
--   partly: Courses of which only some sections count.
--   sections: These sections, each a pair of course and section.
-- columns:
--   course_id: The course.
--   title: The course's title; its id until it has one.
--   students: Students enrolled or seen, of the sections that count, whether or not they still run cells.
--   last_event_at: When the latest event of the course happened; null before any.
--   time_zone: IANA name of the course's time zone; null where none is set.
--   pseudonymous: Whether its students are kept under pseudonyms.
--   sections: Of those that count the ones that anybody is in, in natural order; the first 200.
-- reads: master.courses, master.enrollments, master.student_states, master.pseudonymous_courses
-- limits: A time that a client's clock puts in the future counts as the time of its arrival.

SELECT
    courses.course_id,
    coalesce(courses.title, courses.course_id) AS title,
    count(enrollments.student_id) AS students,
    max(student_states.last_seen_at) AS last_event_at,
    courses.time_zone,
    courses.course_id IN (
        SELECT course_id FROM master.pseudonymous_courses
    ) AS pseudonymous,
    coalesce(
        list(
            DISTINCT enrollments.section ORDER BY natural_order(enrollments.section), enrollments.section
        ) FILTER (enrollments.section IS NOT NULL)[:200],
        []
    ) AS sections
FROM master.courses
LEFT JOIN master.enrollments
    ON enrollments.course_id = courses.course_id
    AND (
        NOT list_contains($partly::VARCHAR[], courses.course_id)
        OR list_contains(
            $sections::VARCHAR[][], [enrollments.course_id, enrollments.section]
        )
    )
LEFT JOIN master.student_states
    ON student_states.course_id = enrollments.course_id
    AND student_states.student_id = enrollments.student_id
WHERE $course_ids::VARCHAR[] IS NULL OR list_contains($course_ids, courses.course_id)
GROUP BY courses.course_id, courses.title, courses.time_zone
ORDER BY natural_order(courses.course_id), courses.course_id
