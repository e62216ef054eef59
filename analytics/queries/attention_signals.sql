-- name: attention_signals
-- meaning: What can be seen of each student of a lesson at one moment: failures not got past,
--   silence, raised hands, time at an exercise, and how the others do. The attention list's reasons
--   are made of these.
-- formula: A failed run is open until the student runs the same cell of the same exercise without
--   error (where no cell is named: any cell of the exercise), passes a check of the exercise, or
--   runs a cell of another exercise without error. A check's failed results are open until it is
--   passed. A visit is a student's latest runs of one exercise without a run of another one between
--   them; runs outside exercises don't end it. An exercise is solved by a passed check, or where
--   nobody got a check's result in the lesson, by a run without error.
-- unit: persons, cell runs, minutes; times in UTC
-- parameters:
--   course_id: The course.
--   section: Only students of this section, also as the others to compare with; null for all.
--   now: The moment; nothing seen later counts.
--   as_of: Only events up to this position of the log, as position_ns; null for no bound.
--   lesson_minutes: Nothing older than this counts, in minutes.
-- columns:
--   student_id: A student with an event in the lesson.
--   seen_at: Time of the student's latest event.
--   left_at: When the student's last kernel ended; null while one lives.
--   runs: Cell runs of the lesson.
--   run_at: Time of the latest run; null without one.
--   run_position: Its log position.
--   has_failed: Whether the latest run, or result of a check, was a failure.
--   gap_minutes: Median time between two of the student's runs; null below two gaps.
--   exercise: Exercise of the latest run of one; null without one.
--   notebook: Notebook of the latest run that names one.
--   failures: Open failed runs.
--   failure_exercise: Exercise of the latest one.
--   failures_from: Time of the first open one.
--   failures_to: Time of the latest one.
--   failure_positions: Their log positions.
--   error_name: The commonest error among them, by name and pattern (error_pattern.sql).
--   error_message: Its latest message, the first line of it.
--   error_runs: How often it is there.
--   error_from: Time of its first.
--   error_to: Time of its latest.
--   error_positions: Log positions of its runs.
--   error_others: Other students who had the same failure in the lesson.
--   others: Other students with a run in the lesson.
--   others_at_work: Those of them with a run in the last 5 minutes.
--   check_name: The check that failed most often without being passed since, of the exercise.
--   check_failures: How often.
--   check_from: Time of the first of these results.
--   check_to: Time of the latest.
--   check_positions: Their log positions.
--   visit_from: Time of the first run of the visit to the exercise.
--   visit_runs: Runs of it.
--   visit_failures: Those that failed.
--   visit_positions: Log positions of its runs.
--   has_solved: Whether the student has solved the exercise.
--   others_started: Other students with a run of the exercise.
--   others_solved: Those of them who have solved it.
--   others_minutes: Median time that these took from their first run of it, in minutes.
--   solved: Exercises that the student has solved in the lesson.
--   median_solved: The median of that over everyone with a run.
--   help_at: Since when the student's hand is up; null where it is not.
--   help_position: Log position of the latest request.
--   help_message: What the student asked last while the hand was up; null where nothing.
-- reads: course_events
-- limits: A student who works without running cells, or on paper, looks silent. A failed cell that
--   was deleted stays open until the exercise's check is passed or another exercise goes well.

WITH happened AS (
    SELECT
        student_id,
        exercise,
        notebook,
        type,
        -- A client may send them with any event; they tell of runs and of checks' results.
        if(type = 'cell_run', status, NULL) AS status,
        cell_id,
        check_name,
        if(type = 'check_result', passed, NULL) AS passed,
        error_name,
        error_message,
        help_message,
        position,
        seen_at,
        row_number() OVER (PARTITION BY student_id ORDER BY seen_at, position_ns) AS place
    FROM course_events(
        $course_id,
        $now::TIMESTAMPTZ - to_minutes($lesson_minutes::BIGINT),
        $now::TIMESTAMPTZ + INTERVAL 1 MICROSECOND,
        $as_of::BIGINT,
        $section::VARCHAR
    )
),

-- Each student and exercise: when it went well.
went_well AS (
    SELECT
        student_id,
        exercise,
        min(seen_at) FILTER (type = 'cell_run') AS began_at,
        min(seen_at) FILTER (passed) AS passed_at,
        max(place) FILTER (passed) AS passed_place,
        min(seen_at) FILTER (status = 'ok') AS ok_at,
        max(place) FILTER (status = 'ok') AS ok_place,
        count(*) FILTER (type = 'check_result') AS checks
    FROM happened
    GROUP BY ALL
),

ok_cells AS (
    SELECT student_id, exercise, cell_id, max(place) AS place
    FROM happened
    WHERE status = 'ok' AND cell_id IS NOT NULL
    GROUP BY ALL
),

-- The latest place at which an exercise went well, and of any other one, to compare with.
best_of_student AS (
    SELECT
        student_id,
        arg_max(exercise, ok_place) AS exercise,
        max(ok_place) AS place
    FROM went_well
    WHERE exercise <> ''
    GROUP BY ALL
),

second_of_student AS (
    SELECT went_well.student_id, max(went_well.ok_place) AS place
    FROM went_well
    JOIN best_of_student USING (student_id)
    WHERE went_well.exercise NOT IN ('', best_of_student.exercise)
    GROUP BY ALL
),

failures AS (
    SELECT
        *,
        coalesce(error_name, '') AS error,
        coalesce(error_pattern(error_message), '') AS pattern
    FROM happened
    WHERE type = 'cell_run' AND status = 'error'
),

open_failures AS (
    SELECT failures.*
    FROM failures
    LEFT JOIN ok_cells USING (student_id, exercise, cell_id)
    LEFT JOIN went_well USING (student_id, exercise)
    LEFT JOIN best_of_student AS best ON best.student_id = failures.student_id
    LEFT JOIN second_of_student AS second ON second.student_id = failures.student_id
    WHERE failures.place > greatest(
        coalesce(ok_cells.place, 0),
        coalesce(went_well.passed_place, 0),
        if(failures.cell_id IS NULL, coalesce(went_well.ok_place, 0), 0),
        if(best.exercise = failures.exercise, coalesce(second.place, 0), coalesce(best.place, 0))
    )
),

failed AS (
    SELECT
        student_id,
        count(*) AS failures,
        arg_max(exercise, place) AS failure_exercise,
        min(seen_at) AS failures_from,
        max(seen_at) AS failures_to,
        list(position ORDER BY place) AS failure_positions
    FROM open_failures
    GROUP BY student_id
),

had_by AS (
    SELECT error, pattern, count(DISTINCT student_id) AS students
    FROM failures
    GROUP BY ALL
),

commonest AS (
    SELECT
        student_id,
        error,
        pattern,
        max(place) AS place,
        count(*) AS error_runs,
        arg_max(first_line(error_message), place) AS error_message,
        min(seen_at) AS error_from,
        max(seen_at) AS error_to,
        list(position ORDER BY place) AS error_positions
    FROM open_failures
    GROUP BY student_id, error, pattern
    QUALIFY row_number() OVER (
        PARTITION BY student_id ORDER BY error_runs DESC, max(place) DESC
    ) = 1
),

solved AS (
    SELECT
        student_id,
        exercise,
        began_at,
        if(sum(checks) OVER (PARTITION BY exercise) > 0, passed_at, ok_at) AS solved_at
    FROM went_well
    WHERE exercise <> ''
),

runs AS (
    SELECT
        *,
        seen_at - lag(seen_at) OVER (PARTITION BY student_id ORDER BY place) AS gap
    FROM happened
    WHERE type = 'cell_run'
),

present AS (
    SELECT
        happened.student_id,
        max(happened.seen_at) AS seen_at,
        if(
            arg_max(happened.type, happened.place) = 'session_ended', max(happened.seen_at), NULL
        ) AS left_at,
        arg_max(
            coalesce(happened.status, '') = 'error' OR NOT coalesce(happened.passed, true),
            happened.place
        )
            FILTER (happened.type IN ('cell_run', 'check_result')) AS has_failed,
        arg_max(happened.type, happened.place) FILTER (happened.type LIKE 'help_%')
            = 'help_requested' AS asks,
        max(happened.seen_at) FILTER (happened.type = 'help_requested') AS asked_at,
        arg_max(happened.position, happened.place) FILTER (happened.type = 'help_requested')
            AS asked_position,
        max(happened.place) FILTER (happened.type = 'help_resolved') AS helped_place
    FROM happened
    GROUP BY happened.student_id
),

-- A hand is up since the first request that nobody answered.
hands AS (
    SELECT
        happened.student_id,
        min(happened.seen_at) AS help_at,
        arg_max(happened.help_message, happened.place) AS help_message
    FROM happened
    JOIN present USING (student_id)
    WHERE happened.type = 'help_requested'
        AND present.asks
        AND happened.place > coalesce(present.helped_place, 0)
    GROUP BY happened.student_id
),

worked AS (
    SELECT
        student_id,
        count(*) AS runs,
        max(seen_at) AS run_at,
        arg_max(position, place) AS run_position,
        if(count(gap) < 2, NULL, median(epoch(gap)) / 60) AS gap_minutes,
        arg_max(exercise, place) FILTER (exercise <> '') AS exercise,
        arg_max(notebook, place) FILTER (notebook IS NOT NULL) AS notebook
    FROM runs
    GROUP BY student_id
),

before_visit AS (
    SELECT runs.student_id, max(runs.place) AS place
    FROM runs
    JOIN worked USING (student_id)
    WHERE runs.exercise NOT IN ('', worked.exercise)
    GROUP BY runs.student_id
),

visits AS (
    SELECT
        runs.student_id,
        min(runs.seen_at) AS visit_from,
        count(*) AS visit_runs,
        count(*) FILTER (runs.status = 'error') AS visit_failures,
        list(runs.position ORDER BY runs.place) AS visit_positions
    FROM runs
    JOIN worked USING (student_id, exercise)
    LEFT JOIN before_visit ON before_visit.student_id = runs.student_id
    WHERE runs.place > coalesce(before_visit.place, 0)
    GROUP BY runs.student_id
),

failed_checks AS (
    SELECT
        happened.student_id,
        happened.check_name,
        count(*) AS check_failures,
        min(happened.seen_at) AS check_from,
        max(happened.seen_at) AS check_to,
        list(happened.position ORDER BY happened.place) AS check_positions
    FROM happened
    JOIN worked USING (student_id, exercise)
    LEFT JOIN (
        SELECT student_id, exercise, check_name, max(place) AS place
        FROM happened
        WHERE passed
        GROUP BY ALL
    ) AS passes
        ON passes.student_id = happened.student_id
        AND passes.exercise = happened.exercise
        AND passes.check_name IS NOT DISTINCT FROM happened.check_name
    WHERE happened.type = 'check_result'
        AND NOT coalesce(happened.passed, true)
        AND happened.place > coalesce(passes.place, 0)
    GROUP BY happened.student_id, happened.check_name
    QUALIFY row_number() OVER (
        PARTITION BY happened.student_id
        ORDER BY check_failures DESC, max(happened.place) DESC
    ) = 1
),

-- Of an exercise: how many started and solved it, and how long that took.
of_exercise AS (
    SELECT
        exercise,
        count(began_at) AS started,
        count(solved_at) AS solved,
        list(
            {'student_id': student_id, 'minutes': epoch(solved_at - began_at) / 60}
        ) FILTER (solved_at IS NOT NULL AND began_at IS NOT NULL) AS took
    FROM solved
    GROUP BY exercise
),

how_many_solved AS (
    SELECT present.student_id, count(solved.solved_at) AS solved
    FROM present
    LEFT JOIN solved USING (student_id)
    GROUP BY present.student_id
),

class AS (
    SELECT
        count(*) AS students,
        count(*) FILTER (worked.run_at > $now::TIMESTAMPTZ - INTERVAL 5 MINUTE) AS at_work,
        median(how_many_solved.solved) AS median_solved
    FROM worked
    JOIN how_many_solved USING (student_id)
)

SELECT
    present.student_id,
    present.seen_at,
    present.left_at,
    coalesce(worked.runs, 0) AS runs,
    worked.run_at,
    worked.run_position,
    coalesce(present.has_failed, false) AS has_failed,
    worked.gap_minutes,
    worked.exercise,
    worked.notebook,
    coalesce(failed.failures, 0) AS failures,
    nullif(failed.failure_exercise, '') AS failure_exercise,
    failed.failures_from,
    failed.failures_to,
    coalesce(failed.failure_positions, []) AS failure_positions,
    nullif(commonest.error, '') AS error_name,
    commonest.error_message,
    coalesce(commonest.error_runs, 0) AS error_runs,
    commonest.error_from,
    commonest.error_to,
    coalesce(commonest.error_positions, []) AS error_positions,
    coalesce(had_by.students - 1, 0) AS error_others,
    class.students - if(worked.runs IS NULL, 0, 1) AS others,
    class.at_work - if(
        coalesce(worked.run_at > $now::TIMESTAMPTZ - INTERVAL 5 MINUTE, false), 1, 0
    ) AS others_at_work,
    failed_checks.check_name,
    coalesce(failed_checks.check_failures, 0) AS check_failures,
    failed_checks.check_from,
    failed_checks.check_to,
    coalesce(failed_checks.check_positions, []) AS check_positions,
    visits.visit_from,
    coalesce(visits.visit_runs, 0) AS visit_runs,
    coalesce(visits.visit_failures, 0) AS visit_failures,
    coalesce(visits.visit_positions, []) AS visit_positions,
    own.solved_at IS NOT NULL AS has_solved,
    coalesce(of_exercise.started - if(own.began_at IS NULL, 0, 1), 0) AS others_started,
    coalesce(of_exercise.solved - if(own.solved_at IS NULL, 0, 1), 0) AS others_solved,
    list_median(
        list_transform(
            list_filter(of_exercise.took, lambda each: each.student_id <> present.student_id),
            lambda each: each.minutes
        )
    ) AS others_minutes,
    how_many_solved.solved,
    class.median_solved,
    hands.help_at,
    if(hands.help_at IS NULL, NULL, present.asked_position) AS help_position,
    hands.help_message
FROM present
CROSS JOIN class
LEFT JOIN worked USING (student_id)
LEFT JOIN failed USING (student_id)
LEFT JOIN commonest USING (student_id)
LEFT JOIN had_by ON had_by.error = commonest.error AND had_by.pattern = commonest.pattern
LEFT JOIN failed_checks USING (student_id)
LEFT JOIN visits USING (student_id)
LEFT JOIN solved AS own ON own.student_id = present.student_id AND own.exercise = worked.exercise
LEFT JOIN of_exercise ON of_exercise.exercise = worked.exercise
JOIN how_many_solved ON how_many_solved.student_id = present.student_id
LEFT JOIN hands ON hands.student_id = present.student_id
ORDER BY natural_order(present.student_id), present.student_id
