-- name: admin_courses
-- meaning: What there is of each course: its settings, how many are enrolled, what is registered,
--   and when its first and its latest event happened.
-- formula: enrolled = enrollments of the course; sections = different sections of these; exercises
--   = registered ones that are not retired; first_event_at and last_event_at = extremes over the
--   rollups.
-- unit: persons, days, sections, exercises; times in UTC
-- parameters: none
-- columns:
--   course_id: The course.
--   title: The course's title; null until it has one.
--   time_zone: IANA name of its time zone; null where none is set.
--   retention_days: Days after their last event for which students are kept; null for ever.
--   pseudonymous: Whether its students are kept under pseudonyms.
--   enrolled: Students enrolled or seen.
--   sections: Sections that the roster names.
--   section_names: These sections, in natural order; the first 200.
--   exercises: Registered exercises that are not retired.
--   registered_at: When it was registered last; null for never.
--   first_event_at: Time of its first event; null before any.
--   last_event_at: Time of its latest event; null before any.
-- reads: master.courses, master.enrollments, master.registered_exercises,
--   master.course_registrations, master.pseudonymous_courses, lake.rollup_student_exercise
-- limits: Events count once the lake has them, usually within seconds.

WITH enrolled AS (
    SELECT
        course_id,
        count(*) AS students,
        count(DISTINCT section) AS sections,
        list(DISTINCT section ORDER BY natural_order(section), section)
            FILTER (section IS NOT NULL)[:200] AS section_names
    FROM master.enrollments
    GROUP BY course_id
),
registered AS (
    SELECT course_id, count(*) AS exercises
    FROM master.registered_exercises
    WHERE retired_at IS NULL
    GROUP BY course_id
),
registrations AS (
    SELECT course_id, max(registered_at) AS registered_at
    FROM master.course_registrations
    GROUP BY course_id
),
events AS (
    SELECT
        course_id,
        min(first_event_at) AS first_event_at,
        max(last_event_at) AS last_event_at
    FROM lake.rollup_student_exercise
    GROUP BY course_id
)
SELECT
    courses.course_id,
    courses.title,
    courses.time_zone,
    courses.retention_days,
    courses.course_id IN (
        SELECT course_id FROM master.pseudonymous_courses
    ) AS pseudonymous,
    coalesce(enrolled.students, 0) AS enrolled,
    coalesce(enrolled.sections, 0) AS sections,
    coalesce(enrolled.section_names, []) AS section_names,
    coalesce(registered.exercises, 0) AS exercises,
    registrations.registered_at,
    events.first_event_at,
    events.last_event_at
FROM master.courses
LEFT JOIN enrolled ON enrolled.course_id = courses.course_id
LEFT JOIN registered ON registered.course_id = courses.course_id
LEFT JOIN registrations ON registrations.course_id = courses.course_id
LEFT JOIN events ON events.course_id = courses.course_id
ORDER BY natural_order(courses.course_id), courses.course_id
