-- name: master_data
-- meaning: A course, student, enrollment, notebook or exercise of which an event tells is not in
--   PostgreSQL, or an exercise is under another notebook than the last one named with it.
-- source: folded, postgres_courses, postgres_students, postgres_enrollments, postgres_notebooks,
--   postgres_exercises
-- limits: More master data than events tell of is none of the audit's business: it was registered.

WITH exercises AS (
    SELECT
        course_id,
        exercise,
        arg_max(notebook, position_ns) FILTER (notebook <> '') AS notebook
    FROM folded
    WHERE exercise <> ''
    GROUP BY 1, 2
),

missing AS (
    SELECT DISTINCT course_id, NULL AS student_id, 'courses' AS name
    FROM folded
    ANTI JOIN postgres_courses USING (course_id)
    UNION ALL
    SELECT min(course_id), student_id, 'students'
    FROM folded
    ANTI JOIN postgres_students USING (student_id)
    GROUP BY student_id
    UNION ALL
    SELECT DISTINCT course_id, student_id, 'enrollments'
    FROM folded
    ANTI JOIN postgres_enrollments USING (course_id, student_id)
    UNION ALL
    SELECT DISTINCT course_id, NULL, 'notebooks, ' || notebook
    FROM folded
    ANTI JOIN postgres_notebooks USING (course_id, notebook)
    WHERE notebook <> ''
    UNION ALL
    SELECT course_id, NULL, 'exercises, ' || exercise
    FROM exercises
    ANTI JOIN postgres_exercises USING (course_id, exercise)
)

SELECT
    'lost' AS kind,
    'postgres' AS store,
    course_id,
    student_id,
    NULL AS session_id,
    NULL AS first_ns,
    NULL AS last_ns,
    NULL AS first_seq,
    NULL AS last_seq,
    0 AS events,
    name || ': expected a row; found none' AS message
FROM missing
UNION ALL
SELECT
    'wrong_state',
    'postgres',
    course_id,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    0,
    'exercises, ' || exercise || ': ' || wrong('notebook', found.notebook, exercises.notebook)
FROM exercises
JOIN postgres_exercises AS found USING (course_id, exercise)
WHERE exercises.notebook IS NOT NULL AND found.notebook IS DISTINCT FROM exercises.notebook
