-- name: report_presence
-- meaning: Who was at work in a session of class, and how much was done in it.
-- formula: Students with a cell run or a check result in the session, and counts of these.
-- unit: persons, cell runs
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   start: Begin of the session; null for no bound.
--   until: Its end; what happened then is not in it; null for no bound.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
-- columns:
--   title: The course's title; its id until it has one.
--   students: Students enrolled or seen.
--   here: Students who ran a cell or got a check result in the session.
--   runs: Cell runs in the session.
--   errors: Those of them that ended in an error; an interrupted run is not one.
-- reads: master.courses, master.enrollments
-- limits: Students are those of now. Who only listened was not seen.

WITH work AS (
    SELECT student_id, runs, errors
    FROM student_work(
        $course_id,
        $start::TIMESTAMPTZ,
        $until::TIMESTAMPTZ,
        $as_of::BIGINT,
        $section::VARCHAR
    )
)

SELECT
    coalesce(courses.title, courses.course_id) AS title,
    (
        SELECT count(*)
        FROM master.enrollments
        WHERE course_id = $course_id AND ($section IS NULL OR section = $section)
    ) AS students,
    (SELECT count(DISTINCT student_id) FROM work) AS here,
    (SELECT coalesce(sum(runs), 0)::BIGINT FROM work) AS runs,
    (SELECT coalesce(sum(errors), 0)::BIGINT FROM work) AS errors
FROM master.courses
WHERE course_id = $course_id
