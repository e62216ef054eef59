-- name: duplicated
-- meaning: A store holds one position more than once.
-- source: held

SELECT
    'duplicated' AS kind,
    store,
    min(course_id) AS course_id,
    min(student_id) AS student_id,
    min(session_id) AS session_id,
    position_ns AS first_ns,
    position_ns AS last_ns,
    min(seq) AS first_seq,
    max(seq) AS last_seq,
    count(*) - 1 AS events,
    format('expected one event at this position; found {}', count(*)) AS message
FROM held
GROUP BY store, position_ns
HAVING count(*) > 1
