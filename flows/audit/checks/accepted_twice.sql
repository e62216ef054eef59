-- name: accepted_twice
-- meaning: One event was accepted twice: two positions have the same sequence number of a session, or
--   the same event id. The ingest should have recognised the repeat.
-- source: accepted

WITH same_number AS (
    SELECT
        course_id,
        student_id,
        session_id,
        seq,
        min(position_ns) AS first_ns,
        max(position_ns) AS last_ns,
        count(*) AS times,
        'sequence number' AS what
    FROM accepted
    WHERE session_id IS NOT NULL AND seq IS NOT NULL
    GROUP BY course_id, student_id, session_id, seq
    HAVING count(*) > 1
),

same_id AS (
    SELECT
        min(course_id) AS course_id,
        min(student_id) AS student_id,
        min(session_id) AS session_id,
        min(seq) AS seq,
        min(position_ns) AS first_ns,
        max(position_ns) AS last_ns,
        count(*) AS times,
        'event id' AS what
    FROM accepted
    GROUP BY event_id
    HAVING count(*) > 1
)

SELECT
    'duplicated' AS kind,
    'log' AS store,
    course_id,
    student_id,
    session_id,
    first_ns,
    last_ns,
    seq AS first_seq,
    seq AS last_seq,
    times AS events,
    format('expected one accepted event with this {}; found {}', what, times) AS message
FROM (
    FROM same_number
    UNION ALL
    (FROM same_id ANTI JOIN same_number USING (first_ns, last_ns))
)
