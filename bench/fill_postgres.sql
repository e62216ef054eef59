-- The events of fill_lake.sql as a plain table of PostgreSQL, with the indexes that it would get.

CREATE TABLE plain_events AS
SELECT
    n,
    'demo'::text AS course_id,
    'student-' || (n % {students}) AS student_id,
    (1 + n * {exercises} / {events} / 10)
    || '.' || (1 + n * {exercises} / {events} % 10) AS exercise,
    'cell_run'::text AS type,
    CASE WHEN n * 7919 % 4 = 0 THEN 'error' ELSE 'ok' END AS status
FROM generate_series(0::bigint, {events} - 1) AS numbers (n);

CREATE INDEX ON plain_events (course_id, exercise, student_id);
CREATE INDEX ON plain_events (course_id, student_id, n);
ANALYZE plain_events;
