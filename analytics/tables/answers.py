"""A course's tables as files, for researchers who have a token and no way to the databases."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member
from analytics.errors import LakeUnavailableError
from analytics.lake.snapshot import find_snapshot
from analytics.lake.views import VIEWS, rows_of
from analytics.past import LARGEST_POSITION_NS
from analytics.queries.query import load_query
from analytics.responses import AsOf, Table, Tables
from flows.log.logged_event import START, position_ns
from flows.stores.meanings import TABLES
from flows.stores.sql_text import literal
from ingest_api.problems import Problem

#: Most events of one file.
EVENTS_LIMIT: Final = 500_000


@dataclass(frozen=True)
class Slice:
    """Which rows of a table are wanted.

    Attributes:
        course_id: Of this course.
        snapshot: As of this snapshot of the lake; master data are those of now.
        after: Events after this position of the log; None for the first ones.
    """

    course_id: str
    snapshot: int
    after: str | None = None


def tables(lake: Lake, course_id: str, at: datetime | int | None) -> Tables:
    """Return which tables there are, with their rows of a course.

    Args:
        lake: As `open_lake()` returns it.
        course_id: The course.
        at: The lake's snapshot, by its number or a time; None for the newest.

    Raises:
        Problem: 404 for an unknown course, 422 for a snapshot that is not there.
    """
    require_member(lake, course_id)
    snapshot = _newest(lake) if at is None else _snapshot(lake, at)
    wanted = Slice(course_id, snapshot)
    counted = [
        Table(name=view, meaning=TABLES[view], rows=_count(lake, f"SELECT 1 {_rows(view, wanted)}"))
        for view in VIEWS
    ]
    return Tables(as_of=_as_of(lake, snapshot), course_id=course_id, tables=counted)


def write_table(lake: Lake, table: str, wanted: Slice, file: Path) -> None:
    """Write rows of a table into a Parquet file; of events the oldest `EVENTS_LIMIT`, in order.

    Raises:
        Problem: 404 for an unknown course or table, 422 for a snapshot that is not there.
    """
    require_member(lake, wanted.course_id)
    if table not in VIEWS:
        raise Problem(HTTPStatus.NOT_FOUND, f"there is no such table; there are {', '.join(VIEWS)}")
    _snapshot(lake, wanted.snapshot)
    order = f"ORDER BY position_ns LIMIT {EVENTS_LIMIT}" if table == "events" else ""
    lake.execute(
        f"COPY (SELECT * {_rows(table, wanted)} {order}) TO {literal(str(file))} (FORMAT parquet)"
    )


def _rows(view: str, wanted: Slice) -> str:
    condition = f"course_id = {literal(wanted.course_id)}"
    # Students are of the whole installation: since when one is in another course is that one's.
    if view == "students":
        enrolled = f"FROM {rows_of('enrollments')} WHERE {condition}"
        return f"FROM (SELECT student_id, enrolled_at AS first_seen_at {enrolled})"
    if view == "events" and wanted.after is not None:
        condition += f" AND position_ns > {min(position_ns(wanted.after), LARGEST_POSITION_NS)}"
    return f"FROM {rows_of(view, wanted.snapshot)} WHERE {condition}"


def _count(lake: Lake, query: str) -> int:
    row = lake.execute(f"SELECT count(*) FROM ({query})").fetchone()  # noqa: S608 - of _rows
    return int(row[0]) if row else 0


def _newest(lake: Lake) -> int:
    return int(load_query("as_of").row(lake)["snapshot"])


def _snapshot(lake: Lake, at: datetime | int) -> int:
    try:
        return find_snapshot(lake, at)
    except LakeUnavailableError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


def _as_of(lake: Lake, snapshot: int) -> AsOf:
    (position,) = lake.execute(
        f"SELECT position FROM lake.log_position AT (VERSION => {snapshot:d})"  # noqa: S608
    ).fetchone() or (START,)
    return AsOf(
        position=None if position == START else position, snapshot=snapshot, time=datetime.now(UTC)
    )
