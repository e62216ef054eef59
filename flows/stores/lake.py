"""The lake's writer: events, rollups and the log position in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import resources
from typing import Any, Final

import duckdb
import psycopg
import pyarrow as pa

from flows.log.logged_event import LoggedEvent, position_ns
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.lake_locks import FILES_LOCK, sole_writer, try_lock
from flows.stores.rollups import append_batch, merge_partials
from flows.stores.store import (
    BATCH_EVENTS,
    Later,
    NotYetPassedError,
    PoisonEventError,
    StoreUnavailableError,
    require_no_hole,
)
from flows.stores.versions import LAKE_VERSION
from ingest_api.foreseen import ForeseenError

_FILES_KEPT_HOURS: Final = 1

#: How files are written: half as large as by default, for ids and hashes are most of them, and in
#: pieces of which a student's history needs one. A tenth of the size makes files a quarter larger.
_FILE_OPTIONS: Final = {"parquet_compression": "zstd", "parquet_row_group_size": "40960"}

#: The one column of a rollup that relies on the log's order.
_NOTEBOOK_OF_LATEST_RUN: Final = """
UPDATE lake.rollup_student_exercise SET notebook = (
    SELECT arg_max(notebook, position_ns) FROM lake.events
    WHERE course_id = $course_id AND student_id = $student_id
        AND coalesce(exercise, '') = $exercise AND type = 'cell_run' AND notebook IS NOT NULL
)
WHERE course_id = $course_id AND student_id = $student_id AND exercise = $exercise
"""

_ARROW_TYPES: Final = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "VARCHAR[]": pa.list_(pa.string()),
    "JSON": pa.string(),
}


def _statement(name: str) -> str:
    return resources.files("flows.stores").joinpath(name).read_text(encoding="utf-8")


class FewerEventsError(ForeseenError):
    """What the lake should be made from holds fewer events than the lake itself."""

    def __init__(self, found: int, needed: int) -> None:
        super().__init__(
            f"the full event log holds {found} of the lake's {needed} events of that time, so the "
            "lake was left as it is; to lose them, say --force"
        )


class LakeWriter:
    """Writes batches of events into the lake, each exactly once.

    The position is committed with the rows, so a batch that comes again finds itself applied.
    """

    name = "lake"
    batch_events = BATCH_EVENTS

    def __init__(self, postgres_url: str, lake_path: str) -> None:
        self._postgres_url = postgres_url
        self._lake_path = lake_path
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._event_schema: pa.Schema | None = None

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),  # noqa: ARG002 - the events themselves tell which are there
        *,
        after: str | None = None,
    ) -> None:
        """Append `events` and merge them into the rollups; see `Store.apply`."""
        with self._sole_writer(), self._transaction() as lake:
            remembered = self._read_position(lake)
            require_no_hole(remembered, after)
            applied = position_ns(remembered)
            fresh = [event for event in events if event.position_ns > applied]
            if fresh:
                self._insert(lake, fresh)
            if position_ns(position) > applied:
                lake.execute("UPDATE lake.log_position SET position = ?", [position])

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:  # noqa: ARG002
        """Append an event unless the lake has it, and merge it; see `Store.apply_late`."""
        with self._sole_writer(), self._transaction() as lake:
            if logged.position_ns > position_ns(self._read_position(lake)):
                raise NotYetPassedError("the lake")
            place = [logged.event.course_id, logged.position_ns]
            query = "SELECT 1 FROM lake.events WHERE course_id = ? AND position_ns = ?"
            if lake.execute(query, place).fetchone() is None:
                self._insert(lake, [logged])
                lake.execute(
                    _NOTEBOOK_OF_LATEST_RUN,
                    {
                        "course_id": logged.event.course_id,
                        "student_id": logged.event.student_id,
                        "exercise": logged.event.exercise or "",
                    },
                )

    def position(self) -> str:
        """Return the log position of the last event in the lake; see `Store.position`.

        A lake that is not there yet is made.
        """
        with self._sole_writer(), self._translated_errors():
            return self._read_position(self._lake())

    def remake(
        self,
        batches: Iterator[Sequence[LoggedEvent]],
        position: str,
        *,
        may_lose: bool = False,
    ) -> int:
        """Replace everything in the lake by `batches`, in one transaction, and count the events.

        Readers see the old lake until the new one is whole.

        Args:
            batches: All events up to `position`, in log order.
            position: From where the lake goes on with the log.
            may_lose: Whether the lake may come to hold fewer events up to `position` than now.

        Raises:
            FewerEventsError: It would hold fewer; the old lake is untouched.
            StoreUnavailableError: The old lake is untouched.
        """
        count = 0
        with self._sole_writer(), self._transaction() as lake:
            before = self._count_events(lake, position)
            for table in ("events", "rollup_student_exercise", "rollup_course_minute"):
                lake.execute(f"DELETE FROM lake.{table}")  # noqa: S608 - a fixed name
            for batch in batches:
                if batch:
                    self._insert(lake, batch)
                    count += len(batch)
            if count < before and not may_lose:
                raise FewerEventsError(count, before)
            lake.execute("UPDATE lake.log_position SET position = ?", [position])
        return count

    def maintain(self, keep_snapshots_days: int) -> None:
        """Merge partials and small files, flush inlined rows, let old snapshots and files go.

        No file is deleted while `files_kept` holds; the next run does that.

        Raises:
            StoreUnavailableError: Something was left undone; the next run does it.
        """
        with self._sole_writer() as catalog, self._translated_errors():
            with self._transaction() as lake:
                merge_partials(lake)
            lake.execute("CALL ducklake_flush_inlined_data('lake')")
            # Files of which most rows were replaced are written anew, so that merging shrinks them.
            lake.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0.1)")
            lake.execute("CALL ducklake_merge_adjacent_files('lake')")
            lake.execute(
                "CALL ducklake_expire_snapshots('lake', "
                f"older_than => now() - INTERVAL {int(keep_snapshots_days)} DAY)"
            )
            if try_lock(catalog, FILES_LOCK):
                # A reader's transaction may still use a file that was replaced meanwhile.
                lake.execute(
                    "CALL ducklake_cleanup_old_files('lake', "
                    f"older_than => now() - INTERVAL {_FILES_KEPT_HOURS} HOUR)"
                )

    def go_back(self, version: int) -> None:
        """Leave the lake as an older version reads it: with one row a key of each rollup.

        Raises:
            StoreUnavailableError: The lake is untouched.
        """
        with self._sole_writer(), self._transaction() as lake:
            merge_partials(lake)
            lake.execute("UPDATE lake.schema_version SET version = ?", [version])

    def close(self) -> None:
        """Let go of the connection; the next call opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _insert(self, lake: duckdb.DuckDBPyConnection, events: Sequence[LoggedEvent]) -> None:
        lake.register("batch", self._to_arrow(lake, events))
        try:
            append_batch(lake)
        finally:
            lake.unregister("batch")

    def _to_arrow(self, lake: duckdb.DuckDBPyConnection, events: Sequence[LoggedEvent]) -> pa.Table:
        if self._event_schema is None:
            columns = lake.execute(
                "SELECT column_name, data_type FROM duckdb_columns() "
                "WHERE database_name = 'lake' AND table_name = 'events' ORDER BY column_index"
            ).fetchall()
            self._event_schema = pa.schema(
                [pa.field(name, _ARROW_TYPES[kind]) for name, kind in columns]
            )
        rows = [_row(event) for event in events]
        columns = [
            pa.array([row[field.name] for row in rows], field.type) for field in self._event_schema
        ]
        return pa.Table.from_arrays(columns, schema=self._event_schema)

    def _lake(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            connection = attach_lake(self._postgres_url, self._lake_path, read_only=False)
            # With two, each commit of a few events took twice the processor time: what it asks the
            # catalog is handed from thread to thread.
            connection.execute("SET threads = 1")
            _create_tables(connection)
            _note_version(connection)
            _set_file_options(connection)
            self._connection = connection
        return self._connection

    @staticmethod
    def _count_events(lake: duckdb.DuckDBPyConnection, position: str) -> int:
        query = "SELECT count(*) FROM lake.events WHERE position_ns <= ?"
        row = lake.execute(query, [position_ns(position)]).fetchone()
        return int(row[0]) if row else 0

    @staticmethod
    def _read_position(lake: duckdb.DuckDBPyConnection) -> str:
        row = lake.execute("SELECT position FROM lake.log_position").fetchone()
        if row is None:
            raise StoreUnavailableError("the lake has no log position: run 'cellpulse rebuild'")
        return str(row[0])

    def _sole_writer(self) -> AbstractContextManager[psycopg.Connection]:
        return sole_writer(self._postgres_url)

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._translated_errors():
            lake = self._lake()
            lake.execute("BEGIN")
            try:
                yield lake
                lake.execute("COMMIT")
            except BaseException:
                # Whatever happened, the next batch starts on a connection that is known good.
                self.close()
                raise

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except (
            duckdb.ConversionException,
            duckdb.ConstraintException,
            duckdb.OutOfRangeException,
            pa.ArrowInvalid,
            OverflowError,
        ) as error:
            raise PoisonEventError(f"the lake refuses it: {error}") from error
        except duckdb.Error as error:
            self.close()
            plain = plain_error(error, self._postgres_url)
            raise StoreUnavailableError(f"the lake: {plain}") from plain


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    exists = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'log_position'"
    ).fetchone()
    if exists:
        return
    connection.execute("BEGIN")
    connection.execute(_statement("lake_schema.sql"))
    connection.execute("ALTER TABLE lake.events SET PARTITIONED BY (course_id)")
    connection.execute("ALTER TABLE lake.events SET SORTED BY (student_id ASC, position_ns ASC)")
    connection.execute("INSERT INTO lake.schema_version VALUES (?)", [LAKE_VERSION])
    connection.execute("INSERT INTO lake.log_position VALUES ('0-0')")
    connection.execute("COMMIT")


def _note_version(connection: duckdb.DuckDBPyConnection) -> None:
    """Say in a lake that an older version made of which version it is from now on."""
    connection.execute("CREATE TABLE IF NOT EXISTS lake.schema_version (version BIGINT NOT NULL)")
    noted = connection.execute("SELECT version FROM lake.schema_version").fetchall()
    if noted != [(LAKE_VERSION,)]:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM lake.schema_version")
        connection.execute("INSERT INTO lake.schema_version VALUES (?)", [LAKE_VERSION])
        connection.execute("COMMIT")


def _set_file_options(connection: duckdb.DuckDBPyConnection) -> None:
    """Set how files are written from now on, also in a lake that was made before that was so."""
    known = dict(connection.execute("SELECT option_name, value FROM lake.options()").fetchall())
    for name, value in _FILE_OPTIONS.items():
        if known.get(name) != value:
            connection.execute(f"CALL lake.set_option('{name}', '{value}')")


def _row(logged: LoggedEvent) -> dict[str, Any]:
    return logged.event.__dict__ | {
        "position": logged.position,
        "position_ns": logged.position_ns,
        "event_id": str(logged.event.event_id),
        "extra": logged.event.extra_json(),
    }
