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
    -- Follows from the line before; by this one whole files of older events are left unread.
    AND (since IS NULL OR received_at >= since)
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

CREATE OR REPLACE MACRO first_line(message) AS regexp_replace(
    trim(split_part(trim(message, E' \t\r\n'), E'\n', 1), E' \t\r'), ' \([^()]*, line [0-9]+\)$', ''
);

-- What must not be replaced stands in ⟪ and ⟫ for a moment.
CREATE OR REPLACE MACRO without_quoted(message) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                message,
                '\B[''"](int|float|complex|str|bytes|bytearray|bool|list|tuple|dict|set|frozenset|range|slice|type|function|method|module|generator|NoneType|ellipsis|object|builtin_function_or_method|map|filter|zip|enumerate|ndarray|DataFrame|Series)[''"]\B',
                '⟪\1⟫',
                'g'
            ),
            '\B("[^"]*"|`[^`]*`)\B', '''…''', 'g'
        ),
        '\B''[^'']*''\B', '''…''', 'g'
    ),
    '⟪(\w+)⟫', '''\1''', 'g'
);

CREATE OR REPLACE MACRO without_functions(message) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            message,
            '\b(int|float|complex|str|bytes|bool|list|tuple|dict|set|range|len|print|input|open|sum|min|max|abs|round|sorted|reversed|map|filter|zip|enumerate|isinstance|type|super|iter|next|ord|chr|pow|divmod)\(\)',
            '⟪\1⟫',
            'g'
        ),
        '[A-Za-z_][\w.<>]*\(\)', '…()', 'g'
    ),
    '⟪(\w+)⟫', '\1()', 'g'
);

CREATE OR REPLACE MACRO without_numbers(message) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(message, '\b0x[0-9A-Fa-f]+\b', 'ADDRESS', 'g'),
            '([A-Za-z]:)?([/\\][\w.~-]+){2,}', 'PATH', 'g'
        ),
        '-?\b[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?\b', 'N', 'g'
    ),
    '\bN(, ?N)+\b', 'N, …', 'g'
);

-- What a failure says, without what differs from student to student: its first line, in which
--   the file and line at its end are left out;
--   quoted texts are '…', except the names of Python's own types, which say what went wrong;
--   the names of called functions are …(), except Python's own;
--   numbers are N, and a row of them is N, …; paths and addresses in memory are PATH and ADDRESS.
-- So `name 'foo' is not defined` and `name 'bar' is not defined` are the same failure, while
-- `'int' object is not callable` and `'str' object is not callable` are two.
CREATE OR REPLACE MACRO error_pattern(message) AS left(
    without_numbers(without_functions(without_quoted(first_line(message)))), 300
);

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
