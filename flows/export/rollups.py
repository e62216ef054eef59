"""The rollups of a part of a course: made of its events, by the lake's own statements."""

from importlib import resources
from typing import Final

import duckdb

_PARTIALS: Final = {
    "new_student_exercise": "rollup_student_exercise",
    "new_course_minute": "rollup_course_minute",
}


def make_rollups(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the rollups from the view `events`.

    The partials that one batch of the log adds to the lake are its rollups where that batch is all
    there is. They become plain tables, as a cursor does not see a connection's temporary ones.
    """
    connection.execute("CREATE VIEW batch AS FROM events")
    sql = resources.files("flows.stores").joinpath("lake_rollups.sql").read_text("utf-8")
    statements = [statement.query for statement in connection.extract_statements(sql)]
    for partial, rollup in _PARTIALS.items():
        [made] = [each for each in statements if f"CREATE OR REPLACE TEMP TABLE {partial}" in each]
        connection.execute(made)
        connection.execute(f"CREATE TABLE {rollup} AS FROM {partial}")
    connection.execute("DROP VIEW batch")
