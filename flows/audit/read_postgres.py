"""Reads PostgreSQL's state, all of it as of one moment, into an audit's workspace."""

from typing import Final

import psycopg
import pyarrow as pa
from psycopg.rows import dict_row

from flows.audit.workspace import Workspace
from flows.log.logged_event import START
from flows.stores.postgres import PostgresWriter
from flows.stores.store import StoreUnavailableError

_TEXT, _COUNT, _TIME = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
#: The columns of each table that follow from the events.
_TABLES: Final = {
    "courses": {"course_id": _TEXT},
    "students": {"student_id": _TEXT},
    "enrollments": {"course_id": _TEXT, "student_id": _TEXT},
    "notebooks": {"course_id": _TEXT, "notebook": _TEXT},
    "exercises": {"course_id": _TEXT, "exercise": _TEXT, "notebook": _TEXT},
    "sessions": {
        "course_id": _TEXT,
        "student_id": _TEXT,
        "session_id": _TEXT,
        "notebook": _TEXT,
        "started_at": _TIME,
        "last_seen_at": _TIME,
        "ended_at": _TIME,
        "highest_seq": _COUNT,
        "gaps": _TEXT,
        "lost_events": _COUNT,
        "erased_seq": _COUNT,
    },
    "student_states": {
        "course_id": _TEXT,
        "student_id": _TEXT,
        "last_seen_at": _TIME,
        "last_run_at": _TIME,
        "notebook": _TEXT,
        "exercise": _TEXT,
        "last_status": _TEXT,
        "runs": _COUNT,
        "errors": _COUNT,
        "error_streak": _COUNT,
    },
}


def read_postgres(workspace: Workspace, postgres_url: str) -> str:
    """Read every table in one snapshot into `postgres_…`; return the snapshot's log position.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or has no tables yet.
    """
    try:
        with psycopg.connect(postgres_url, row_factory=dict_row) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            row = connection.execute(
                "SELECT position FROM store_position WHERE store = %s", [PostgresWriter.name]
            ).fetchone()
            for table, columns in _TABLES.items():
                _copy(workspace, connection, table, columns)
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL can't be read: {error}") from error
    return str(row["position"]) if row else START


def _copy(
    workspace: Workspace,
    connection: psycopg.Connection[dict[str, object]],
    table: str,
    columns: dict[str, pa.DataType],
) -> None:
    names = ", ".join(f"{name}::text" if name == "gaps" else name for name in columns)
    only = "course_id = %(course)s" if "course_id" in columns else "true"
    query = f"SELECT {names} FROM {table} WHERE %(course)s::text IS NULL OR {only}"  # noqa: S608 - our names
    rows = connection.execute(query.encode(), {"course": workspace.course})
    workspace.add_rows(f"postgres_{table}", pa.schema(list(columns.items())), rows)
