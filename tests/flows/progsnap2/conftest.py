"""Data sets written by the tests, and what they become."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.progsnap2.data_set import DataSet, Reading
from flows.progsnap2.stage import Staged, stage_events

Event = dict[str, Any]


@contextmanager
def _no_bar(_: str, __: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


class DataSets:
    """A folder for a data set, and what an import makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.staged: Staged | None = None

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the data set."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def main_table(self, *rows: dict[str, Any]) -> None:
        """Write a main table with the columns that the rows have."""
        columns = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write("MainTable.csv", text.getvalue())

    def events(self, encoding: str = "utf-8", **reading: Any) -> list[Event]:
        """Return the events that the data set becomes, in the order of the log."""
        scratch = self.folder.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        with duckdb.connect() as lake:
            lake.execute("SET GLOBAL TimeZone = 'UTC'")
            lake.execute("ATTACH ':memory:' AS lake")
            lake.execute("CREATE TABLE lake.events (event_id VARCHAR, course_id VARCHAR)")
            data_set = DataSet.open(self.folder, Reading(encoding, **reading))
            self.staged = stage_events(data_set, "study", lake, scratch, _no_bar)
            events = lake.execute(
                "SELECT event FROM read_parquet(?) ORDER BY seen_at, ord, row, part",
                [str(self.staged.events)],
            ).fetchall()
        return [json.loads(event) for (event,) in events]

    def of(self, *rows: dict[str, Any]) -> list[Event]:
        """Return the events of a main table with these rows, a minute from each to the next."""
        self.main_table(
            *(
                {
                    "EventID": f"e{place}",
                    "SubjectID": "s1",
                    "ProblemID": "p1",
                    "ServerTimestamp": f"2019-02-18T09:{place:02}:00",
                }
                | row
                for place, row in enumerate(rows)
            )
        )
        return self.events()


@pytest.fixture
def data_sets(tmp_path: Path) -> DataSets:
    """Return an empty folder for a data set."""
    folder = tmp_path / "data"
    folder.mkdir()
    return DataSets(folder)
