"""A course as a ProgSnap2 1.0 data set: main table, metadata, code states and link tables."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from flows.export.dictionary import Entry, write_dictionary
from flows.export.readme import write_readme
from flows.export.source import CourseSource
from flows.progsnap2.columns import COLUMNS, EMPTY_FIELDS, FIELD_COLUMNS
from flows.progsnap2.rows import Row, rows_of, text_of
from flows.stores.meanings import meanings_of, unit_of

_EVENTS: Final = (
    "SELECT *, coalesce(sha256(nullif(code, '')), '') AS code_state "
    "FROM events ORDER BY position_ns"
)
_CODE_STATES: Final = (
    "SELECT DISTINCT sha256(code) AS CodeStateID, code AS Code FROM events "
    "WHERE code <> '' ORDER BY 1"
)
_METADATA: Final = {
    "Version": "1.0",
    "IsEventOrderingConsistent": "true",
    "EventOrderScope": "Global",
    "EventOrderScopeColumns": "",
    "CodeStateRepresentation": "Table",
    "ProgramInputLinkTable": "",
}
#: Link table → its rows. Where a problem was run in several notebooks it belongs to the last.
_LINK_TABLES: Final = {
    "Subject": (
        "SELECT student_id AS SubjectID, min(seen_at) AS 'X-FirstSeenAt', "
        "max(seen_at) AS 'X-LastSeenAt' FROM seen GROUP BY ALL ORDER BY 1"
    ),
    "Assignment": (
        "SELECT notebook AS AssignmentID, min(seen_at) AS 'X-FirstSeenAt' FROM seen "
        "WHERE notebook <> '' GROUP BY ALL ORDER BY 1"
    ),
    "Problem": (
        "SELECT exercise AS ProblemID, "
        "arg_max(notebook, position_ns) FILTER (notebook <> '') AS 'X-AssignmentID', "
        "min(seen_at) AS 'X-FirstSeenAt' FROM seen WHERE exercise <> '' "
        "GROUP BY exercise ORDER BY 1"
    ),
}


def export_progsnap2(source: CourseSource, folder: Path, made: Callable[[int], None]) -> None:
    """Write the data set; `MainTable.csv` is in log order, which is its `Order`."""
    write_csv(folder / "DatasetMetadata.csv", ("Property", "Value"), iter(_METADATA.items()))
    rows = _main_table(source, made)
    table = ((row.get(column, "") for column in COLUMNS) for row in rows)
    write_csv(folder / "MainTable.csv", COLUMNS, table)
    (folder / "CodeStates").mkdir()
    _write_query(source, folder / "CodeStates" / "CodeStates.csv", _CODE_STATES)
    (folder / "LinkTables").mkdir()
    for name, query in _LINK_TABLES.items():
        _write_query(source, folder / "LinkTables" / f"{name}.csv", query)
    write_dictionary(folder, _dictionary())
    write_readme(folder, source, "ProgSnap2 1.0", _NOTES)


def _main_table(source: CourseSource, made: Callable[[int], None]) -> Iterator[Row]:
    order = 0
    with source.reading(_EVENTS) as batches:
        for batch in batches:
            for event in batch.to_pylist():
                for row in rows_of(event, event["code_state"]):
                    order += 1
                    row["Order"] = str(order)
                    yield row
            made(batch.num_rows)


def _write_query(source: CourseSource, path: Path, query: str) -> None:
    with source.reading(query) as batches:
        rows = (map(text_of, row.values()) for batch in batches for row in batch.to_pylist())
        write_csv(path, batches.schema.names, rows)


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a table of a data set."""
    with path.open("w", encoding="utf-8", newline="") as file:
        # With these line ends Python quotes a text that holds any part of them.
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


def _dictionary() -> list[Entry]:
    fields = {column: field for field, column in FIELD_COLUMNS.items()}
    meanings = meanings_of("events")
    entries = []
    for column in COLUMNS:
        if column in fields:
            meaning = meanings[fields[column]]
            unit = unit_of(fields[column], "")
        else:
            meaning, unit = _MEANINGS.get(column, "As the specification of ProgSnap2 says."), ""
        entries.append(Entry("MainTable.csv", column, "text", unit, meaning))
    return entries


_MEANINGS: Final = {
    "Order": "Place of the row in the order of the log, from 1.",
    "CodeStateID": "SHA-256 of the code that was shared; empty where none was.",
    EMPTY_FIELDS: (
        "The event's fields that are there but empty, which CSV can't tell from fields that are "
        "not; with a semicolon between them."
    ),
}
_NOTES: Final = """\
Each event is a row with its own `EventID`; a cell run is a `Run.Program`, before which stands the
`Compile` that the kernel made of the cell. A cell that is no valid Python (`SyntaxError`,
`IndentationError`, `TabError`) has a `Compile.Error`; one that fails while it runs is a
`Run.Program` with the result `Error`, and `X-ErrorName` says which. A check is a `Run.Test`.
`AssignmentID` is the notebook, `ProblemID` the exercise. `X-HelpRequested`, `X-HelpResolved` and
`X-Heartbeat` are what a student asked, that it was answered, and that a session lived. Rows whose
`X-Type` is empty are made from the row of the run that follows them. A `SourceLocation` is not
known and always `Text:1`. Times have their zone in them, UTC.
"""
