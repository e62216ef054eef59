"""Parquet and CSV hold what the lake holds."""

import csv
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv

from flows.export.tables import TABLES
from flows.export.tabular import export_csv, export_parquet
from flows.progsnap2.export import export_progsnap2


def test_parquet_reads_back_equal(
    lake: Any, every_field: list[dict[str, Any]], opened: Any, exported: Any
) -> None:
    """Each table's file has the lake's rows, types and order."""
    lake.append(*every_field)
    folder = exported(export_parquet)
    with opened() as source, duckdb.connect() as reader:
        reader.execute("SET TimeZone = 'UTC'")
        for table, query in TABLES.items():
            read = reader.execute(f"FROM '{folder}/{table}.parquet'").fetchall()
            assert read == source.rows(query), table
            assert read, table


def typed_csv(folder: Path, table: str) -> list[tuple[Any, ...]]:
    """Read a CSV with nothing but the data dictionary."""
    with (folder / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        types = {
            row["column"]: row["type"]
            for row in csv.DictReader(file)
            if row["file"] == f"{table}.csv"
        }
    with duckdb.connect() as reader:
        reader.execute("SET TimeZone = 'UTC'")
        return reader.execute(
            f"FROM read_csv('{folder}/{table}.csv', header = true, columns = {types}, "
            "nullstr = '', allow_quoted_nulls = false, auto_detect = false, new_line = '\\n', "
            "quote = '\"', escape = '\"', delim = ',')"
        ).fetchall()


def test_csv_reads_back_equal_with_the_dictionary(
    lake: Any, every_field: list[dict[str, Any]], opened: Any, exported: Any
) -> None:
    """Types, nulls, empty texts, line breaks and Unicode come back, with the dictionary's help."""
    lake.append(*every_field)
    folder = exported(export_csv)
    events = TABLES["events"].replace("*", "* REPLACE (to_json(truncated)::VARCHAR AS truncated)")
    with opened() as source:
        for table, query in (TABLES | {"events": events}).items():
            assert typed_csv(folder, table) == source.rows(query), table


def test_csv_reads_back_with_arrow(
    lake: Any, every_field: list[dict[str, Any]], opened: Any, exported: Any
) -> None:
    """Another reader tells null from an empty text too."""
    lake.append(*every_field)
    folder = exported(export_csv)
    options = arrow_csv.ConvertOptions(
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        column_types={"error_message": pa.string(), "exercise": pa.string()},
    )
    read = arrow_csv.read_csv(
        folder / "events.csv",
        convert_options=options,
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
    )
    with opened() as source:
        rows = source.rows("SELECT error_message, exercise FROM events ORDER BY position_ns")
    found = zip(read["error_message"].to_pylist(), read["exercise"].to_pylist(), strict=True)
    assert list(found) == rows
    assert {exercise for _, exercise in rows} == {None, "", "1.1"}


@pytest.mark.parametrize("write", [export_parquet, export_csv])
def test_every_column_has_a_meaning(
    lake: Any, every_field: list[dict[str, Any]], exported: Any, write: Any
) -> None:
    """The dictionary names each column of each file with its meaning, and the README counts."""
    lake.append(*every_field)
    folder = exported(write)
    with (folder / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        entries = list(csv.DictReader(file))
    files = {path.name for path in folder.iterdir() if path.stem in TABLES}
    assert {entry["file"] for entry in entries} == files
    assert [entry for entry in entries if not entry["meaning"]] == []
    assert (folder / "data_dictionary.md").read_text().count("\n| ") == len(entries) + 2
    assert f"| events | {len(every_field)} |" in (folder / "README.md").read_text()


@pytest.mark.parametrize("write", [export_parquet, export_csv, export_progsnap2])
def test_two_exports_of_a_snapshot_are_the_same_bytes(
    lake: Any, every_field: list[dict[str, Any]], opened: Any, exported: Any, write: Any
) -> None:
    """What is added to the course afterwards changes nothing in an export of an older snapshot."""
    lake.append(*every_field)
    with opened() as source:
        snapshot = source.moment.snapshot
    first = exported(write, snapshot)
    lake.append({"status": "ok", "exercise": "1.1", "session_id": "k1", "seq": 9})
    lake.writer.maintain(keep_snapshots_days=1)
    second = exported(write, snapshot)
    for path in (path for path in first.rglob("*") if path.is_file()):
        same = second / path.relative_to(first)
        assert path.read_bytes() == same.read_bytes(), path.name
    third = exported(write)
    assert (third / "README.md").read_bytes() != (first / "README.md").read_bytes()
