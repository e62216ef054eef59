"""The data dictionary of an export: each column of each file, as CSV and as Markdown."""

import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

import pyarrow as pa

from flows.stores.meanings import unit_of

_SQL_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
    pa.list_(pa.field("l", pa.string())): "VARCHAR[]",
}


@dataclass(frozen=True)
class Entry:
    """One column of one file.

    Attributes:
        type: As SQL names it.
        unit: '' where it has none.
    """

    file: str
    column: str
    type: str
    unit: str
    meaning: str


def entries_of(file: str, schema: pa.Schema, meanings: dict[str, str]) -> list[Entry]:
    """Return an entry for each column of a table that stands in a file."""
    entries = []
    for field in schema:
        kind = _SQL_TYPES[field.type]
        meaning = meanings.get(field.name, "")
        entries.append(Entry(file, field.name, kind, unit_of(field.name, kind), meaning))
    return entries


def write_dictionary(folder: Path, entries: list[Entry]) -> None:
    """Write `data_dictionary.csv` and `data_dictionary.md`."""
    header = [field.name for field in fields(Entry)]
    with (folder / "data_dictionary.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(map(astuple, entries))
    rows = [header, ["---"] * len(header), *map(astuple, entries)]
    text = "".join("| " + " | ".join(_cell(part) for part in row) + " |\n" for row in rows)
    (folder / "data_dictionary.md").write_text("# Data dictionary\n\n" + text, encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
