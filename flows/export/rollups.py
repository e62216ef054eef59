"""The rollups of a part of a course: made of its events, as the lake's are."""

import duckdb

from flows.stores.rollups import ROLLUPS


def make_rollups(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the rollups from the view `events`.

    They become plain tables, as a cursor does not see a connection's temporary ones.
    """
    for rollup in ROLLUPS:
        connection.execute(f"CREATE TABLE {rollup.table} AS {rollup.partials_of('events')}")
