-- Where the checks put what they find, and the two lists that are no findings.

CREATE TABLE finding (
    kind VARCHAR,
    store VARCHAR,
    course_id VARCHAR,
    student_id VARCHAR,
    session_id VARCHAR,
    first_ns BIGINT,
    last_ns BIGINT,
    first_seq BIGINT,
    last_seq BIGINT,
    events BIGINT,
    message VARCHAR
);

-- Known losses: the gaps that are there and that PostgreSQL counts.
CREATE VIEW counted_gap AS
SELECT session_gap.*, first_after - first_missing AS events
FROM session_gap
JOIN postgres_sessions USING (course_id, student_id, session_id)
WHERE contains(postgres_sessions.gaps, '[' || first_missing || ',' || first_after || ')');

CREATE VIEW set_aside_shown AS
SELECT
    set_aside.store,
    set_aside.position_ns,
    set_aside.reason,
    event.course_id,
    event.student_id,
    event.session_id,
    event.seq
FROM set_aside
LEFT JOIN (
    SELECT DISTINCT ON (position_ns) position_ns, course_id, student_id, session_id, seq
    FROM set_aside_event
) AS event USING (position_ns)
WHERE (SELECT course IS NULL FROM bound) OR event.course_id IS NOT NULL;
