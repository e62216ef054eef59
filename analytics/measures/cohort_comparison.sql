-- name: cohort_comparison
-- title: Comparison with another class
-- meaning: Whether this class solves more of the same exercises than another one, such as the run of
--   the course a year ago, or one section of it more than another.
-- formula: By exercise, the share of those who attempted it that solved it (see progress) here less
--   there, with Newcombe's hybrid score interval (his method 10). By course, of each student the
--   share solved of the exercises attempted that both classes have; the mean here less the mean
--   there, with the normal interval of the difference of two means. By student and student_exercise
--   the own share less the other class's.
-- unit: difference of shares, -1 to 1
-- parameters:
--   against = course(): The course to compare with; only exercises of the same name are compared.
--     None means this course, where a section of it is named in against_section.
--   against_section = section(): The section of that course to compare with; none means all of it.
--     Within this course it is compared with the section asked for, else with all others.
--   min_students = 5: With fewer students on either side it is null.
-- columns:
--   value: Share here less share there; above 0 this class solved more. Null without another course
--     or section, and by run.
--   lower: Lower end of the 95 % interval; by course and exercise.
--   upper: Upper end of the 95 % interval; an interval that holds 0 tells no difference.
--   rate: The share here.
--   against_rate: The share there.
--   students: Students here who attempted it.
--   against_students: Students there who attempted it.
-- source: Newcombe 1998, Interval estimation for the difference between independent proportions:
--   comparison of eleven methods (Statistics in Medicine 17(8), 873-890),
--   doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
-- adapted: Students, not their runs, are what is counted, as the runs of one student are alike.
-- limits: A difference does not say why; the classes may differ in whom they hold, in help and in
--   time. An exercise that was changed under the same name is compared all the same. While the class
--   runs it is behind one that is over. A span of time is of this course only. Of many exercises
--   compared one in twenty shows a difference by chance. Who is in a section is what the roster says
--   now. Students of a section help each other, so that the interval is too narrow by what they have
--   in common.

WITH here AS (
    SELECT student_id, exercise, (solved_at IS NOT NULL)::INT AS solved
    FROM student_exercises($course_id, $start, $until, $as_of, $section)
    WHERE attempted
        -- Nobody is compared with himself.
        AND NOT (
            $against IN ('', $course_id)
            AND is_in_section($course_id, student_id, $against_section)
        )
),

there AS (
    SELECT student_id, exercise, (solved_at IS NOT NULL)::INT AS solved
    FROM student_exercises(
        if($against IN ('', $course_id), $course_id, $against),
        if($against IN ('', $course_id), $start, NULL),
        if($against IN ('', $course_id), $until, NULL),
        $as_of,
        nullif($against_section, '')
    )
    -- Without another course or section there is nothing to compare with.
    WHERE attempted AND $against || $against_section <> ''
),

rates_here AS (
    SELECT exercise, avg(solved) AS rate, count(*) AS students FROM here GROUP BY exercise
),

rates_there AS (
    SELECT exercise, avg(solved) AS rate, count(*) AS students FROM there GROUP BY exercise
),

exercises_of_both AS (
    SELECT
        exercise,
        rates_here.rate,
        rates_there.rate AS against_rate,
        rates_here.students,
        rates_there.students AS against_students,
        least(rates_here.students, rates_there.students) >= greatest(1, $min_students) AS is_enough
    FROM rates_here JOIN rates_there USING (exercise)
),

students_here AS (
    SELECT student_id, avg(solved) AS share
    FROM here SEMI JOIN exercises_of_both USING (exercise)
    GROUP BY student_id
),

students_there AS (
    SELECT student_id, avg(solved) AS share
    FROM there SEMI JOIN exercises_of_both USING (exercise)
    GROUP BY student_id
),

classes AS (
    SELECT
        *,
        least(students, against_students) >= greatest(2, $min_students) AS is_enough,
        1.959963984540054 * sqrt(variance / students + against_variance / against_students) AS width
    FROM (
        SELECT avg(share) AS rate, count(*) AS students, var_samp(share) AS variance
        FROM students_here
    )
    CROSS JOIN (
        SELECT
            avg(share) AS against_rate,
            count(*) AS against_students,
            var_samp(share) AS against_variance
        FROM students_there
    )
),

compared AS (
    SELECT
        NULL::VARCHAR AS student_id,
        NULL::VARCHAR AS exercise,
        rate,
        against_rate,
        students,
        against_students,
        is_enough,
        greatest(-1, rate - against_rate - width) AS lower,
        least(1, rate - against_rate + width) AS upper
    FROM classes
    WHERE $by = 'course'

    UNION ALL

    SELECT
        NULL,
        exercise,
        rate,
        against_rate,
        students,
        against_students,
        is_enough,
        rate - against_rate - sqrt(
            pow(rate - wilson_lower(rate, students), 2)
            + pow(wilson_upper(against_rate, against_students) - against_rate, 2)
        ),
        rate - against_rate + sqrt(
            pow(wilson_upper(rate, students) - rate, 2)
            + pow(against_rate - wilson_lower(against_rate, against_students), 2)
        )
    FROM exercises_of_both
    WHERE $by = 'exercise'

    UNION ALL

    SELECT
        student_id, NULL, share, against_rate, 1, against_students,
        against_students >= greatest(1, $min_students), NULL, NULL
    FROM students_here CROSS JOIN classes
    WHERE $by = 'student'

    UNION ALL

    SELECT
        student_id, exercise, solved, against_rate, 1, against_students,
        against_students >= greatest(1, $min_students), NULL, NULL
    FROM here JOIN exercises_of_both USING (exercise)
    WHERE $by = 'student_exercise'
)

SELECT
    student_id,
    exercise,
    NULL::VARCHAR AS position,
    if(is_enough, rate - against_rate, NULL) AS value,
    if(is_enough, lower, NULL) AS lower,
    if(is_enough, upper, NULL) AS upper,
    rate,
    against_rate,
    students,
    against_students
FROM compared

UNION ALL

SELECT student_id, exercise, position, NULL, NULL, NULL, solves::INT::DOUBLE, NULL, 1, NULL
FROM exercise_steps($course_id, $start, $until, $as_of, $section)
WHERE $by = 'run' AND (attempts OR solves)
