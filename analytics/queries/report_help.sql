-- name: report_help
-- meaning: Who raised a hand in a session of class, and to whom somebody went.
-- formula: Hands are the events of the session; marks are those that were made between its begin
--   and 15 minutes after its end. Somebody went to a student who asked by the first mark after the
--   first hand. A hand is open if neither a mark nor the student's own taking it down came after
--   the last one.
-- unit: persons, hands, marks; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   start: Begin of the session; null for no bound.
--   until: Its end; what happened then is not in it; null for no bound.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
--   now: Only marks up to this moment that were not taken back by then.
-- columns:
--   student_id: A student who raised a hand or has a mark.
--   display_name: The name that the course's roster has; null for none.
--   exercise: Where the student asked first; null outside exercises, and where none was asked.
--   hands: How often the student raised a hand.
--   asked_at: When the student first did; null for never.
--   visited_at: When somebody first went there or helped, after asked_at where there is one; null
--     for never.
--   taken_down_at: When the student took the last hand down; null while it is up or for never.
--   helped_at: When somebody first marked the student as helped; null for never.
--   marks: How often somebody marked the student.
--   is_open: Whether a hand was still up at the end.
-- reads: course_events, master.attention_marks, master.enrollments
-- limits: Help that nobody marked is not known. A mark counts until it is taken back. Names are
--   those of now.

WITH asked AS (
    SELECT
        student_id,
        count(*) FILTER (type = 'help_requested') AS hands,
        min(seen_at) FILTER (type = 'help_requested') AS asked_at,
        max(seen_at) FILTER (type = 'help_requested') AS last_asked_at,
        max(seen_at) FILTER (type = 'help_resolved') AS taken_down_at,
        arg_min({'name': exercise}, seen_at) FILTER (type = 'help_requested').name AS exercise
    FROM course_events(
        $course_id,
        $start::TIMESTAMPTZ,
        $until::TIMESTAMPTZ,
        $as_of::BIGINT,
        $section::VARCHAR
    )
    WHERE type IN ('help_requested', 'help_resolved')
    GROUP BY student_id
    HAVING count(*) FILTER (type = 'help_requested') > 0
),

marks AS (
    SELECT
        student_id,
        min(marked_at) FILTER (asked_at IS NULL OR marked_at >= asked_at) AS visited_at,
        min(marked_at) FILTER (mark = 'helped') AS helped_at,
        max(marked_at) AS last_marked_at,
        count(*) AS marks
    FROM master.attention_marks AS marks
    LEFT JOIN asked USING (student_id)
    WHERE course_id = $course_id
        AND is_in_section($course_id, student_id, $section::VARCHAR)
        AND ($start::TIMESTAMPTZ IS NULL OR marked_at >= $start)
        AND ($until IS NULL OR marked_at < $until::TIMESTAMPTZ + INTERVAL 15 MINUTE)
        AND marked_at <= $now::TIMESTAMPTZ
        AND (taken_back_at IS NULL OR taken_back_at > $now)
    GROUP BY student_id
)

SELECT
    student_id,
    enrollments.display_name,
    nullif(asked.exercise, '') AS exercise,
    coalesce(hands, 0) AS hands,
    asked_at,
    visited_at,
    CASE WHEN taken_down_at > last_asked_at THEN taken_down_at END AS taken_down_at,
    helped_at,
    coalesce(marks, 0) AS marks,
    coalesce(
        last_asked_at > coalesce(greatest(last_marked_at, taken_down_at), '-infinity'), false
    ) AS is_open
FROM asked
FULL JOIN marks USING (student_id)
LEFT JOIN (FROM master.enrollments WHERE course_id = $course_id) AS enrollments USING (student_id)
ORDER BY asked_at NULLS LAST, visited_at, natural_order(student_id), student_id
