"""The views that `connect()` offers: each table's rows under its plain name, with its meaning."""

from typing import Final

import duckdb

from flows.stores.meanings import TABLES, meanings_of
from flows.stores.rollups import ROLLUPS
from flows.stores.sql_text import literal

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
    "registered_notebooks": "master.registered_notebooks",
    "registered_exercises": "master.registered_exercises",
    "registered_checks": "master.registered_checks",
}
#: Of these the view has one row a key, where the table has one for each batch of the log.
_ROLLUPS: Final = {rollup.table: rollup for rollup in ROLLUPS}


def create_views(connection: duckdb.DuckDBPyConnection, snapshot: int | None = None) -> None:
    """Create every view in the connection's own schema.

    Args:
        connection: With the lake and the master data attached.
        snapshot: The lake's snapshot that the views show; None for the newest at each query.

    Raises:
        duckdb.Error: A table is not there, or its database does not answer.
    """
    for view in VIEWS:
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS FROM {rows_of(view, snapshot)}")


def rows_of(view: str, snapshot: int | None = None) -> str:
    """Return what a view selects from; of the master data there is now alone."""
    table = VIEWS[view]
    if snapshot is not None and table.startswith("lake."):
        table += f" AT (VERSION => {snapshot:d})"
    return f"({_ROLLUPS[view].sums_of(table)})" if view in _ROLLUPS else table


def describe_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the meanings to the views and their columns, as comments."""
    for view in VIEWS:
        connection.execute(f"COMMENT ON VIEW {view} IS {literal(TABLES[view])}")
        meanings = meanings_of(view)
        for column in connection.table(view).columns:
            if column in meanings:
                connection.execute(
                    f"COMMENT ON COLUMN {view}.{column} IS {literal(meanings[column])}"
                )
