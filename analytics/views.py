"""The views that `connect()` offers: each table's rows under its plain name, with its meaning."""

from typing import Final

import duckdb

from flows.stores.meanings import TABLES, meanings_of

#: View → the table that it shows.
VIEWS: Final = {
    "events": "lake.events",
    "rollup_student_exercise": "lake.rollup_student_exercise",
    "rollup_course_minute": "lake.rollup_course_minute",
    "courses": "master.courses",
    "students": "master.students",
    "enrollments": "master.enrollments",
    "sessions": "master.sessions",
    "student_states": "master.student_states",
    "notebooks": "master.notebooks",
    "exercises": "master.exercises",
}


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every view in the connection's own schema, with comments.

    Raises:
        duckdb.Error: A table is not there, or its database does not answer.
    """
    for view, table in VIEWS.items():
        connection.execute(f"CREATE VIEW {view} AS FROM {table}")
        connection.execute(f"COMMENT ON VIEW {view} IS {_literal(TABLES[view])}")
        meanings = meanings_of(view)
        for column in connection.table(view).columns:
            if column in meanings:
                connection.execute(
                    f"COMMENT ON COLUMN {view}.{column} IS {_literal(meanings[column])}"
                )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
