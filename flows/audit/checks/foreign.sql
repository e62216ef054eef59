-- name: foreign
-- meaning: A store holds an event that was never accepted: a copy of another one (duplicated), or one
--   that came by another way (foreign).
-- source: held, accepted, late_point

WITH extra AS (
    SELECT store, position_ns, event_id, course_id, student_id, session_id, seq
    FROM held
    ANTI JOIN accepted USING (position_ns)
    ANTI JOIN moved ON moved.store = held.store AND moved.held_ns = held.position_ns
    UNION ALL
    SELECT 'influxdb', position_ns, NULL, NULL, NULL, NULL, NULL
    FROM late_point
)

SELECT
    CASE WHEN twin.position_ns IS NULL THEN 'foreign' ELSE 'duplicated' END AS kind,
    extra.store,
    extra.course_id,
    extra.student_id,
    extra.session_id,
    extra.position_ns AS first_ns,
    extra.position_ns AS last_ns,
    extra.seq AS first_seq,
    extra.seq AS last_seq,
    1 AS events,
    CASE
        WHEN twin.position_ns IS NULL THEN 'expected no event at this position; found one'
        ELSE format(
            'expected this event at position {} only; found it here once more',
            position_of(twin.position_ns)
        )
    END AS message
FROM extra
LEFT JOIN (
    SELECT event_id, min(position_ns) AS position_ns FROM accepted GROUP BY event_id
) AS twin USING (event_id)
