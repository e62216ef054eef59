-- name: class_map
-- meaning: How far each student is with each exercise, how busy the student was in the last 15
--   minutes, and when the student last ran a cell: one row a student.
-- formula: solved = a check of the exercise passed. failing = not solved, and the latest runs of
--   the exercise ended in an error; failed_runs says how many in a row. ran = neither of both, a
--   run without error, and no result of a check, either of anybody (where exercise_progress counts
--   the weaker evidence) or of this student, who works at another exercise by now. working = any
--   other with a run or a result of a check.
-- unit: cell runs; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all.
--   exercises: The exercises, in the order in which states names them.
--   now: The moment that "active" and the last 15 minutes refer to.
--   student_id: Only this student's row; null for all.
--   as_of: Only what the log held up to this position, as position_ns; null for what it holds now.
-- columns:
--   student_id: The student. In the order of ids, where s2 is before s10.
--   display_name: The name that the course's roster has; null for none.
--   seat: Where the student sits, as the course's roster has it; null for none.
--   states: A letter an exercise: 's' solved, 'r' ran, 'f' failing, 'w' working, '.' not started.
--   failed_runs: For each 'f' of states, from left to right: its latest runs in a row that ended in
--     an error.
--   runs: Cell runs of each of the last 15 minutes, oldest first; minutes as on the clock, the last
--     one is the minute of now.
--   exercise: Exercise of the latest run; null outside exercises.
--   last_run_at: When the latest run happened; null before any.
--   active: Whether there was an event less than 5 minutes before now.
-- reads: course_runs, course_states, course_students, course_work
-- limits: Every enrolled student is listed, also one of whom no event has come. Rollups and runs
--   come from the lake and the latest run from PostgreSQL, which may be a moment apart.

WITH places AS (
    SELECT unnest($exercises::VARCHAR[]) AS exercise, unnest(range(len($exercises))) AS place
),

states AS (
    SELECT student_id, exercise, last_run_at, last_seen_at
    FROM course_states($course_id, $as_of::BIGINT)
),

work AS (
    SELECT
        rollup.student_id,
        places.place,
        checks_passed > 0 AS is_solved,
        errors > 0 AND checks_passed = 0 AS may_fail,
        first_ok_at IS NOT NULL
        AND checks_passed + checks_failed = 0
        AND (
            sum(checks_passed + checks_failed) OVER (PARTITION BY places.exercise) = 0
            OR coalesce(states.exercise, '') NOT IN (places.exercise, '')
        ) AS has_run
    FROM course_work($course_id, $as_of::BIGINT) AS rollup
    INNER JOIN places ON places.exercise = rollup.exercise
    LEFT JOIN states ON states.student_id = rollup.student_id
    WHERE runs + checks_passed + checks_failed > 0
),

-- Only of what may be failing: most runs are of what was solved.
runs AS (
    SELECT
        student_id,
        place,
        failed,
        -- seen_at, then position_ns, as one number: much faster to compare than a row of both.
        epoch_us(seen_at)::HUGEINT * 9_223_372_036_854_775_808 + position_ns AS moment
    FROM course_runs($course_id, NULL, NULL, $as_of::BIGINT, $section::VARCHAR) AS runs
    INNER JOIN places ON places.exercise = runs.exercise
    SEMI JOIN work
        ON work.student_id = runs.student_id AND work.place = places.place AND work.may_fail
    WHERE $student_id::VARCHAR IS NULL OR runs.student_id = $student_id
),

latest AS (
    SELECT student_id, place, max(moment) FILTER (NOT failed) AS no_error_at
    FROM runs
    GROUP BY student_id, place
),

streaks AS (
    SELECT student_id, place, count(*) AS failed_runs
    FROM runs
    INNER JOIN latest USING (student_id, place)
    WHERE no_error_at IS NULL OR moment > no_error_at
    GROUP BY student_id, place
),

cells AS (
    SELECT
        student_id,
        place,
        coalesce(failed_runs, 0) AS failed_runs,
        CASE
            WHEN is_solved THEN 's'
            WHEN failed_runs > 0 THEN 'f'
            WHEN has_run THEN 'r'
            ELSE 'w'
        END AS state
    FROM work
    LEFT JOIN streaks USING (student_id, place)
),

maps AS (
    SELECT
        student_id,
        list(place) AS places,
        list({'place': place, 'state': state, 'failed_runs': failed_runs}) AS cells
    FROM cells
    GROUP BY student_id
),

minutes AS (
    SELECT unnest(
        list_transform(
            range(15),
            lambda minute: date_trunc('minute', $now::TIMESTAMPTZ) - to_minutes(14 - minute)
        )
    ) AS minute
),

busy AS (
    SELECT
        student_id,
        map_from_entries(list(row(minute, runs))) AS runs_of
    FROM (
        SELECT student_id, date_trunc('minute', seen_at) AS minute, count(*) AS runs
        FROM course_runs(
            $course_id,
            date_trunc('minute', $now::TIMESTAMPTZ) - INTERVAL 14 MINUTE,
            NULL,
            $as_of::BIGINT,
            $section::VARCHAR
        )
        GROUP BY ALL
    )
    GROUP BY student_id
)

SELECT
    enrollments.student_id,
    enrollments.display_name,
    enrollments.seat,
    array_to_string(
        list_transform(
            range(len($exercises)),
            lambda place: coalesce(maps.cells[list_position(maps.places, place)].state, '.')
        ),
        ''
    ) AS states,
    coalesce(
        list_transform(
            -- Sorted by their first field.
            list_filter(list_sort(maps.cells), lambda cell: cell.state = 'f'),
            lambda cell: cell.failed_runs
        ),
        []
    ) AS failed_runs,
    list_transform(
        (SELECT list(minute ORDER BY minute) FROM minutes),
        lambda minute: coalesce(busy.runs_of[minute], 0)
    ) AS runs,
    states.exercise,
    states.last_run_at,
    coalesce(states.last_seen_at > $now::TIMESTAMPTZ - INTERVAL 5 MINUTE, false) AS active
FROM course_students($course_id, $as_of::BIGINT, $now::TIMESTAMPTZ) AS enrollments
LEFT JOIN states ON states.student_id = enrollments.student_id
LEFT JOIN maps ON maps.student_id = enrollments.student_id
LEFT JOIN busy ON busy.student_id = enrollments.student_id
WHERE is_in_section($course_id, enrollments.student_id, $section::VARCHAR)
    AND ($student_id::VARCHAR IS NULL OR enrollments.student_id = $student_id)
ORDER BY natural_order(enrollments.student_id), enrollments.student_id
