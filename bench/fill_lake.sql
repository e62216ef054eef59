-- The Arrow table `batch` that flows/stores/rollups.py takes, of as many events as are asked for.

CREATE OR REPLACE TEMP TABLE numbered AS
SELECT
    n,
    1772442000000 + n * 40 AS ms,
    make_timestamptz((1772442000000 + n * 40) * 1000) AS moment,
    (1 + n * {exercises} // {events} // 10)
    || '.' || (1 + n * {exercises} // {events} % 10) AS exercise
FROM range({events}) AS numbers (n);

CREATE OR REPLACE TEMP TABLE batch AS
SELECT
    ms || '-0' AS position,
    ms * 1000000 AS position_ns,
    uuid()::VARCHAR AS event_id,
    1 AS schema_version,
    'cell_run' AS type,
    '{course}' AS course_id,
    'student-' || (n % {students}) AS student_id,
    'session-' || (n % {students}) AS session_id,
    n // {students} + 1 AS seq,
    'course/' || exercise[1] || '.ipynb' AS notebook,
    exercise || '-' || (n % 3) AS cell_id,
    exercise,
    n // {students} + 1 AS execution_count,
    if(n * 7919 % 4 = 0, 'error', 'ok') AS status,
    if(n * 7919 % 4 = 0, 'NameError', NULL) AS error_name,
    if(n * 7919 % 4 = 0, 'name ''total'' is not defined', NULL) AS error_message,
    (n % 977) / 10 AS duration_ms,
    moment AS occurred_at,
    moment AS received_at,
    sha256(exercise || (n % 50)) AS code_sha256,
    n % 12 AS code_lines,
    n % 400 AS code_chars,
    NULL::VARCHAR AS code,
    NULL::VARCHAR AS output,
    NULL::VARCHAR AS check_name,
    NULL::BOOLEAN AS passed,
    NULL::DOUBLE AS points,
    NULL::DOUBLE AS points_possible,
    NULL::VARCHAR AS help_message,
    '0.1.0' AS hook_version,
    NULL::VARCHAR[] AS truncated,
    NULL::VARCHAR AS extra
FROM numbered;
