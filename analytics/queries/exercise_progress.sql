-- name: exercise_progress
-- meaning: How far the class is with each exercise: who has started it, who has solved it, and how
--   often a run of it fails.
-- formula: started = students with a cell run of the exercise or a result of a check of it;
--   passed = students with a passed check, or, where nobody ever reported a check for the
--   exercise, students with a run without error; error_rate = errors / runs.
-- unit: persons, cell runs; error_rate from 0 to 1
-- parameters:
--   course_id: The course.
--   section: Only students of this section; null for all. Exercises that only others have started
--     are listed too, and what is the evidence behind passed is so for the whole course.
--   student_id: Only this student, as if nobody else were there; null for all.
--   as_of: Only what the log held up to this position, as position_ns; null for what it holds now.
-- columns:
--   exercise: The exercise's name. Registered ones come first, in their order, started or not;
--     then the others, in the order of the notebooks' file names, without folders, then of names,
--     where 1.2 is before 1.10. Where several files have it, that of most students counts.
--   title: Its title as it was registered; null where it was not.
--   notebook: Notebook of the registration, else the file name in which most students have it, of a
--     student_id the own one; null for none, and where one of several students alone has it: it may
--     have the student's name.
--   started: Students who ran a cell of it or got a result of its check, whether or not they still
--     run cells; never fewer than passed.
--   passed: Students who solved it.
--   passed_by: Evidence behind passed: 'check', or the weaker 'run'.
--   runs: Cell runs.
--   failed: Students of whom a run of it ended in an error.
--   errors: Cell runs that ended in an error; an interrupted run is not one.
--   error_rate: errors / runs; null without runs.
-- reads: course_work, master.enrollments, master.registered_exercises
-- limits: Runs outside exercises are not listed. A run without error is weak evidence of a
--   solution. An exercise that was registered once and is no more comes with the others.

WITH work AS (
    SELECT
        *,
        student_id = coalesce($student_id::VARCHAR, student_id)
        AND (
            $section::VARCHAR IS NULL OR student_id IN (
                SELECT student_id FROM master.enrollments
                WHERE course_id = $course_id AND section = $section
            )
        ) AS is_asked
    FROM course_work($course_id, $as_of::BIGINT)
    WHERE exercise <> ''
),

exercises AS (
    SELECT
        exercise,
        histogram(parse_filename(notebook)) AS files,
        any_value(parse_filename(notebook)) FILTER (is_asked) AS file_of_asked,
        count(*) AS students,
        count(*) FILTER (is_asked AND runs + checks_passed + checks_failed > 0) AS started,
        sum(checks_passed + checks_failed) > 0 AS checked,
        count(*) FILTER (is_asked AND checks_passed > 0) AS passed_a_check,
        count(first_ok_at) FILTER (is_asked) AS ran_without_error,
        count(*) FILTER (is_asked AND errors > 0) AS failed,
        (sum(runs) FILTER (is_asked))::BIGINT AS runs,
        (sum(errors) FILTER (is_asked))::BIGINT AS errors
    FROM work
    GROUP BY exercise
),

-- The notebook's file name; of several that are equally frequent the first one: the order must not
-- jump. A sorted mode() of all rows takes as long as the rest of the query.
named AS (
    SELECT
        *,
        map_keys(files)[list_position(map_values(files), list_max(map_values(files)))] AS file_name
    FROM exercises
),

registered AS (
    SELECT exercise, title, notebook, if(retired_at IS NULL, place, NULL) AS place
    FROM master.registered_exercises
    WHERE course_id = $course_id
)

SELECT
    exercise,
    registered.title,
    coalesce(
        registered.notebook,
        CASE
            WHEN $student_id IS NOT NULL OR students = 1 THEN file_of_asked
            WHEN list_max(map_values(files)) > 1 THEN file_name
        END
    ) AS notebook,
    coalesce(started, 0) AS started,
    coalesce(if(checked, passed_a_check, ran_without_error), 0) AS passed,
    if(checked, 'check', 'run') AS passed_by,
    coalesce(runs, 0) AS runs,
    coalesce(failed, 0) AS failed,
    coalesce(errors, 0) AS errors,
    errors / nullif(runs, 0) AS error_rate
FROM named
FULL JOIN registered USING (exercise)
WHERE started IS NOT NULL OR place IS NOT NULL
ORDER BY
    place NULLS LAST, natural_order(file_name) NULLS LAST, natural_order(exercise), exercise
