"""Parquet and CSV: every table of a course in a file of its own, with a data dictionary."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from flows.export.dictionary import entries_of, write_dictionary
from flows.export.readme import write_readme
from flows.export.source import CourseSource
from flows.export.tables import TABLES
from flows.stores.meanings import meanings_of

#: A file's ending → what writes one of a schema.
WRITERS: Final[dict[str, Callable[[Path, pa.Schema], Any]]] = {
    "parquet": partial(parquet.ParquetWriter, compression="zstd"),
    "csv": arrow_csv.CSVWriter,
}
#: CSV has no lists, so `truncated` is JSON text there.
_CSV_TABLES: Final = TABLES | {
    "events": "SELECT * REPLACE (to_json(truncated)::VARCHAR AS truncated) FROM events "
    "ORDER BY position_ns"
}


def export_parquet(source: CourseSource, folder: Path, made: Callable[[int], None]) -> None:
    """Write `TABLE.parquet` for each table, Zstandard-compressed."""
    _export(source, folder, made, TABLES, "parquet")
    write_readme(folder, source, "Parquet", _READ_PARQUET)


def export_csv(source: CourseSource, folder: Path, made: Callable[[int], None]) -> None:
    """Write `TABLE.csv` for each table: UTF-8, texts in quotes, null as nothing between commas."""
    _export(source, folder, made, _CSV_TABLES, "csv")
    write_readme(folder, source, "CSV", _READ_CSV)


def _export(
    source: CourseSource,
    folder: Path,
    made: Callable[[int], None],
    tables: dict[str, str],
    ending: str,
) -> None:
    entries = []
    for table, query in tables.items():
        file = f"{table}.{ending}"
        with source.reading(query) as batches:
            entries += entries_of(file, batches.schema, meanings_of(table))
            with WRITERS[ending](folder / file, batches.schema) as output:
                for batch in batches:
                    output.write_batch(batch)
                    if table == "events":
                        made(batch.num_rows)
    write_dictionary(folder, entries)


_READ_PARQUET: Final = """\
`extra` in `events.parquet` is JSON text.
"""
_READ_CSV: Final = """\
UTF-8, lines end with a line feed, times are UTC. A text always stands in double quotes, which are
doubled within it; it may hold line breaks. Nothing between two commas is null, `""` is a text
without characters. `extra` and `truncated` in `events.csv` are JSON texts. The types are in
`data_dictionary.csv`. With DuckDB:

```sql
FROM read_csv('events.csv', header = true, all_varchar = true, nullstr = '',
    allow_quoted_nulls = false, new_line = '\\n', quote = '"', escape = '"', delim = ',');
```
"""
