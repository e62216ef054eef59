-- What is known of a course now, beside relations.sql: what the stores keep. course_past.sql has the
-- same of a place in the log, under the same names, so last_ns is null here; a query that is about
-- both is planned for one of them only, which took half of its time.
CREATE SCHEMA IF NOT EXISTS course_now;

-- Who is in the course.
CREATE OR REPLACE MACRO course_now.course_students(course, last_ns, now) AS TABLE
SELECT * FROM enrollments WHERE course_id = course;

-- Where each student is.
CREATE OR REPLACE MACRO course_now.course_states(course, last_ns) AS TABLE
SELECT
    student_id, last_seen_at, last_run_at, notebook, exercise, last_status, runs, errors,
    error_streak
FROM student_states
WHERE course_id = course;

-- When anybody, of a section where one is asked for, ran a cell last.
CREATE OR REPLACE MACRO course_now.course_latest_run(course, last_ns, only_section) AS TABLE
SELECT max(last_run_at) AS last_run_at
FROM student_states
WHERE course_id = course AND is_in_section(course, student_id, only_section);

-- How many events of each student's sessions never came.
CREATE OR REPLACE MACRO course_now.course_losses(course, last_ns) AS TABLE
SELECT student_id, sum(lost_events)::BIGINT AS lost_events
FROM sessions
WHERE course_id = course
GROUP BY student_id;

-- The counts of a student and exercise; '' is outside exercises.
CREATE OR REPLACE MACRO course_now.course_work(course, last_ns) AS TABLE
SELECT
    student_id, exercise, notebook, runs, errors, checks_passed, checks_failed, last_run_at,
    first_ok_at
FROM rollup_student_exercise
WHERE course_id = course;
