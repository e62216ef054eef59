-- name: sessions
-- meaning: What PostgreSQL tells of a session is not what its events make it: highest sequence number,
--   gaps and lost events, times, notebook. A gap that it does not count is in here. What was erased with
--   whoever was here before is taken from it.
-- source: folded, session_gap, postgres_sessions

WITH gaps AS (
    SELECT
        course_id,
        student_id,
        session_id,
        '{' || string_agg(
            '[' || first_missing || ',' || first_after || ')', ',' ORDER BY first_missing
        ) || '}' AS gaps,
        sum(first_after - first_missing)::BIGINT AS lost_events
    FROM session_gap
    GROUP BY 1, 2, 3
),

expected AS (
    SELECT
        folded.course_id,
        folded.student_id,
        folded.session_id,
        arg_max(notebook, position_ns) FILTER (notebook <> '') AS notebook,
        min(seen_at) AS started_at,
        max(seen_at) AS last_seen_at,
        arg_max(seen_at, position_ns) FILTER (type = 'session_ended') AS ended_at,
        max(seq) AS highest_seq,
        coalesce(any_value(gaps.gaps), '{}') AS gaps,
        coalesce(any_value(gaps.lost_events), 0) AS lost_events
    FROM folded
    LEFT JOIN gaps USING (course_id, student_id, session_id)
    WHERE folded.session_id IS NOT NULL
    GROUP BY 1, 2, 3
),

said AS (
    SELECT
        course_id,
        student_id,
        session_id,
        found.highest_seq,
        CASE
            WHEN expected.started_at IS NULL THEN 'expected no session, for there is no event; found one'
            WHEN found.started_at IS NULL THEN 'expected a session; found none'
            ELSE sentence([
                wrong(
                    'highest_seq',
                    found.highest_seq,
                    greatest(expected.highest_seq, found.erased_seq)
                ),
                wrong('gaps', found.gaps, expected.gaps),
                wrong('lost_events', found.lost_events, expected.lost_events),
                wrong('started_at', found.started_at, expected.started_at),
                wrong('last_seen_at', found.last_seen_at, expected.last_seen_at),
                wrong('ended_at', found.ended_at, expected.ended_at),
                wrong('notebook', nullif(found.notebook, ''), expected.notebook)
            ])
        END AS faults
    FROM expected
    FULL JOIN postgres_sessions AS found USING (course_id, student_id, session_id)
)

SELECT
    'wrong_state' AS kind,
    'postgres' AS store,
    course_id,
    student_id,
    session_id,
    NULL AS first_ns,
    NULL AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    0 AS events,
    'sessions: ' || faults AS message
FROM said
WHERE faults <> ''
