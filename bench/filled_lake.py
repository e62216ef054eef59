"""A lake that holds a given number of events, made directly, and the same events elsewhere."""

from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb
import psycopg

from analytics.lake.connection import open_lake, prepare
from analytics.lake.views import VIEWS
from analytics.settings import LakeSettings
from bench.events import COURSE, EXERCISES, STUDENTS
from bench.stored import stored_events
from flows.log.logged_event import LoggedEvent
from flows.migrations.migrate import prepare_databases
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.rollups import ROLLUPS, append_batch

#: Each makes one event of each number n, the same in both: a course of `STUDENTS` students, who
#: take turns and go through all of `EXERCISES` exercises.
_IN_DUCKDB: Final = "fill_lake.sql"
_IN_POSTGRES: Final = "fill_postgres.sql"
#: The course that was added last again, as another one and later in the log.
_AGAIN: Final = """
INSERT INTO lake.events BY NAME
SELECT * REPLACE (
    '{course}' AS course_id,
    (position_ns // 1000000 + {later_ms}) || '-0' AS position,
    position_ns + {later_ms}::BIGINT * 1000000 AS position_ns,
    extra::JSON AS extra
) FROM batch;
UPDATE lake.log_position
SET position = (SELECT (max(position_ns) // 1000000 + {later_ms}) || '-0' FROM batch);
"""
_SIZES: Final = {"students": STUDENTS, "exercises": EXERCISES}


@dataclass(frozen=True)
class FilledLake:
    """Where the events are.

    Attributes:
        settings: Of the lake, with its master data.
    """

    settings: LakeSettings

    def copy_to(self, folder: Path) -> duckdb.DuckDBPyConnection:
        """Copy the lake and the master data into plain DuckDB files, and open those alone.

        The connection takes the same SQL.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with closing(open_lake(self.settings)) as source:
            for part in ("lake", "master"):
                source.execute(f"ATTACH '{folder / part}.duckdb' AS plain_{part}")
            for table in (*VIEWS.values(), "lake.log_position", "master.store_position"):
                source.execute(f"CREATE TABLE plain_{table} AS FROM {table}")
        plain = duckdb.connect()
        for part in ("lake", "master"):
            plain.execute(f"ATTACH '{folder / part}.duckdb' AS {part} (READ_ONLY)")
        prepare(plain)
        return plain

    def copy_to_postgres(self, events: int) -> None:
        """Make the same events as a table of PostgreSQL, with the indexes it would get."""
        with psycopg.connect(self.settings.postgres_url, autocommit=True) as connection:
            connection.execute(_text(_IN_POSTGRES).format(events=events, **_SIZES).encode())


def fill(settings: LakeSettings, events: int) -> FilledLake:
    """Make a lake of `events` events, and the master data that belongs to them."""
    prepare_databases(settings)
    with closing(attach_lake(settings.postgres_url, settings.lake_path, read_only=False)) as lake:
        add_course(lake, events)
    writer = LakeWriter(settings.postgres_url, settings.lake_path)
    writer.maintain(30)
    writer.close()
    add_states(settings, stored_events(STUDENTS))
    return FilledLake(settings)


def add_course(lake: duckdb.DuckDBPyConnection, events: int, course_id: str = COURSE) -> None:
    """Add the events of one course."""
    lake.execute(_text(_IN_DUCKDB).format(events=events, course=course_id, **_SIZES))
    lake.execute("BEGIN")
    append_batch(lake)
    lake.execute("UPDATE lake.log_position SET position = (SELECT max(position) FROM batch)")
    lake.execute("COMMIT")


def add_course_again(lake: duckdb.DuckDBPyConnection, course_id: str, later_ms: int) -> None:
    """Add the events that were added last once more: to make them anew takes longer than to write.

    Args:
        lake: The connection with which these were added.
        course_id: The course that has them now; their ids stay.
        later_ms: How much later in the log they are, in milliseconds.
    """
    lake.execute("BEGIN")
    lake.execute(_AGAIN.format(course=course_id, later_ms=later_ms))
    for rollup in ROLLUPS:
        lake.execute(
            f"INSERT INTO lake.{rollup.table} BY NAME "  # noqa: S608 - our own
            f"SELECT * REPLACE ('{course_id}' AS course_id) FROM ({rollup.partials_of('batch')})"
        )
    lake.execute("COMMIT")


def add_states(settings: LakeSettings, latest: list[LoggedEvent]) -> None:
    """Let PostgreSQL know the courses and the students of some events."""
    engine = engine_for(settings.postgres_url)
    writer = PostgresWriter(engine)
    for first in range(0, len(latest), writer.batch_events):
        batch = latest[first : first + writer.batch_events]
        writer.apply(batch, batch[-1].position)
    engine.dispose()


def _text(name: str) -> str:
    return resources.files("bench").joinpath(name).read_text(encoding="utf-8")
