"""The lake's rollups. A row is a partial: what one batch of the log adds to the counts of a key.

To append a row needs no look at those that are there, which is most of what a small batch costs.
Whoever reads sums them up; maintenance puts one row in the place of all that a key has.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import duckdb


@dataclass(frozen=True)
class Rollup:
    """One table of them.

    Attributes:
        table: Its name within the lake.
        key: The columns that tell what a row counts.
    """

    table: str
    key: tuple[str, ...]

    def partials_of(self, events: str) -> str:
        """Return the query for the rows that events make, from a table of them."""
        return _query(self.table).replace("FROM batch", f"FROM {events}")

    def sums_of(self, partials: str = "") -> str:
        """Return the query for one row a key, with the table's own columns.

        Args:
            partials: The table, where it is not the lake's newest: `lake.… AT (VERSION => 7)`.
        """
        query = _query(self.table.replace("rollup_", "sum_"))
        return query.replace("FROM partials", f"FROM {partials or 'lake.' + self.table}")


STUDENT_EXERCISE: Final = Rollup("rollup_student_exercise", ("course_id", "student_id", "exercise"))
COURSE_MINUTE: Final = Rollup("rollup_course_minute", ("course_id", "minute"))
ROLLUPS: Final = (STUDENT_EXERCISE, COURSE_MINUTE)


def append_batch(lake: duckdb.DuckDBPyConnection) -> None:
    """Append the events of the table `batch`, and what they add to every rollup."""
    lake.execute(
        "INSERT INTO lake.events BY NAME SELECT * REPLACE (extra::JSON AS extra) FROM batch"
    )
    for rollup in ROLLUPS:
        lake.execute(f"INSERT INTO lake.{rollup.table} BY NAME {rollup.partials_of('batch')}")


def merge_partials(lake: duckdb.DuckDBPyConnection) -> None:
    """Leave one row of each key; to be called within a transaction."""
    for rollup in ROLLUPS:
        key, table = ", ".join(rollup.key), f"lake.{rollup.table}"
        # Most keys of a large lake have one row, of which nothing but the key is read.
        several = f"(SELECT {key} FROM {table} GROUP BY ALL HAVING count(*) > 1)"  # noqa: S608 - our own
        partials = f"(SELECT *, rowid FROM {table} SEMI JOIN {several} USING ({key}))"  # noqa: S608 - our own
        lake.execute(f"CREATE OR REPLACE TEMP TABLE merged AS {rollup.sums_of(partials)}")
        lake.execute(f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM merged)")  # noqa: S608 - our own
        lake.execute(f"INSERT INTO {table} BY NAME FROM merged")


@cache
def _query(name: str) -> str:
    return resources.files("flows.stores").joinpath(f"{name}.sql").read_text(encoding="utf-8")
