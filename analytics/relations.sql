-- What measures read, beside the views of analytics/views.py: macros of the connection.

-- Sorts names as people do: 1.2 before 1.10. Runs of digits are compared as numbers.
CREATE OR REPLACE MACRO natural_order(name) AS list_transform(
    regexp_extract_all(name, '[0-9]+|[^0-9]+'),
    lambda part: if(part[1] BETWEEN '0' AND '9', lpad(part, 500, '0'), part)
);

-- The columns by which a measure groups its rows; grain is its parameter $by.
CREATE OR REPLACE MACRO of_student(grain, student_id) AS
    if(grain IN ('student', 'student_exercise', 'run'), student_id, NULL);
CREATE OR REPLACE MACRO of_exercise(grain, exercise) AS
    if(grain IN ('exercise', 'student_exercise', 'run'), exercise, NULL);
CREATE OR REPLACE MACRO of_run(grain, place) AS if(grain = 'run', place, NULL);

-- A course's events of a span of time [since, before), of those that the log held up to a position
-- (last_ns); null for no bound. seen_at is the earlier of occurred_at and received_at; exercise is
-- '' outside exercises. In order of seen_at, then position_ns, a student's events are in sequence.
CREATE OR REPLACE MACRO course_events(course, since, before, last_ns) AS TABLE
SELECT
    * REPLACE (coalesce(exercise, '') AS exercise),
    least(occurred_at, received_at) AS seen_at
FROM events
WHERE course_id = course
    AND (since IS NULL OR least(occurred_at, received_at) >= since)
    AND (before IS NULL OR least(occurred_at, received_at) < before)
    AND (last_ns IS NULL OR position_ns <= last_ns);

-- Its cell runs. A failed run ended in an error; an interrupted one did not.
CREATE OR REPLACE MACRO course_runs(course, since, before, last_ns) AS TABLE
SELECT
    student_id, exercise, position, position_ns, seen_at, session_id, seq, notebook, cell_id,
    execution_count, status, status = 'error' AS failed, error_name, error_message, duration_ms,
    code_sha256, code_lines, code_chars, code
FROM course_events(course, since, before, last_ns)
WHERE type = 'cell_run';

-- Its check results.
CREATE OR REPLACE MACRO course_checks(course, since, before, last_ns) AS TABLE
SELECT
    student_id, exercise, position, position_ns, seen_at, check_name, passed, points,
    points_possible
FROM course_events(course, since, before, last_ns)
WHERE type = 'check_result';

-- Whom and what a measure is asked about: every student of the course, every exercise, every pair
-- of them of which there is a run or a check result. exercise '' is there where something was run
-- outside exercises.
CREATE OR REPLACE MACRO population(course, grain) AS TABLE
SELECT NULL::VARCHAR AS student_id, NULL::VARCHAR AS exercise
WHERE grain = 'course'
UNION ALL
SELECT student_id, NULL FROM enrollments
WHERE grain = 'student' AND course_id = course
UNION ALL
SELECT NULL, exercise
FROM (
    SELECT exercise FROM exercises WHERE course_id = course
    UNION
    SELECT exercise FROM rollup_student_exercise
    WHERE course_id = course AND runs + checks_passed + checks_failed > 0
)
WHERE grain = 'exercise'
UNION ALL
SELECT student_id, exercise FROM rollup_student_exercise
WHERE grain = 'student_exercise' AND course_id = course
    AND runs + checks_passed + checks_failed > 0;
