"""Reads the lake, all of it as of one moment, into an audit's workspace."""

from contextlib import suppress
from typing import Final

import duckdb

from flows.audit.workspace import Workspace
from flows.log.logged_event import POSITION
from flows.stores.store import StoreUnavailableError

#: Maintenance may remove a file that is being read; the next snapshot does without it.
_ATTEMPTS: Final = 4
_ROLLUPS: Final = ("rollup_student_exercise", "rollup_course_minute")
_POSITION_NS: Final = (
    "split_part(position, '-', 1)::BIGINT * 1000000 + split_part(position, '-', 2)::BIGINT"
)


def read_lake(workspace: Workspace) -> list[str]:
    """Read events and rollups in one snapshot into `lake_…`.

    Returns:
        The rows of the snapshot's `log_position`: one, in a lake that is well.

    Raises:
        StoreUnavailableError: The lake can't be read.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _read(workspace)
        except duckdb.Error as error:
            with suppress(duckdb.Error):  # there is nothing to roll back where it did not begin
                workspace.connection.execute("ROLLBACK")
            if attempt == _ATTEMPTS - 1 or not isinstance(error, duckdb.IOException):
                raise StoreUnavailableError(f"the lake can't be read: {error}") from error
    raise AssertionError


def _read(workspace: Workspace) -> list[str]:
    connection = workspace.connection
    course = {"course": workspace.course}
    connection.execute("BEGIN")
    positions = connection.execute("SELECT position FROM lake.log_position").fetchall()
    connection.execute(workspace.columns.table("lake_event"))
    # An event whose position is none keeps its place in the order.
    place = (
        f"CASE WHEN regexp_full_match(position, '{POSITION.pattern}') "
        f"THEN coalesce(TRY({_POSITION_NS}), position_ns) ELSE position_ns END"
    )
    connection.execute(
        f"INSERT INTO lake_event BY NAME {workspace.columns.from_lake(place)}",
        course,
    )
    for table in _ROLLUPS:
        connection.execute(
            f"CREATE TABLE lake_{table} AS SELECT *, rowid AS place FROM lake.{table} "  # noqa: S608 - our names
            "WHERE $course IS NULL OR course_id = $course",
            course,
        )
    connection.execute("COMMIT")
    return [str(position) for (position,) in positions]
