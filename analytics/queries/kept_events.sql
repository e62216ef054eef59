-- name: kept_events
-- meaning: How many events the lake has of a student or of a course, and from when to when.
-- formula: Sums and extremes over the rollups, by course.
-- unit: events; times in UTC
-- parameters:
--   course_id: Only this course; null for every course.
--   student_id: Only this student; null for everybody.
-- columns:
--   course_id: The course.
--   events: Events of every type.
--   students: Students with an event.
--   first_event_at: Time of the first event.
--   last_event_at: Time of the latest event.
-- reads: lake.rollup_student_exercise
-- limits: Events count once the lake has them, usually within seconds.

SELECT
    course_id,
    sum(events)::BIGINT AS events,
    count(DISTINCT student_id) AS students,
    min(first_event_at) AS first_event_at,
    max(last_event_at) AS last_event_at
FROM lake.rollup_student_exercise
WHERE ($course_id::VARCHAR IS NULL OR course_id = $course_id)
    AND ($student_id::VARCHAR IS NULL OR student_id = $student_id)
GROUP BY course_id
ORDER BY course_id
