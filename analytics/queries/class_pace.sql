-- name: class_pace
-- meaning: How far the class is in the order of its exercises: how many of the students who are at
--   work have an exercise as the furthest one that they began.
-- formula: At work is whoever did anything in the 30 minutes before now. The furthest exercise of a
--   student is the last one in the given order with a cell run or a result of a check, whenever
--   that was. In a registered course an exercise that is registered no more, or never was, is no
--   place, unless it is planned.
-- unit: persons
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   exercises: The exercises, in their order.
--   planned: Those of them that are planned.
--   now: The moment that the 30 minutes end at.
--   as_of: Only what the log held up to this position, as position_ns; null for what it holds now.
-- columns:
--   place: Place of the furthest exercise in the given order, from 0; null for students who have
--     begun none.
--   students: Students at work whose furthest exercise it is; only where there are any.
-- reads: course_states, course_work, master.registered_exercises
-- limits: Who skips an exercise counts as past it. Who reads for half an hour and runs nothing is
--   not counted.

WITH registered AS (
    SELECT exercise
    FROM master.registered_exercises
    WHERE course_id = $course_id AND retired_at IS NULL
),

places AS (
    SELECT *
    FROM (
        SELECT unnest($exercises::VARCHAR[]) AS exercise, unnest(range(len($exercises))) AS place
    )
    WHERE NOT EXISTS (FROM registered)
        OR exercise IN (FROM registered)
        OR list_contains($planned::VARCHAR[], exercise)
),

at_work AS (
    SELECT student_id
    FROM course_states($course_id, $as_of::BIGINT)
    WHERE last_seen_at > $now::TIMESTAMPTZ - INTERVAL 30 MINUTE
        AND is_in_section($course_id, student_id, $section::VARCHAR)
),

begun AS (
    SELECT student_id, place
    FROM course_work($course_id, $as_of::BIGINT)
    INNER JOIN places USING (exercise)
    WHERE runs + checks_passed + checks_failed > 0
),

furthest AS (
    SELECT student_id, max(place) AS place
    FROM at_work LEFT JOIN begun USING (student_id)
    GROUP BY student_id
)

SELECT place, count(*) AS students
FROM furthest
GROUP BY place
ORDER BY place NULLS FIRST
