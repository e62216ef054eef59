"""The tables of a course, as queries over a `CourseSource`; `seen` is its events with `seen_at`.

Master data is what the events of the snapshot make it, with what was registered beside it, so
that an export of one snapshot stays the same while the class goes on.
"""

from typing import Final

EVENTS_IN_ORDER: Final = "SELECT * FROM events ORDER BY position_ns"
#: Table → the query of its rows, in the order of its key.
TABLES: Final = {
    "events": EVENTS_IN_ORDER,
    "rollup_student_exercise": """
        SELECT * FROM rollup_student_exercise ORDER BY student_id, exercise
    """,
    "rollup_course_minute": "SELECT * FROM rollup_course_minute ORDER BY minute",
    "courses": """
        SELECT course_id, any_value(title) AS title, min(seen_at) AS first_seen_at
        FROM seen LEFT JOIN (SELECT course_id, title FROM master.courses) USING (course_id)
        GROUP BY course_id
    """,
    "students": """
        SELECT student_id, min(seen_at) AS first_seen_at, max(seen_at) AS last_seen_at
        FROM seen GROUP BY student_id ORDER BY student_id
    """,
    "notebooks": """
        SELECT course_id, notebook, min(seen_at) AS first_seen_at
        FROM seen WHERE notebook <> '' GROUP BY ALL ORDER BY notebook
    """,
    "exercises": """
        SELECT
            course_id,
            exercise,
            arg_max(notebook, position_ns) FILTER (notebook <> '') AS notebook,
            min(seen_at) AS first_seen_at
        FROM seen WHERE exercise <> '' GROUP BY course_id, exercise ORDER BY exercise
    """,
    # A jump of more than a million is no gap: see `flows.stores.folds`.
    "sessions": """
        WITH rising AS (
            SELECT
                course_id,
                student_id,
                session_id,
                notebook,
                type,
                seq,
                seen_at,
                position_ns,
                seq - coalesce(max(seq) OVER (
                    PARTITION BY student_id, session_id
                    ORDER BY position_ns
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ), 0) AS step
            FROM seen
            WHERE session_id IS NOT NULL
        )

        SELECT
            course_id,
            student_id,
            session_id,
            arg_max(notebook, position_ns) FILTER (notebook <> '') AS notebook,
            min(seen_at) AS started_at,
            max(seen_at) AS last_seen_at,
            arg_max(seen_at, position_ns) FILTER (type = 'session_ended') AS ended_at,
            max(seq) AS highest_seq,
            greatest(
                0,
                coalesce(sum(step - 1) FILTER (step > 1 AND step <= 1000000), 0)
                - count(DISTINCT seq) FILTER (step <= 0 AND seq > 0)
            )::BIGINT AS lost_events
        FROM rising
        GROUP BY course_id, student_id, session_id
        ORDER BY student_id, session_id
    """,
}
