-- What every check takes for granted: macros for its words, and views of what must be where.
--
-- bound (one row): log_start_ns, the oldest position that the log can still hold; end_ns, the last
-- one that is compared; target_ns, the log's end when the audit began, up to which a store that is
-- behind is behind; accepted, the running number of the last event, and first_number, that of the
-- oldest one in the log (null where Redis does not tell); erased_below, how many before that one were
-- erased with their student; longest_gap; course, the only one that is
-- audited, or null.
-- as_of: for each store the position as of which it was read.

CREATE MACRO position_of(ns) AS (ns // 1000000) || '-' || (ns % 1000000);

CREATE MACRO counted(n) AS n || CASE n WHEN 1 THEN ' event' ELSE ' events' END;

CREATE MACRO titled(source) AS CASE source
    WHEN 'influxdb' THEN 'InfluxDB' WHEN 'rejected' THEN 'the rejected stream' ELSE 'the ' || source
END;

CREATE MACRO told(v) AS coalesce(v::VARCHAR, 'nothing');

CREATE MACRO wrong(name, found, expected) AS CASE
    WHEN found IS DISTINCT FROM expected
        THEN name || ' is ' || told(found) || ' and must be ' || told(expected)
END;

-- Floating-point sums depend on their order, so they are equal when they nearly are.
CREATE MACRO wrong_sum(name, found, expected) AS CASE
    WHEN (found IS NULL) <> (expected IS NULL)
        OR abs(found - expected) > 1e-9 * greatest(abs(found), abs(expected))
        THEN name || ' is ' || told(found) || ' and must be ' || told(expected)
END;

CREATE MACRO sentence(parts) AS array_to_string(list_filter(parts, lambda x: x IS NOT NULL), '; ');

CREATE VIEW held AS
SELECT 'influxdb' AS store, * FROM influxdb_event
UNION ALL
SELECT 'lake' AS store, * FROM lake_event;

-- erased_number: the running numbers of events that were erased with their student.
CREATE MACRO erased_between(before, after) AS (
    SELECT count(*) FROM erased_number WHERE running_number > before AND running_number < after
);

-- Where the log's running numbers leave some out between two entries, or after the last one.
CREATE TABLE log_hole AS
WITH numbered AS (
    SELECT
        position_ns,
        running_number,
        lag(position_ns) OVER in_order AS after_ns,
        lag(running_number) OVER in_order AS after_number
    FROM log_entry
    WHERE running_number IS NOT NULL
    WINDOW in_order AS (ORDER BY position_ns)
),

gap AS (
    SELECT after_ns, position_ns AS before_ns, after_number, running_number AS before_number
    FROM numbered
    WHERE running_number > after_number + 1
    UNION ALL
    SELECT
        max(position_ns),
        any_value(end_ns) + 1,
        arg_max(running_number, position_ns),
        any_value(accepted) + 1
    FROM numbered, bound
    HAVING any_value(accepted) > arg_max(running_number, position_ns)
)

SELECT
    after_ns,
    before_ns,
    before_number - after_number - 1 - erased_between(after_number, before_number) AS events
FROM gap
WHERE before_number - after_number - 1 > erased_between(after_number, before_number);

CREATE MACRO left_the_log(ns) AS
    ns < (SELECT log_start_ns FROM bound)
    OR EXISTS (SELECT 1 FROM log_hole WHERE ns > after_ns AND ns < before_ns);
