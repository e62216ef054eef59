"""Snapshots of the lake: which one a pinned connection reads, and how it is named."""

from datetime import UTC, datetime

import duckdb

from analytics.errors import LakeUnavailableError
from analytics.responses import AsOf
from flows.stores.sql_text import literal


def find_snapshot(connection: duckdb.DuckDBPyConnection, as_of: datetime | int) -> int:
    """Return the number of the snapshot `as_of`: its number, or the latest made by that time.

    A time without a zone is read as UTC.

    Raises:
        LakeUnavailableError: The lake has no such snapshot, or no longer.
    """
    if isinstance(as_of, datetime):
        moment = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        query = "SELECT max(snapshot_id) FROM lake.snapshots() WHERE snapshot_time <= $moment"
        found = connection.execute(query, {"moment": moment}).fetchone()
    else:
        query = "SELECT max(snapshot_id) FROM lake.snapshots() WHERE snapshot_id = $number"
        found = connection.execute(query, {"number": as_of}).fetchone()
    # Where the tables were not made yet there is nothing to read either.
    if found is None or found[0] is None or not _has_tables(connection, found[0]):
        raise LakeUnavailableError(_there_is_none(connection, as_of))
    return int(found[0])


def name_snapshot(connection: duckdb.DuckDBPyConnection, snapshot: int | None) -> None:
    """Create the view `read_from`: which snapshot this connection reads; None is the newest."""
    number = "(SELECT id FROM lake.current_snapshot())" if snapshot is None else f"{snapshot:d}"
    version = "" if snapshot is None else f" AT (VERSION => {snapshot:d})"
    _name(
        connection,
        "SELECT snapshot_id AS snapshot, snapshot_time AS committed_at, "  # noqa: S608 - a number
        f"(SELECT position FROM lake.log_position{version}) AS position "
        f"FROM lake.snapshots() WHERE snapshot_id = {number}",
    )


def name_copy(connection: duckdb.DuckDBPyConnection, read: AsOf) -> None:
    """Create the view `read_from` of a connection that has a copy."""
    position = "NULL" if read.position is None else literal(read.position)
    _name(
        connection,
        f"SELECT {read.snapshot:d}::BIGINT AS snapshot, "
        f"{literal(read.time.isoformat())}::TIMESTAMPTZ AS committed_at, "
        f"{position}::VARCHAR AS position",
    )


def _name(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    connection.execute(f"CREATE OR REPLACE VIEW read_from AS {query}")
    connection.execute(
        "COMMENT ON VIEW read_from IS 'The snapshot that this connection reads, when it was "
        "committed (of a copy: when it was made), and the log position up to which it holds every "
        "event.'"
    )


def _has_tables(connection: duckdb.DuckDBPyConnection, snapshot: int) -> bool:
    try:
        connection.execute(f"SELECT 1 FROM lake.log_position AT (VERSION => {snapshot:d})")  # noqa: S608
    except duckdb.CatalogException:
        return False
    return True


def _there_is_none(connection: duckdb.DuckDBPyConnection, as_of: datetime | int) -> str:
    oldest = connection.execute(
        "SELECT snapshot_id, snapshot_time FROM lake.snapshots() "
        "WHERE snapshot_id > 0 ORDER BY snapshot_id LIMIT 1"
    ).fetchone()
    kept = "there is none yet" if oldest is None else f"the oldest is {oldest[0]}, of {oldest[1]}"
    wanted = f"of {as_of}" if isinstance(as_of, datetime) else f"number {as_of}"
    return (
        f"the lake has no snapshot {wanted} ({kept}): give a later one; how long they are kept is "
        "set by CELLPULSE_SNAPSHOT_DAYS where Cellpulse runs"
    )
