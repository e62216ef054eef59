-- name: lost_below_log
-- meaning: Below the log's start there are fewer events than the running numbers say were accepted,
--   so some are in no store at all.
-- source: bound, accepted
-- limits: Only for all courses at once. Not possible when a new Redis began to count anew: then
--   there are more events than it counted.

SELECT
    'lost' AS kind,
    CASE
        WHEN EXISTS (SELECT 1 FROM as_of WHERE store = 'influxdb') THEN 'influxdb' ELSE 'lake'
    END AS store,
    NULL AS course_id,
    NULL AS student_id,
    NULL AS session_id,
    0 AS first_ns,
    any_value(log_start_ns) - 1 AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    any_value(first_number) - 1 - any_value(erased_below) - count(accepted.position_ns) AS events,
    format(
        'expected {} before the log''s oldest one, by the running numbers; '
        'found {} in all stores together',
        counted(any_value(first_number) - 1 - any_value(erased_below)),
        count(accepted.position_ns)
    ) AS message
FROM bound
LEFT JOIN accepted ON accepted.position_ns < bound.log_start_ns
WHERE (SELECT course IS NULL FROM bound)
HAVING any_value(first_number) - 1 - any_value(erased_below) > count(accepted.position_ns)
