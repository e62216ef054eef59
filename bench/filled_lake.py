"""A lake that holds a given number of events, made directly, and the same events elsewhere."""

from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb
import psycopg

from analytics.connection import open_lake, prepare
from analytics.settings import LakeSettings
from analytics.views import VIEWS
from bench.events import EXERCISES, STUDENTS
from bench.stored import stored_events
from flows.migrate import prepare_databases
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import PostgresWriter, engine_for

#: Each makes one event of each number n, the same in both: a course of `STUDENTS` students, who
#: take turns and go through all of `EXERCISES` exercises.
_IN_DUCKDB: Final = "fill_lake.sql"
_IN_POSTGRES: Final = "fill_postgres.sql"


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
            connection.execute(_statements(_IN_POSTGRES, events).encode())


def fill(settings: LakeSettings, events: int) -> FilledLake:
    """Make a lake of `events` events, and the master data that belongs to them."""
    prepare_databases(settings)
    with closing(attach_lake(settings.postgres_url, settings.lake_path, read_only=False)) as lake:
        lake.execute(_statements(_IN_DUCKDB, events))
        lake.execute("BEGIN")
        lake.execute(
            resources.files("flows.stores").joinpath("lake_rollups.sql").read_text("utf-8")
        )
        lake.execute("UPDATE lake.log_position SET position = (SELECT max(position) FROM batch)")
        lake.execute("COMMIT")
    writer = LakeWriter(settings.postgres_url, settings.lake_path)
    writer.maintain(30)
    writer.close()
    engine = engine_for(settings.postgres_url)
    latest = stored_events(STUDENTS)
    PostgresWriter(engine).apply(latest, latest[-1].position)
    engine.dispose()
    return FilledLake(settings)


def _statements(name: str, events: int) -> str:
    text = resources.files("bench").joinpath(name).read_text(encoding="utf-8")
    return text.format(events=events, students=STUDENTS, exercises=EXERCISES)
