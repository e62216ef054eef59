-- Every event that was accepted, once: the truth that the stores are measured by.
-- The log's entries where the log is kept. Where it is not (below its start, and where its running
-- numbers show that an entry is gone): InfluxDB's points, then the lake's rows, then what a store
-- set aside.

CREATE TABLE accepted AS
SELECT *, 'log' AS source
FROM log_event
ANTI JOIN (SELECT position_ns FROM set_aside WHERE store = 'log') USING (position_ns);

CREATE TABLE point_alone AS
SELECT position_ns FROM influxdb_event GROUP BY position_ns HAVING count(*) = 1;

INSERT INTO accepted BY NAME
SELECT *, 'influxdb' AS source
FROM influxdb_event
SEMI JOIN point_alone USING (position_ns)
ANTI JOIN log_entry USING (position_ns)
WHERE left_the_log(position_ns);

INSERT INTO accepted BY NAME
SELECT DISTINCT ON (position_ns) *, 'lake' AS source
FROM lake_event
ANTI JOIN accepted USING (position_ns)
ANTI JOIN log_entry USING (position_ns)
WHERE left_the_log(position_ns);

INSERT INTO accepted BY NAME
SELECT DISTINCT ON (position_ns) *, 'influxdb' AS source
FROM influxdb_event
ANTI JOIN accepted USING (position_ns)
ANTI JOIN log_entry USING (position_ns)
WHERE left_the_log(position_ns);

INSERT INTO accepted BY NAME
SELECT DISTINCT ON (position_ns) *, 'rejected' AS source
FROM set_aside_event
ANTI JOIN accepted USING (position_ns)
ANTI JOIN log_entry USING (position_ns)
WHERE left_the_log(position_ns);

-- Below the log's start nobody says which of two stores is right about an event that only one of
-- them has. It is that store's own surplus when it is a copy of an event that is better witnessed, or
-- when the running numbers agree without the store's few extra events; else the other store lost it.
CREATE TABLE surplus AS
WITH alone AS (
    SELECT position_ns, any_value(accepted.event_id) AS event_id, any_value(source) AS source
    FROM accepted
    JOIN held USING (position_ns)
    WHERE source IN ('influxdb', 'lake')
        AND position_ns < (SELECT log_start_ns FROM bound)
        AND (SELECT count(*) FROM as_of WHERE store IN ('influxdb', 'lake')) = 2
    GROUP BY position_ns
    HAVING count(*) = 1
),

counted AS (
    SELECT
        source,
        count(*) AS extra,
        (SELECT count(*) FROM accepted, bound WHERE position_ns < log_start_ns)
            - (SELECT first_number - 1 - erased_below FROM bound) AS too_many
    FROM alone
    GROUP BY source
)

SELECT alone.position_ns
FROM alone
JOIN counted USING (source)
WHERE counted.too_many = counted.extra
    AND counted.extra * 2 < (SELECT count(*) FROM accepted)
    AND (SELECT course IS NULL FROM bound)
UNION
SELECT alone.position_ns
FROM alone
JOIN accepted AS twin USING (event_id)
ANTI JOIN alone AS other ON other.position_ns = twin.position_ns;

DELETE FROM accepted WHERE position_ns IN (SELECT position_ns FROM surplus);

-- What InfluxDB and the lake must hold, each as of its position.
CREATE VIEW must_hold AS
SELECT as_of.store, accepted.*
FROM accepted
JOIN as_of ON accepted.position_ns <= as_of.position_ns
ANTI JOIN set_aside
    ON set_aside.store = as_of.store AND set_aside.position_ns = accepted.position_ns
WHERE as_of.store IN ('influxdb', 'lake');

-- Events that a store holds at another position than the one at which they were accepted.
CREATE TABLE moved AS
WITH stray AS (
    SELECT held.store, held.position_ns, held.event_id
    FROM held
    LEFT JOIN accepted USING (position_ns)
    WHERE held.event_id IS NOT NULL AND held.event_id IS DISTINCT FROM accepted.event_id
)

SELECT
    stray.store,
    stray.position_ns AS held_ns,
    accepted.position_ns AS accepted_ns,
    accepted.course_id,
    accepted.student_id,
    accepted.session_id,
    accepted.seq
FROM stray
JOIN accepted USING (event_id)
ANTI JOIN held
    ON held.store = stray.store
    AND held.position_ns = accepted.position_ns
    AND held.event_id = stray.event_id;

-- What PostgreSQL was given, with the time that it goes by.
CREATE VIEW folded AS
SELECT accepted.*, least(occurred_at, received_at) AS seen_at
FROM accepted
JOIN as_of ON as_of.store = 'postgres' AND accepted.position_ns <= as_of.position_ns
ANTI JOIN set_aside
    ON set_aside.store = 'postgres' AND set_aside.position_ns = accepted.position_ns;

-- What the lake was given.
CREATE VIEW summed AS
SELECT *, least(occurred_at, received_at) AS seen_at
FROM must_hold
WHERE store = 'lake';

-- Sequence numbers that never came: those between two that did, unless the number went up by more
-- than the longest gap at once, which is another way of numbering. Of a session that went on after
-- its student was erased they begin after the last number that was erased.
CREATE TABLE session_gap AS
WITH numbered AS (
    SELECT
        course_id,
        student_id,
        session_id,
        seq,
        position_ns,
        seen_at,
        coalesce(erased_seq, 0) AS erased_seq
    FROM folded
    LEFT JOIN postgres_sessions USING (course_id, student_id, session_id)
    WHERE session_id IS NOT NULL AND seq IS NOT NULL
),

rising AS (
    SELECT
        course_id,
        student_id,
        session_id,
        seq,
        greatest(erased_seq, max(seq) OVER (
            PARTITION BY course_id, student_id, session_id
            ORDER BY position_ns
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )) AS highest_before
    FROM numbered
    QUALIFY seq > highest_before
),

present AS (
    SELECT
        course_id,
        student_id,
        session_id,
        seq,
        min(seen_at) AS seen_at,
        greatest(erased_seq, lag(seq) OVER (
            PARTITION BY course_id, student_id, session_id ORDER BY seq
        )) AS seq_before
    FROM numbered
    GROUP BY course_id, student_id, session_id, erased_seq, seq
)

SELECT
    present.course_id,
    present.student_id,
    present.session_id,
    present.seq_before + 1 AS first_missing,
    present.seq AS first_after,
    present.seen_at AS seen_after
FROM present
ASOF JOIN rising
    ON rising.course_id = present.course_id
    AND rising.student_id = present.student_id
    AND rising.session_id = present.session_id
    AND present.seq <= rising.seq
WHERE present.seq > present.seq_before + 1
    AND rising.seq - rising.highest_before <= (SELECT longest_gap FROM bound);
