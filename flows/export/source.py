"""One course as an export reads it: read-only, as of one snapshot of the lake, in log order.

Every format takes a `CourseSource`, so that all of them tell of the same events in the same order
and name the same snapshot and position.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from flows.export.errors import ExportError, NoEventsError
from flows.export.part import WHOLE, Part
from flows.export.rollups import make_rollups
from flows.export.tables import EVENTS_IN_ORDER, TABLES
from flows.settings import LakeSettings
from flows.stores.known_names import meant
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.lake_locks import files_kept
from flows.stores.rollups import ROLLUPS
from flows.stores.sql_text import literal
from flows.stores.store import StoreUnavailableError

#: Events that are in memory at once; a batch of the largest ones takes some hundred megabytes.
BATCH_EVENTS: Final = 5_000
#: What DuckDB may use before it sorts on disk.
_MEMORY: Final = "1GB"
_COURSES_NAMED: Final = 5
#: Columns of the master data that hold names of people, where this version has them.
_NAMES_OF_PEOPLE: Final = (
    ("accounts", "account"),
    ("attention_snoozes", "snoozed_by"),
    ("attention_marks", "marked_by"),
    ("class_marks", "set_by"),
    ("class_marks", "removed_by"),
    ("enrollments", "display_name"),
    ("planned_exercises", "set_by"),
    ("student_notes", "written_by"),
)


@dataclass(frozen=True)
class Moment:
    """What an export is as of.

    Attributes:
        snapshot: The lake's snapshot: `FROM lake.events AT (VERSION => snapshot)`.
        committed_at: When it was committed, UTC.
        position: Log position of the newest event that it can hold.
    """

    snapshot: int
    committed_at: datetime
    position: str


class CourseSource:
    """Reads one course as of one moment."""

    def __init__(
        self,
        lake: duckdb.DuckDBPyConnection,
        course_id: str,
        moment: Moment,
        scratch: Path,
        part: Part = WHOLE,
    ) -> None:
        """Read from `lake`; what a format has to put aside on disk may go into `scratch`.

        The view `course` has all events of the course, `events` those of the part.
        """
        self._lake = lake
        self.course_id = course_id
        self.moment = moment
        self.scratch = scratch
        self.part = part
        at_snapshot = f"AT (VERSION => {moment.snapshot})"
        of_course = f"WHERE course_id = {literal(course_id)}"
        lake.execute(
            "CREATE VIEW course AS SELECT * REPLACE (extra::VARCHAR AS extra) "  # noqa: S608 - our own
            f"FROM lake.events {at_snapshot} {of_course}"
        )
        lake.execute(f"CREATE VIEW events AS FROM course WHERE {part.condition(course_id)}")
        if part == WHOLE:
            for rollup in ROLLUPS:
                sums = rollup.sums_of(f"lake.{rollup.table} {at_snapshot}")
                lake.execute(f"CREATE VIEW {rollup.table} AS FROM ({sums}) {of_course}")
        else:
            make_rollups(lake)
        lake.execute(
            "CREATE VIEW seen AS SELECT *, least(occurred_at, received_at) AS seen_at FROM events"
        )
        self.event_count = int(self.rows("SELECT count(*) FROM events")[0][0])

    def events(self) -> Iterator[pa.RecordBatch]:
        """Yield all events in log order, as in `lake.events` but with `extra` as JSON text."""
        with self.reading(EVENTS_IN_ORDER) as events:
            yield from events

    def table(self, name: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one of `TABLES`, in the order of its key."""
        with self.reading(TABLES[name]) as rows:
            yield from rows

    def people(self) -> list[str]:
        """Return how the installation's people are called: students' ids, and what it knows else.

        The ids are as of the snapshot, the names of the master data are those of now.
        """
        at_snapshot = f"AT (VERSION => {self.moment.snapshot})"
        queries = [f"SELECT student_id FROM lake.rollup_student_exercise {at_snapshot}"]  # noqa: S608 - a number
        known = self.rows(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'master'"
        )
        for table, column in _NAMES_OF_PEOPLE:
            if (table, column) in known:
                queries.append(f"SELECT {column} FROM master.{table} WHERE {column} <> ''")  # noqa: S608 - our own
        return [name for (name,) in self.rows(" UNION ".join(queries) + " ORDER BY 1")]

    @contextmanager
    def reading(self, query: str) -> Iterator[pa.RecordBatchReader]:
        """Read a query over the course in batches; it has the views `events` and rollups.

        A cursor of its own reads, so that several queries can go on side by side.
        """
        cursor = self._lake.cursor()
        try:
            yield cursor.execute(query).to_arrow_reader(BATCH_EVENTS)
        finally:
            cursor.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query over the course."""
        return self._lake.execute(query).fetchall()


@contextmanager
def open_course(
    settings: LakeSettings,
    course_id: str,
    scratch: Path,
    snapshot: int | None = None,
    part: Part = WHOLE,
) -> Iterator[CourseSource]:
    """Open a course as of a snapshot; no file of the lake is deleted meanwhile.

    Args:
        settings: Where the lake is.
        course_id: The course.
        scratch: A folder for what does not fit into memory.
        snapshot: The lake's snapshot; by default the newest.
        part: Which of the course's events; by default all.

    Raises:
        ExportError: There is no such snapshot, no such course in it, or nothing in this part.
        StoreUnavailableError: The lake or its PostgreSQL does not answer.
        UnknownDataVersionError: The lake is of a newer version.
    """
    try:
        with (
            files_kept(settings.postgres_url),
            attach_lake(settings.postgres_url, settings.lake_path, read_only=True) as lake,
        ):
            # For cursors too: they don't take over what is set for this connection alone.
            lake.execute("SET GLOBAL TimeZone = 'UTC'")
            lake.execute(f"SET temp_directory = {literal(str(scratch))}")
            lake.execute(f"SET memory_limit = '{_MEMORY}'")
            source = CourseSource(lake, course_id, _moment(lake, snapshot), scratch, part)
            if not source.event_count:
                raise _nothing_there(lake, source)
            yield source
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        if "does not exist" in str(plain):
            raise ExportError(
                "there is no lake in this database yet: start Cellpulse ('cellpulse up'), which "
                "makes it, or correct CELLPULSE_POSTGRES_URL"
            ) from plain
        raise StoreUnavailableError(f"the lake: {plain}") from plain


def _moment(lake: duckdb.DuckDBPyConnection, snapshot: int | None) -> Moment:
    rows = lake.execute(
        "SELECT snapshot_id, snapshot_time FROM ducklake_snapshots('lake') "
        "WHERE $1 IS NULL OR snapshot_id = $1 ORDER BY snapshot_id DESC LIMIT 1",
        [snapshot],
    ).fetchone()
    if rows is None:
        raise ExportError(
            f"the lake has no snapshot {snapshot}: it was never made, or is older than "
            "CELLPULSE_SNAPSHOT_DAYS; leave out --snapshot for the newest"
        )
    number, committed_at = int(rows[0]), rows[1]
    try:
        position = lake.execute(
            f"SELECT position FROM lake.log_position AT (VERSION => {number})"  # noqa: S608 - a number
        ).fetchone()
    except duckdb.CatalogException as error:
        raise ExportError(f"snapshot {number} is older than the lake's tables") from error
    return Moment(number, committed_at, str(position[0]) if position else "0-0")


def _nothing_there(lake: duckdb.DuckDBPyConnection, source: CourseSource) -> ExportError:
    if source.rows("SELECT 1 FROM course LIMIT 1"):
        return ExportError(
            f"course {source.course_id!r} has no events of {source.part.in_words()}: name another "
            "section (a roster's sections are those of now), or a longer time"
        )
    rows = lake.execute(
        "SELECT DISTINCT course_id FROM lake.rollup_course_minute "  # noqa: S608 - a number
        f"AT (VERSION => {source.moment.snapshot}) ORDER BY course_id"
    ).fetchall()
    names = [str(name) for (name,) in rows]
    known = ", ".join(map(repr, names[:_COURSES_NAMED])) + " …" * (len(names) > _COURSES_NAMED)
    return NoEventsError(
        f"course {source.course_id!r} has no events in snapshot {source.moment.snapshot}"
        + (meant(source.course_id, names) or f"; courses that have: {known or 'none'}")
    )
