"""The tables of a bundle as Parquet and CSV, made of its own events alone."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from flows.bundle.as_lake import create_lake, fill_lake
from flows.bundle.meanings import TABLES, meanings_in_bundle
from flows.export.dictionary import Entry, entries_of
from flows.export.source import BATCH_EVENTS
from flows.export.tables import TABLES as TABLES_OF_A_COURSE
from flows.export.tabular import WRITERS

#: Lost events are those of the source: what the bundle left out was not lost.
_SESSIONS: Final = f"""
    SELECT sessions.* REPLACE (lost.lost_events AS lost_events)
    FROM ({TABLES_OF_A_COURSE["sessions"]}) AS sessions
    JOIN lost USING (student_id, session_id)
    ORDER BY student_id, session_id
"""  # noqa: S608 - our own
_QUERIES: Final = TABLES_OF_A_COURSE | {
    "events": "FROM bundle_events ORDER BY event_number",
    "sessions": _SESSIONS,
}


def write_tables(connection: duckdb.DuckDBPyConnection, scratch: Path, folder: Path) -> list[Entry]:
    """Write each table as `TABLE.parquet` and `TABLE.csv`, and return the data dictionary.

    Args:
        connection: Has the tables `bundle_events` and `lost`.
        scratch: A folder for what does not fit into memory.
        folder: Where the files go.
    """
    create_lake(connection, str(scratch / "lake.duckdb"))
    fill_lake(connection, "bundle_events")
    connection.execute(
        "CREATE VIEW rollup_student_exercise AS FROM lake.rollup_student_exercise; "
        "CREATE VIEW seen AS SELECT *, least(occurred_at, received_at) AS seen_at FROM lake.events"
    )
    entries = []
    for table in TABLES:
        batches = connection.execute(_QUERIES[table]).to_arrow_reader(BATCH_EVENTS)
        entries += _write(table, batches, folder)
    return entries


def _write(table: str, batches: pa.RecordBatchReader, folder: Path) -> list[Entry]:
    schemas = {"parquet": batches.schema, "csv": _for_csv(batches.schema.empty_table()).schema}
    with ExitStack() as stack:
        writers = {
            ending: stack.enter_context(WRITERS[ending](folder / f"{table}.{ending}", schema))
            for ending, schema in schemas.items()
        }
        for batch in batches:
            writers["parquet"].write_batch(batch)
            writers["csv"].write_batch(_for_csv(batch))
    return [
        entry
        for ending, schema in schemas.items()
        for entry in entries_of(f"{table}.{ending}", schema, meanings_in_bundle(table))
    ]


def _for_csv(rows: Any) -> Any:
    """Return rows without lists, which CSV does not have: `truncated` becomes JSON text."""
    place = rows.schema.get_field_index("truncated")
    if place < 0:
        return rows
    texts = [names and json.dumps(names) for names in rows["truncated"].to_pylist()]
    return rows.set_column(place, "truncated", pa.array(texts, pa.string()))
