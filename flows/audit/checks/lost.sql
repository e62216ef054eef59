-- name: lost
-- meaning: An accepted event is not in a store that has gone past it, or can't reach a store any
--   more, because the log dropped it before the store had it. Neighbours in a session are one line.
-- source: must_hold, held, accepted

WITH missing AS (
    SELECT store, course_id, student_id, session_id, seq, position_ns, source, false AS dropped
    FROM must_hold
    ANTI JOIN held USING (store, position_ns)
    ANTI JOIN moved
        ON moved.store = must_hold.store AND moved.accepted_ns = must_hold.position_ns
    UNION ALL
    SELECT as_of.store, course_id, student_id, session_id, seq, position_ns, source, true
    FROM accepted, bound, (SELECT store, position_ns AS at_ns FROM as_of) AS as_of
    WHERE as_of.store <> 'log'
        AND accepted.position_ns > as_of.at_ns
        AND accepted.position_ns < bound.log_start_ns
),

affected AS (
    SELECT DISTINCT course_id, student_id, coalesce(session_id, '') AS session FROM missing
),

placed AS (
    SELECT
        position_ns,
        row_number() OVER (
            PARTITION BY course_id, student_id, session_id ORDER BY position_ns
        ) AS nth
    FROM accepted
    SEMI JOIN affected
        ON affected.course_id = accepted.course_id
        AND affected.student_id = accepted.student_id
        AND affected.session = coalesce(accepted.session_id, '')
),

runs AS (
    SELECT
        missing.*,
        nth - row_number() OVER (
            PARTITION BY store, course_id, student_id, session_id, dropped ORDER BY position_ns
        ) AS run
    FROM missing
    JOIN placed USING (position_ns)
)

SELECT
    'lost' AS kind,
    store,
    course_id,
    student_id,
    session_id,
    min(position_ns) AS first_ns,
    max(position_ns) AS last_ns,
    min(seq) AS first_seq,
    max(seq) AS last_seq,
    count(*) AS events,
    CASE
        WHEN dropped
            THEN format(
                'expected {}, which {} holds; the store has not come to that position, and the '
                'log has dropped what it needs to', counted(count(*)), titled(min(source))
            )
        ELSE format(
            'expected {}, which {} holds; found none', counted(count(*)), titled(min(source))
        )
    END AS message
FROM runs
GROUP BY store, course_id, student_id, session_id, dropped, run
