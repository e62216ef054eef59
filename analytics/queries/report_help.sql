-- name: report_help
-- meaning: Who raised a hand in a session of class, and to whom somebody went.
-- formula: Hands are the events of the session; marks are those that were made between its begin
--   and 15 minutes after its end, as is a hand's taking down. A hand is up from when the student
--   raised it, however often meanwhile, to the next mark, by which somebody came to it, or until
--   the student took it down. Of several hands the first to which somebody came is told of, else
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
--   exercise: Where the student raised that hand; null outside exercises, and where none was.
--   hands: How often the student raised a hand.
--   asked_at: When the student raised that hand; null for never.
--   visited_at: When somebody came to it; of a student who never asked, when somebody first came;
--     null for never.
--   taken_down_at: When the student took the last hand down; null while it is up or for never.
--   helped_at: When somebody first marked the student as helped; null for never.
--   marks: How often somebody marked the student.
--   is_open: Whether the last hand was still up at the end.
-- reads: course_events, master.attention_marks, master.enrollments
-- limits: Help that nobody marked is not known. A mark counts until it is taken back. Names are
--   those of now.

WITH told AS (
    SELECT student_id, type, exercise, seen_at
    FROM course_events(
        $course_id,
        $start::TIMESTAMPTZ,
        $until::TIMESTAMPTZ + INTERVAL 15 MINUTE,
        $as_of::BIGINT,
        $section::VARCHAR
    )
    WHERE type = 'help_resolved'
        OR (type = 'help_requested' AND ($until IS NULL OR seen_at < $until::TIMESTAMPTZ))
),

given AS (
    SELECT student_id, mark, marked_at
    FROM master.attention_marks
    WHERE course_id = $course_id
        AND is_in_section($course_id, student_id, $section::VARCHAR)
        AND ($start::TIMESTAMPTZ IS NULL OR marked_at >= $start)
        AND ($until IS NULL OR marked_at < $until::TIMESTAMPTZ + INTERVAL 15 MINUTE)
        AND marked_at <= $now::TIMESTAMPTZ
        AND (taken_back_at IS NULL OR taken_back_at > $now)
),

-- Each with how often a hand had been ended by then: by a mark, or by being taken down.
signals AS (
    SELECT
        *,
        count(*) FILTER (type <> 'help_requested') OVER (
            PARTITION BY student_id
            ORDER BY seen_at, type
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS ended
    FROM (
        FROM told
        UNION ALL
        SELECT student_id, 'mark' AS type, NULL AS exercise, marked_at AS seen_at FROM given
    )
),

hands AS (
    SELECT
        raised.student_id,
        raised.ended,
        min(raised.seen_at) AS asked_at,
        arg_min({'name': raised.exercise}, raised.seen_at).name AS exercise,
        min(ending.seen_at) FILTER (ending.type = 'mark') AS visited_at
    FROM signals AS raised
    LEFT JOIN signals AS ending
        ON ending.student_id = raised.student_id
        AND ending.type <> 'help_requested'
        AND ending.ended = raised.ended + 1
    WHERE raised.type = 'help_requested'
    GROUP BY raised.student_id, raised.ended
),

-- The first hand that somebody came to, else the last one.
hand AS (
    SELECT *
    FROM hands
    QUALIFY row_number() OVER (
        PARTITION BY student_id
        ORDER BY visited_at IS NULL, if(visited_at IS NULL, -ended, ended)
    ) = 1
),

asked AS (
    SELECT
        student_id,
        count(*) FILTER (type = 'help_requested') AS hands,
        max(seen_at) FILTER (type = 'help_requested') AS last_asked_at,
        max(seen_at) FILTER (type = 'help_resolved') AS taken_down_at
    FROM told
    GROUP BY student_id
    HAVING count(*) FILTER (type = 'help_requested') > 0
),

marks AS (
    SELECT
        student_id,
        min(marked_at) AS marked_at,
        min(marked_at) FILTER (mark = 'helped') AS helped_at,
        max(marked_at) AS last_marked_at,
        count(*) AS marks
    FROM given
    GROUP BY student_id
)

SELECT
    student_id,
    enrollments.display_name,
    nullif(hand.exercise, '') AS exercise,
    coalesce(hands, 0) AS hands,
    hand.asked_at,
    if(hands IS NULL, marked_at, hand.visited_at) AS visited_at,
    CASE WHEN taken_down_at > last_asked_at THEN taken_down_at END AS taken_down_at,
    helped_at,
    coalesce(marks, 0) AS marks,
    coalesce(
        last_asked_at > coalesce(greatest(last_marked_at, taken_down_at), '-infinity'), false
    ) AS is_open
FROM asked
JOIN hand USING (student_id)
FULL JOIN marks USING (student_id)
LEFT JOIN (FROM master.enrollments WHERE course_id = $course_id) AS enrollments USING (student_id)
ORDER BY hand.asked_at NULLS LAST, visited_at, natural_order(student_id), student_id
