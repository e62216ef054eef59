-- What was known of a course at a place in the log (last_ns), beside relations.sql: computed from the
-- events up to there, as the stores had it then. flows/stores/folds.py and rollup_student_exercise.sql
-- say how they keep it; course_now.sql has the same of now, under the same names.
CREATE SCHEMA IF NOT EXISTS course_past;

-- Who is in the course. Whom a first event enrolled is there from that event on; whom a roster did,
-- from that time on (now is the time of the place). Names and sections are those of today.
CREATE OR REPLACE MACRO course_past.course_students(course, last_ns, now) AS TABLE
SELECT enrollments.*
FROM enrollments
ANTI JOIN (
    SELECT student_id, min(position_ns) AS position_ns, arg_min(seen_at, position_ns) AS seen_at
    FROM course_events(course, NULL, NULL, NULL)
    GROUP BY student_id
) AS firsts
    ON firsts.student_id = enrollments.student_id
    AND firsts.position_ns > last_ns
    AND firsts.seen_at = enrollments.enrolled_at
WHERE course_id = course AND enrolled_at <= now;

-- Where each student is, as student_states has it: a run before which a later one came in says
-- nothing about that.
CREATE OR REPLACE MACRO course_past.course_states(course, last_ns) AS TABLE
WITH happened AS (
    SELECT
        *,
        type = 'cell_run' AND seen_at >= coalesce(
            max(seen_at) FILTER (type = 'cell_run') OVER (
                PARTITION BY student_id
                ORDER BY position_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            seen_at
        ) AS is_current
    FROM course_events(course, NULL, NULL, last_ns)
),

streaks AS (
    SELECT
        student_id,
        coalesce(max(position_ns) FILTER (is_current AND status <> 'error'), -1) AS broken_ns
    FROM happened
    GROUP BY student_id
)

SELECT
    student_id,
    max(seen_at) AS last_seen_at,
    max(seen_at) FILTER (is_current) AS last_run_at,
    arg_max(notebook, position_ns) FILTER (is_current AND notebook <> '') AS notebook,
    nullif(arg_max(exercise, position_ns) FILTER (is_current), '') AS exercise,
    arg_max(status, position_ns) FILTER (is_current) AS last_status,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (is_current AND status = 'error' AND position_ns > broken_ns) AS error_streak
FROM happened
INNER JOIN streaks USING (student_id)
GROUP BY student_id;

-- When anybody, of a section where one is asked for, had run a cell last: a student's latest run is
-- always a current one.
CREATE OR REPLACE MACRO course_past.course_latest_run(course, last_ns, only_section) AS TABLE
SELECT max(seen_at) AS last_run_at
FROM course_runs(course, NULL, NULL, last_ns, only_section);

-- How many events of each student's sessions never came, where that is any: numbers below the
-- highest one that are missing, and above what was erased of a session that went on. A jump of more
-- than a million is another way of numbering.
CREATE OR REPLACE MACRO course_past.course_losses(course, last_ns) AS TABLE
WITH numbered AS (
    SELECT
        student_id,
        session_id,
        seq,
        greatest(
            max(seq) OVER (
                PARTITION BY student_id, session_id
                ORDER BY position_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            erased.erased_seq,
            0
        ) AS highest
    FROM course_events(course, NULL, NULL, last_ns)
    LEFT JOIN (
        SELECT student_id, session_id, erased_seq
        FROM sessions
        WHERE course_id = course AND erased_seq > 0
    ) AS erased USING (student_id, session_id)
    WHERE session_id IS NOT NULL
),

gaps AS (SELECT * FROM numbered WHERE seq - highest BETWEEN 2 AND 1_000_000),

closed AS (
    SELECT gaps.student_id, count(DISTINCT (gaps.session_id, numbered.seq)) AS events
    FROM gaps
    INNER JOIN numbered
        ON numbered.student_id = gaps.student_id
        AND numbered.session_id = gaps.session_id
        AND numbered.seq > gaps.highest
        AND numbered.seq < gaps.seq
    GROUP BY gaps.student_id
)

SELECT
    student_id,
    (sum(seq - highest - 1) - coalesce(any_value(closed.events), 0))::BIGINT AS lost_events
FROM gaps
LEFT JOIN closed USING (student_id)
GROUP BY student_id;

-- The counts of a student and exercise ('' is outside exercises) that rollup_student_exercise has of
-- now.
CREATE OR REPLACE MACRO course_past.course_work(course, last_ns) AS TABLE
SELECT
    student_id,
    exercise,
    arg_max(notebook, position_ns) FILTER (type = 'cell_run') AS notebook,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (type = 'check_result' AND passed) AS checks_passed,
    count(*) FILTER (type = 'check_result' AND NOT passed) AS checks_failed,
    max(seen_at) FILTER (type = 'cell_run') AS last_run_at,
    min(seen_at) FILTER (type = 'cell_run' AND status = 'ok') AS first_ok_at
FROM course_events(course, NULL, NULL, last_ns)
GROUP BY student_id, exercise;
