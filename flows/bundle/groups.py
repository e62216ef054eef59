"""Suppresses what fewer than k students have in common.

Two ways. An event's type and its exercise say what a student did: where fewer than k students did
it, the events are left out. Other texts are made coarser until at least k students share them.
"""

from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

from flows.bundle.report import Change, Report
from flows.export.errors import ExportError
from flows.export.tables import TABLES

SUPPRESSED: Final = "[suppressed]"
#: Column → which events count as done by a student.
_DONE: Final = {"exercise": "type IN ('cell_run', 'check_result')", "type": "true"}
#: Column → what stands for a text that fewer than k students have.
_COARSER: Final = {
    "notebook": f"'{SUPPRESSED}'",
    "error_name": f"'{SUPPRESSED}'",
    "error_message": "error_pattern(text)",
    "check_name": f"'{SUPPRESSED}'",
    "hook_version": f"'{SUPPRESSED}'",
}
_MEMORY: Final = "1GB"


class Groups:
    """Events in a database on disk, of which the groups of fewer than k students are suppressed."""

    def __init__(self, events: Path, scratch: Path, k: int) -> None:
        """Read the events of `write()` from a Parquet file; what does not fit goes to `scratch`."""
        self._k = k
        self.connection = duckdb.connect(str(scratch / "bundle.duckdb"))
        self.connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self.connection.execute(f"SET memory_limit = '{_MEMORY}'")
        pattern = resources.files("flows.stores").joinpath("error_pattern.sql")
        self.connection.execute(pattern.read_text(encoding="utf-8"))
        name = str(events).replace("'", "''")
        self.connection.execute(f"CREATE VIEW all_events AS FROM read_parquet('{name}')")
        self.connection.execute(
            "CREATE VIEW seen AS SELECT *, event_number AS position_ns, "
            "least(occurred_at, received_at) AS seen_at FROM all_events"
        )
        self.connection.execute(
            "CREATE TABLE lost AS SELECT student_id, session_id, lost_events "  # noqa: S608 - our own
            f"FROM ({TABLES['sessions']})"
        )
        self.connection.execute("DROP VIEW seen")

    def suppress(self) -> Report:
        """Make the table `bundle_events`, and return what was suppressed.

        Raises:
            ExportError: Fewer than k students are in the course, or are left.
        """
        events_before, students_before = self._counts("all_events")
        if students_before < self._k:
            raise ExportError(_too_few(f"the course has fewer than {self._k} students", self._k))
        changes = self._leave_out()
        events, students = self._counts("kept")
        if students < self._k:
            few = f"fewer than {self._k} students are left in what {self._k} students have done"
            raise ExportError(_too_few(few, self._k))
        for column in _COARSER:
            changes += self._coarsen(column)
        shown = ", ".join(f"{column}_shown.shown AS {column}" for column in _COARSER)
        joins = " ".join(
            f"LEFT JOIN {column}_shown ON {column}_shown.text = kept.{column}"
            for column in _COARSER
        )
        self.connection.execute(
            "CREATE TABLE bundle_events AS SELECT kept.* REPLACE ("  # noqa: S608 - our own names
            f"row_number() OVER (ORDER BY event_number) AS event_number, {shown}) "
            f"FROM kept {joins}"
        )
        return Report(events_before, events, students_before, students, tuple(changes))

    def _leave_out(self) -> list[Change]:
        """Make the view `kept`: leaving out one group can make another one too small."""
        for column in _DONE:
            self.connection.execute(f"CREATE TABLE few_{column} (value VARCHAR)")
        self.connection.execute(
            "CREATE VIEW kept AS FROM all_events "
            + " ".join(
                f"ANTI JOIN few_{column} ON few_{column}.value = all_events.{column}"
                for column in _DONE
            )
        )
        while any(self._find_few(column, done) for column, done in _DONE.items()):
            pass
        taken: list[str] = []
        changes = []
        for column in _DONE:
            condition = f"{column} IN (FROM few_{column})"
            rest = "".join(f" AND ({earlier}) IS NOT TRUE" for earlier in taken)
            found = self._number(f"SELECT count(*) FROM all_events WHERE {condition}{rest}")  # noqa: S608
            values = self._number(f"SELECT count(*) FROM few_{column}")  # noqa: S608
            changes.append(Change(column, _LEFT_OUT.format(k=self._k), values, found))
            taken.append(condition)
        return changes

    def _find_few(self, column: str, done: str) -> int:
        return self._number(
            f"INSERT INTO few_{column} SELECT {column} FROM kept WHERE {column} IS NOT NULL "  # noqa: S608 - our own names
            f"GROUP BY ALL HAVING count(DISTINCT student_id) FILTER ({done}) < {self._k}"
        )

    def _coarsen(self, column: str) -> list[Change]:
        """Make the table `COLUMN_shown`: each text, and what is shown of it.

        First a coarser text, then `[suppressed]`, then null, each where fewer than k students have
        what came before.
        """
        statement = _SHOWN.format(column=column, coarser=_COARSER[column], k=self._k)
        self.connection.execute(statement)
        changes = []
        for what, condition in (
            ("shown as its pattern", f"shown <> text AND shown <> '{SUPPRESSED}'"),
            (f"shown as {SUPPRESSED}", f"shown <> text AND shown = '{SUPPRESSED}'"),
            ("shown as null", "shown IS NULL"),
        ):
            if what == "shown as its pattern" and column != "error_message":
                continue
            changed = f"FROM {column}_shown WHERE {condition}"
            values = self._number(f"SELECT count(*) {changed}")
            events = self._number(
                f"SELECT count(*) FROM kept WHERE {column} IN (SELECT text {changed})"  # noqa: S608 - our own
            )
            changes.append(Change(column, f"{what}: {_FEW.format(k=self._k)}", values, events))
        return changes

    def _counts(self, table: str) -> tuple[int, int]:
        counts = f"SELECT count(*), count(DISTINCT student_id) FROM {table}"  # noqa: S608 - our own
        [(events, students)] = self.connection.execute(counts).fetchall()
        return int(events), int(students)

    def _number(self, query: str) -> int:
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0


def _too_few(what: str, k: int) -> str:
    return f"{what}: a bundle needs at least --k {k}, or they could be told apart"


_FEW: Final = "fewer than {k} students have it"
_LEFT_OUT: Final = "events left out: fewer than {k} students have done it"
_SHOWN: Final = """
CREATE TABLE {column}_shown AS
WITH had AS (
    SELECT DISTINCT student_id, {column} AS text FROM kept WHERE {column} IS NOT NULL
),

coarse AS (
    SELECT
        student_id,
        text,
        if(count(*) OVER (PARTITION BY text) >= {k}, text, {coarser}) AS shown
    FROM had
),

coarser AS (
    SELECT
        coarse.student_id,
        coarse.text,
        if(sizes.students >= {k}, coarse.shown, '[suppressed]') AS shown
    FROM coarse
    JOIN (
        SELECT shown, count(DISTINCT student_id) AS students FROM coarse GROUP BY shown
    ) AS sizes USING (shown)
),

suppressed AS (
    SELECT count(DISTINCT student_id) AS students FROM coarser WHERE shown = '[suppressed]'
)

SELECT DISTINCT
    coarser.text,
    if(coarser.shown = '[suppressed]' AND suppressed.students < {k}, NULL, coarser.shown) AS shown
FROM coarser, suppressed
ORDER BY ALL
"""
