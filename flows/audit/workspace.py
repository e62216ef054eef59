"""Where an audit works: a DuckDB file of its own beside the read-only lake, bounded in memory."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from flows.audit.event_columns import EventColumns
from flows.settings import LakeSettings
from flows.stores.lake_attach import attach_lake
from flows.stores.store import StoreUnavailableError

#: DuckDB spills what does not fit into the audit's temporary folder.
_MEMORY_LIMIT: Final = "1GB"
#: An event on its way into the workspace: position, running number, JSON text.
Row = tuple[int, int | None, str]
_PAGE_SCHEMA: Final = pa.schema(
    [("position_ns", pa.int64()), ("running_number", pa.int64()), ("event", pa.string())]
)


class Workspace:
    """The connection that every reader fills and every check queries.

    Attributes:
        connection: DuckDB with the lake as `lake` and the audit's own tables in front.
        columns: How events become rows that can be compared.
        course: The only course that is audited, or None for all.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, columns: EventColumns, course: str | None
    ) -> None:
        self.connection = connection
        self.columns = columns
        self.course = course

    def run_script(self, name: str) -> None:
        """Run one of the package's SQL files that make tables, views and macros."""
        script = resources.files("flows.audit").joinpath(name).read_text(encoding="utf-8")
        self.connection.execute(script)

    @contextmanager
    def page(self, rows: Sequence[Row]) -> Iterator[None]:
        """Have events in front as the relation `page`: position, running number and JSON text."""
        columns = [[row[place] for row in rows] for place in range(len(_PAGE_SCHEMA))]
        self.connection.register("page", pa.table(columns, schema=_PAGE_SCHEMA))
        try:
            yield
        finally:
            self.connection.unregister("page")

    def add_page(self, table: str, where: str = "true") -> None:
        """Add the events of `page` to a table that was made with `columns.table`.

        Args:
            table: Its name.
            where: Which of them; other courses than the audited one are left out anyway.
        """
        self.connection.execute(
            f"INSERT INTO {table} BY NAME {self.columns.from_json('page')} "
            f"WHERE ($course IS NULL OR course_id = $course) AND {where}",
            {"course": self.course},
        )

    def add_rows(self, table: str, schema: pa.Schema, rows: Iterable[dict[str, object]]) -> None:
        """Make a table from rows that fit into memory."""
        self.connection.register("page", pa.Table.from_pylist(list(rows), schema))
        self.connection.execute(f"CREATE TABLE {table} AS SELECT * FROM page")  # noqa: S608 - ours
        self.connection.unregister("page")

    def compare_contents(self) -> None:
        """Make `compared`: what a store holds beside what was accepted at the same position."""
        self.connection.execute(
            "CREATE VIEW compared AS SELECT held.store, accepted.position_ns, accepted.course_id, "  # noqa: S608 - our names
            "accepted.student_id, accepted.session_id, accepted.seq, accepted.source, "
            f"{self.columns.differing('held', 'accepted')} AS fields "
            "FROM held JOIN accepted USING (position_ns)"
        )

    def number(self, query: str) -> int:
        """Return the one number that a query gives, 0 when it is null."""
        row = self.connection.execute(query).fetchone()
        return int(row[0] or 0) if row else 0


@contextmanager
def open_workspace(settings: LakeSettings, course: str | None) -> Iterator[Workspace]:
    """Open a workspace and remove it afterwards.

    Raises:
        StoreUnavailableError: The lake does not answer, or there is none yet.
    """
    with tempfile.TemporaryDirectory(prefix="cellpulse-audit-") as folder:
        try:
            connection = attach_lake(settings.postgres_url, settings.lake_path, read_only=True)
        except duckdb.Error as error:
            raise StoreUnavailableError(f"the lake can't be read: {error}") from error
        with connection:
            file = str(Path(folder) / "audit.duckdb").replace("'", "''")
            connection.execute(f"SET memory_limit = '{_MEMORY_LIMIT}'")
            connection.execute(f"SET temp_directory = '{file}.spill'")
            connection.execute("SET preserve_insertion_order = false")
            columns = EventColumns.of_lake(connection)
            connection.execute(f"ATTACH '{file}' AS audit")
            connection.execute("USE audit")
            connection.execute(columns.table("influxdb_event"))
            connection.execute("CREATE TABLE late_point (position_ns BIGINT)")
            yield Workspace(connection, columns, course)
