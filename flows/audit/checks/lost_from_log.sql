-- name: lost_from_log
-- meaning: The log's running numbers leave some out, so entries are gone from the middle of the log
--   (its trimming takes the oldest ones only).
-- source: log_hole, accepted

WITH witnessed AS (
    SELECT
        log_hole.after_ns,
        any_value(log_hole.before_ns) AS before_ns,
        any_value(log_hole.events) AS events,
        count(accepted.position_ns) AS elsewhere,
        min(accepted.position_ns) AS first_ns,
        max(accepted.position_ns) AS last_ns,
        min(accepted.course_id) AS course_id,
        min(accepted.student_id) AS student_id,
        min(accepted.session_id) AS session_id,
        min(accepted.seq) AS first_seq,
        max(accepted.seq) AS last_seq,
        count(DISTINCT (accepted.course_id, accepted.student_id, accepted.session_id)) = 1 AS is_one
    FROM log_hole
    LEFT JOIN accepted
        ON accepted.position_ns > log_hole.after_ns
        AND accepted.position_ns < log_hole.before_ns
        AND accepted.source <> 'log'
    GROUP BY log_hole.after_ns
)

SELECT
    'lost' AS kind,
    'log' AS store,
    CASE WHEN is_one THEN course_id END AS course_id,
    CASE WHEN is_one THEN student_id END AS student_id,
    CASE WHEN is_one THEN session_id END AS session_id,
    coalesce(first_ns, after_ns + 1) AS first_ns,
    coalesce(last_ns, before_ns - 1) AS last_ns,
    CASE WHEN is_one THEN first_seq END AS first_seq,
    CASE WHEN is_one THEN last_seq END AS last_seq,
    events,
    format(
        'expected {} after position {}, by the running numbers; found none; in another store: {}',
        counted(events), position_of(after_ns), elsewhere
    ) AS message
FROM witnessed
WHERE elsewhere > 0 OR (SELECT course IS NULL FROM bound)
