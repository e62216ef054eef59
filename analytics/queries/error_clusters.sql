-- name: error_clusters
-- meaning: The same failure across students: who has it, since when, in which exercises, and how
--   those who got past it did so.
-- formula: Failed runs with the same error name and the same pattern of their message are one
--   failure; see flows/stores/error_pattern.sql. A student got past it by the first run without
--   error of the same cell, or passed check of the same exercise, after the student's last such
--   failed run; where no cell is named, any run without error of the exercise counts. A check that
--   passed in the failed cell counts with its own run of that cell, which is told after it. Minutes
--   and runs to get past it are counted from the student's first such failed run; the runs are
--   those of the same exercise.
-- unit: persons, cell runs, minutes; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   start: Only events seen at this time or later; null for no bound.
--   until: Only events seen before this time; null for no bound.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
--   now: The moment that "new" refers to.
--   exercise: Only failures in this exercise, '' for outside exercises; null for all.
--   row_limit: At most this many failures, those of most students.
-- columns:
--   error_name: Name of the error; '' where none was told.
--   pattern: The message with '…' for quoted texts, N for numbers, PATH for paths; '' for none.
--   students: Students who had it. The list is ordered by this, then by since.
--   failures: Failed runs.
--   since: Time of the first one.
--   last_at: Time of the latest one.
--   is_new: Whether since is less than 5 minutes before now.
--   got_past: Students who got past it.
--   solved: Students who passed a check of the exercise after their last such failed run.
--   minutes_to_get_past: Median over those who got past it; null where none did.
--   runs_to_get_past: The same, in runs.
--   exercises: Where, with the number of students, most first; '' is outside exercises.
--   messages: The three commonest messages as they were, with the number of students.
--   lines: The three commonest lines that failed, where code is shared and the line is known.
--   fixed_code: Where code is shared, how one got past it: the commonest code of the last run
--     without error up to there that is not the code that failed; null for none.
--   who: Each student with failures, first_at, last_at, exercise and log position of the last such
--     failed run, and past_at, null while the student has not got past it.
-- reads: course_events
-- limits: Two mistakes can have the same error and message. A student who leaves the exercise has
--   not got past the failure. Where a check's cell failed, fixed_code is the latest run before it.

WITH placed AS (
    SELECT
        student_id,
        exercise,
        type,
        cell_id,
        -- A client may send them with any event; they tell of runs and of checks' results.
        if(type = 'cell_run', status, NULL) AS status,
        if(type = 'check_result', passed, NULL) AS passed,
        error_name,
        error_message,
        code,
        extra,
        position,
        seen_at,
        row_number() OVER (PARTITION BY student_id ORDER BY seen_at, position_ns) AS place
    FROM course_events(
        $course_id, $start::TIMESTAMPTZ, $until::TIMESTAMPTZ, $as_of::BIGINT, $section::VARCHAR
    )
    WHERE type IN ('cell_run', 'check_result')
),

happened AS (
    SELECT
        *,
        -- Of a check's result that of the run that it was in, which follows it in the same cell.
        min(place) FILTER (type = 'cell_run') OVER (
            PARTITION BY student_id, cell_id
            ORDER BY place
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS place_of_run
    FROM placed
),

failures AS (
    SELECT
        * REPLACE (coalesce(error_name, '') AS error_name),
        coalesce(error_pattern(error_message), '') AS pattern,
        first_line(error_message) AS message,
        failing_line(code, error_message, extra) AS line
    FROM happened
    WHERE type = 'cell_run' AND status = 'error'
        AND ($exercise::VARCHAR IS NULL OR exercise = $exercise)
),

of_student AS (
    SELECT
        error_name,
        pattern,
        student_id,
        count(*) AS failures,
        min(seen_at) AS first_at,
        max(seen_at) AS last_at,
        min(place) AS first_place,
        max(place) AS last_place,
        arg_max(position, place) AS position,
        arg_max(exercise, place) AS exercise,
        -- Of a struct, as arg_max leaves out nulls.
        arg_max({'id': cell_id}, place).id AS cell_id,
        arg_max({'text': code}, place).text AS code
    FROM failures
    GROUP BY ALL
),

past AS (
    SELECT
        had.error_name,
        had.pattern,
        had.student_id,
        had.first_place,
        had.exercise,
        had.code,
        min(
            if(later.cell_id = had.cell_id, coalesce(later.place_of_run, later.place), later.place)
        ) FILTER (
            later.passed
            OR later.status = 'ok'
            AND (had.cell_id IS NULL OR later.cell_id IS NULL OR later.cell_id = had.cell_id)
        ) AS place,
        min(later.seen_at) FILTER (later.passed) AS solved_at
    FROM of_student AS had
    JOIN happened AS later
        ON later.student_id = had.student_id
        AND later.exercise = had.exercise
        AND later.place > had.last_place
    GROUP BY ALL
),

-- What those who got past it did from the first failed run on.
way AS (
    SELECT
        past.error_name,
        past.pattern,
        past.student_id,
        past.solved_at,
        max(run.seen_at) AS past_at,
        count(*) FILTER (run.type = 'cell_run') - 1 AS runs,
        arg_max(run.code, run.place) FILTER (
            run.status = 'ok' AND run.code IS DISTINCT FROM past.code
        ) AS code
    FROM past
    JOIN happened AS run
        ON run.student_id = past.student_id
        AND run.exercise = past.exercise
        AND run.place BETWEEN past.first_place AND past.place
    GROUP BY past.error_name, past.pattern, past.student_id, past.solved_at
),

clusters AS (
    SELECT
        had.error_name,
        had.pattern,
        count(*) AS students,
        sum(had.failures)::BIGINT AS failures,
        min(had.first_at) AS since,
        max(had.last_at) AS last_at,
        count(way.student_id) AS got_past,
        count(way.solved_at) AS solved,
        median(epoch(way.past_at) - epoch(had.first_at)) / 60 AS minutes_to_get_past,
        median(way.runs) AS runs_to_get_past,
        list(
            {
                'student_id': had.student_id,
                'failures': had.failures,
                'first_at': had.first_at,
                'last_at': had.last_at,
                'exercise': had.exercise,
                'position': had.position,
                'past_at': way.past_at
            }
            ORDER BY natural_order(had.student_id), had.student_id
        ) AS who
    FROM of_student AS had
    LEFT JOIN way USING (error_name, pattern, student_id)
    GROUP BY had.error_name, had.pattern
    ORDER BY students DESC, since, had.error_name, had.pattern
    LIMIT $row_limit
),

places AS (
    SELECT
        error_name,
        pattern,
        list(
            {'exercise': exercise, 'students': students}
            ORDER BY students DESC, natural_order(exercise), exercise
        ) AS exercises
    FROM (
        SELECT error_name, pattern, exercise, count(DISTINCT student_id) AS students
        FROM failures
        GROUP BY ALL
    )
    GROUP BY error_name, pattern
),

messages AS (
    SELECT
        error_name,
        pattern,
        list(
            {'message': message, 'students': students}
            ORDER BY students DESC, message
        )[:3] AS messages
    FROM (
        SELECT error_name, pattern, message, count(DISTINCT student_id) AS students
        FROM failures
        WHERE message <> ''
        GROUP BY ALL
    )
    GROUP BY error_name, pattern
),

lines AS (
    SELECT
        error_name,
        pattern,
        list({'line': line, 'students': students} ORDER BY students DESC, line)[:3]
            AS lines
    FROM (
        SELECT error_name, pattern, line, count(DISTINCT student_id) AS students
        FROM failures
        WHERE line IS NOT NULL
        GROUP BY ALL
    )
    GROUP BY error_name, pattern
),

fixes AS (
    SELECT error_name, pattern, mode(code ORDER BY past_at, student_id) AS fixed_code
    FROM way
    WHERE code IS NOT NULL
    GROUP BY error_name, pattern
)

SELECT
    error_name,
    pattern,
    students,
    failures,
    since,
    last_at,
    since > $now::TIMESTAMPTZ - INTERVAL 5 MINUTE AS is_new,
    got_past,
    solved,
    minutes_to_get_past,
    runs_to_get_past,
    exercises,
    coalesce(messages, []) AS messages,
    coalesce(lines, []) AS lines,
    fixed_code,
    who
FROM clusters
JOIN places USING (error_name, pattern)
LEFT JOIN messages USING (error_name, pattern)
LEFT JOIN lines USING (error_name, pattern)
LEFT JOIN fixes USING (error_name, pattern)
ORDER BY students DESC, since, error_name, pattern
