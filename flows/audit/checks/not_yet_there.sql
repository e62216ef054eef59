-- name: not_yet_there
-- meaning: A store has not come to events that the log held when the audit began, and still holds.
--   This is no damage: the store catches up.
-- source: accepted, as_of

SELECT
    'not_yet_there' AS kind,
    as_of.store,
    NULL AS course_id,
    NULL AS student_id,
    NULL AS session_id,
    min(accepted.position_ns) AS first_ns,
    max(accepted.position_ns) AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    count(*) AS events,
    format(
        'the store is at position {}; {} to come',
        position_of(any_value(as_of.position_ns)), counted(count(*))
    ) AS message
FROM accepted, bound, as_of
WHERE as_of.store <> 'log'
    AND accepted.position_ns > as_of.position_ns
    AND accepted.position_ns >= bound.log_start_ns
    AND accepted.position_ns <= bound.target_ns
GROUP BY as_of.store
