-- name: out_of_order
-- meaning: A store has events in another order than the log: an event stands at another position, or
--   the lake's order key is not that of the row's position.
-- source: moved, lake_event

SELECT
    'out_of_order' AS kind,
    store,
    course_id,
    student_id,
    session_id,
    held_ns AS first_ns,
    held_ns AS last_ns,
    seq AS first_seq,
    seq AS last_seq,
    1 AS events,
    format(
        'expected this event at position {}; found it at {}',
        position_of(accepted_ns), position_of(held_ns)
    ) AS message
FROM moved
UNION ALL
SELECT
    'out_of_order',
    'lake',
    course_id,
    student_id,
    session_id,
    position_ns,
    position_ns,
    seq,
    seq,
    1,
    format('expected position_ns {}; found {}', position_ns, wrong_order_key)
FROM lake_event
WHERE wrong_order_key IS NOT NULL
