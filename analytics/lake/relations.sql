-- What measures read, beside the views of analytics/lake/views.py: macros of the connection.

-- Sorts names as people do: 1.2 before 1.10. Runs of digits are compared as numbers: first by how
-- many digits they have, without zeros in front.
CREATE OR REPLACE MACRO numeric_order(digits) AS lpad(len(digits)::VARCHAR, 4, '0') || digits;
CREATE OR REPLACE MACRO natural_order(name) AS list_transform(
    regexp_extract_all(name, '[0-9]+|[^0-9]+'),
    lambda part: if(part[1] BETWEEN '0' AND '9', numeric_order(ltrim(part, '0')), part)
);

-- The columns by which a measure groups its rows; grain is its parameter $by.
CREATE OR REPLACE MACRO of_student(grain, student_id) AS
    if(grain IN ('student', 'student_exercise', 'run'), student_id, NULL);
CREATE OR REPLACE MACRO of_exercise(grain, exercise) AS
    if(grain IN ('exercise', 'student_exercise', 'run'), exercise, NULL);
CREATE OR REPLACE MACRO of_run(grain, place) AS if(grain = 'run', place, NULL);

-- Wilson's 95 % interval of a share of n (Wilson 1927).
CREATE OR REPLACE MACRO wilson_middle(share, n) AS (share + 1.9207294103470625 / n) / wilson_scale(n);
CREATE OR REPLACE MACRO wilson_width(share, n) AS
    1.959963984540054 * sqrt(share * (1 - share) / n + 0.9603647051735313 / (n * n))
    / wilson_scale(n);
CREATE OR REPLACE MACRO wilson_scale(n) AS 1 + 3.841458820694125 / n;
CREATE OR REPLACE MACRO wilson_lower(share, n) AS
    greatest(0, wilson_middle(share, n) - wilson_width(share, n));
CREATE OR REPLACE MACRO wilson_upper(share, n) AS
    least(1, wilson_middle(share, n) + wilson_width(share, n));

-- Whether a student is in a section of a course; with null for the section everybody is. Sections
-- are those of now, whatever a position of the log is asked for: rosters are no part of the log.
CREATE OR REPLACE MACRO is_in_section(course, student, only_section) AS
    only_section IS NULL
    OR student IN (
        SELECT student_id FROM enrollments WHERE course_id = course AND section = only_section
    );

-- A course's events of a span of time [since, before), of those that the log held up to a position
-- (last_ns), and of the students of a section (only_section); null for no bound. seen_at is the
-- earlier of occurred_at and received_at; exercise is '' outside exercises. In order of seen_at, then
-- position_ns, a student's events are in sequence.
CREATE OR REPLACE MACRO course_events(
    course, since, before, last_ns, only_section := NULL
) AS TABLE
SELECT
    * REPLACE (coalesce(exercise, '') AS exercise),
    least(occurred_at, received_at) AS seen_at
FROM events
WHERE course_id = course
    AND (since IS NULL OR least(occurred_at, received_at) >= since)
    -- Follows from the line before; by this one whole files of older events are left unread.
    AND (since IS NULL OR received_at >= since)
    AND (before IS NULL OR least(occurred_at, received_at) < before)
    AND (last_ns IS NULL OR position_ns <= last_ns)
    AND is_in_section(course, student_id, only_section);

-- The names of a run's errors, each once. A cell ends at its first; a compiler names several, which
-- an import keeps in extra.error_names. Whatever else a client writes there counts for nothing.
CREATE OR REPLACE MACRO names_of_errors(error_name, extra) AS CASE
    WHEN error_name IS NULL THEN []::VARCHAR[]
    WHEN (extra -> 'error_names') IS NULL THEN [error_name]
    ELSE list_distinct(
        list_append(coalesce(try_cast((extra -> 'error_names') AS VARCHAR[]), []), error_name)
    )
END;

-- Its cell runs. A failed run ended in an error; an interrupted one did not.
CREATE OR REPLACE MACRO course_runs(course, since, before, last_ns, only_section := NULL) AS TABLE
SELECT
    student_id, exercise, position, position_ns, seen_at, session_id, seq, notebook, cell_id,
    execution_count, status, status = 'error' AS failed, error_name,
    if(status = 'error', names_of_errors(error_name, extra), []) AS error_names,
    error_message, duration_ms, code_sha256, code_lines, code_chars, code
FROM course_events(course, since, before, last_ns, only_section)
WHERE type = 'cell_run';

-- Its check results.
CREATE OR REPLACE MACRO course_checks(course, since, before, last_ns, only_section := NULL) AS TABLE
SELECT
    student_id, exercise, position, position_ns, seen_at, check_name, passed, points,
    points_possible
FROM course_events(course, since, before, last_ns, only_section)
WHERE type = 'check_result';

-- What a student did, with the time since what the student did before, on whatever exercise, in
-- microseconds: null for the first.
CREATE OR REPLACE MACRO course_actions(
    course, since, before, last_ns, only_section := NULL
) AS TABLE
SELECT
    student_id, exercise, position, position_ns, seen_at,
    epoch_us(seen_at) - lag(epoch_us(seen_at)) OVER (
        PARTITION BY student_id ORDER BY seen_at, position_ns
    ) AS gap_us
FROM course_events(course, since, before, last_ns, only_section)
WHERE type IN ('cell_run', 'check_result', 'help_requested');

-- The exercises of a course, registered or seen, without ''.
CREATE OR REPLACE MACRO course_exercises(course) AS TABLE
SELECT exercise FROM registered_exercises WHERE course_id = course AND retired_at IS NULL
UNION
SELECT exercise FROM exercises WHERE course_id = course AND exercise <> ''
UNION
SELECT exercise FROM rollup_student_exercise
WHERE course_id = course AND exercise <> '' AND runs + checks_passed + checks_failed > 0;

-- The exercises of which a check result was ever reported, by a student of whatever section: it is
-- the exercise that has a check.
CREATE OR REPLACE MACRO checked_exercises(course, last_ns) AS TABLE
SELECT exercise FROM rollup_student_exercise
WHERE last_ns IS NULL AND course_id = course AND checks_passed + checks_failed > 0
UNION
SELECT exercise FROM course_checks(course, NULL, NULL, last_ns)
WHERE last_ns IS NOT NULL;

-- What each student ran and which results there are, by exercise ('' is outside exercises): from
-- the rollups, or from the events where a span of time or a position is asked for.
CREATE OR REPLACE MACRO student_work(course, since, before, last_ns, only_section := NULL) AS TABLE
SELECT
    student_id, exercise, runs, errors, checks_passed, checks_failed, first_event_at, first_run_at,
    first_ok_at, first_passed_at, last_event_at
FROM rollup_student_exercise
WHERE since IS NULL AND before IS NULL AND last_ns IS NULL
    AND course_id = course AND runs + checks_passed + checks_failed > 0
    AND is_in_section(course, student_id, only_section)
UNION ALL
SELECT
    student_id,
    exercise,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (type = 'check_result' AND passed) AS checks_passed,
    count(*) FILTER (type = 'check_result' AND NOT passed) AS checks_failed,
    min(seen_at) AS first_event_at,
    min(seen_at) FILTER (type = 'cell_run') AS first_run_at,
    min(seen_at) FILTER (type = 'cell_run' AND status = 'ok') AS first_ok_at,
    min(seen_at) FILTER (type = 'check_result' AND passed) AS first_passed_at,
    max(seen_at) AS last_event_at
FROM course_events(course, since, before, last_ns, only_section)
WHERE NOT (since IS NULL AND before IS NULL AND last_ns IS NULL)
GROUP BY student_id, exercise
HAVING count(*) FILTER (type IN ('cell_run', 'check_result')) > 0;

-- How far each student is with each exercise of which there is a run or a check result. Solved: a
-- check of it passed; attempted: there is a result of a check. Where no check was ever reported of
-- the exercise, a run without error and a run stand for them: the weaker evidence.
CREATE OR REPLACE MACRO student_exercises(
    course, since, before, last_ns, only_section := NULL
) AS TABLE
SELECT
    work.student_id,
    work.exercise,
    work.runs,
    work.first_event_at,
    work.first_run_at,
    work.last_event_at,
    if(checked.exercise IS NULL, 'run', 'check') AS solved_by,
    if(
        checked.exercise IS NULL, work.runs, work.checks_passed + work.checks_failed
    ) > 0 AS attempted,
    if(checked.exercise IS NULL, work.first_ok_at, work.first_passed_at) AS solved_at
FROM student_work(course, since, before, last_ns, only_section) AS work
LEFT JOIN checked_exercises(course, last_ns) AS checked ON checked.exercise = work.exercise
WHERE work.exercise <> '';

-- Each run and check result of an exercise, and what it was the first to do for its student there:
-- starts, attempts or solves it. Runs counts the student's runs of it so far.
CREATE OR REPLACE MACRO exercise_steps(
    course, since, before, last_ns, only_section := NULL
) AS TABLE
WITH steps AS (
    SELECT
        events.*,
        if(checked.exercise IS NULL, 'run', 'check') AS solved_by,
        type = 'check_result' OR checked.exercise IS NULL AS is_attempt,
        if(
            checked.exercise IS NULL,
            type = 'cell_run' AND status = 'ok',
            type = 'check_result' AND passed
        ) AS is_solution
    FROM course_events(course, since, before, last_ns, only_section) AS events
    LEFT JOIN checked_exercises(course, last_ns) AS checked
        ON checked.exercise = events.exercise
    WHERE type IN ('cell_run', 'check_result') AND events.exercise <> ''
)

SELECT
    student_id, exercise, position, position_ns, seen_at, type, check_name, points, solved_by,
    row_number() OVER so_far = 1 AS starts,
    is_attempt AND count_if(is_attempt) OVER so_far = 1 AS attempts,
    is_solution AND count_if(is_solution) OVER so_far = 1 AS solves,
    count_if(is_solution) OVER so_far > 0 AS is_solved,
    count_if(type = 'cell_run') OVER so_far AS runs
FROM steps
WINDOW so_far AS (
    PARTITION BY student_id, exercise ORDER BY seen_at, position_ns ROWS UNBOUNDED PRECEDING
);

-- Whom and what a measure is asked about: every student of the course, every exercise, every pair
-- of them of which there is a run or a check result; of students, those of a section where one is
-- asked for. exercise '' is there where something was run
-- outside exercises.
CREATE OR REPLACE MACRO population(course, grain, only_section := NULL) AS TABLE
SELECT NULL::VARCHAR AS student_id, NULL::VARCHAR AS exercise
WHERE grain = 'course'
UNION ALL
SELECT student_id, NULL FROM enrollments
WHERE grain = 'student' AND course_id = course
    AND (only_section IS NULL OR section = only_section)
UNION ALL
SELECT NULL, exercise
FROM (
    SELECT exercise FROM course_exercises(course)
    UNION
    SELECT exercise FROM rollup_student_exercise
    WHERE course_id = course AND exercise = '' AND runs + checks_passed + checks_failed > 0
)
WHERE grain = 'exercise'
UNION ALL
SELECT student_id, exercise FROM rollup_student_exercise
WHERE grain = 'student_exercise' AND course_id = course
    AND runs + checks_passed + checks_failed > 0
    AND is_in_section(course, student_id, only_section);

-- The line of a cell's code at which it failed, where code and line are known. A hook tells the
-- line in extra.error_line, others in the message itself, as "(name.py, line 3)".
CREATE OR REPLACE MACRO failing_line(code, message, extra) AS nullif(
    trim(
        string_split(code, E'\n')[
            coalesce(
                try_cast(extra ->> 'error_line' AS INTEGER),
                try_cast(regexp_extract(message, ', line ([0-9]+)\)', 1) AS INTEGER)
            )
        ]
    ),
    ''
);
