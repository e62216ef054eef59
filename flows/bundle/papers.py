"""What stands beside a bundle's data: README, citation, licence, data package, checksums."""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from flows.bundle.meanings import KEYS, TABLES
from flows.bundle.options import BundleOptions
from flows.bundle.report import HEADER, Report, lines_of
from flows.export.dictionary import Entry
from flows.export.source import CourseSource

#: Files that the researcher still writes in, so that they have no checksum.
_TO_FILL_IN: Final = ("CITATION.cff", "LICENSE.md")
_CHECKSUMS: Final = "checksums.sha256"
_TYPES: Final = {
    "BIGINT": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "TIMESTAMPTZ": {"type": "datetime", "format": "%Y-%m-%d %H:%M:%S.%fZ"},
}


@dataclass(frozen=True)
class Source:
    """What a bundle may say of where it comes from: nothing that is not a pseudonym or moved.

    Attributes:
        course: The course's pseudonym.
        snapshot: Number of the lake's snapshot.
        committed_at: The snapshot's time, moved as all times.
        position: The log position, its milliseconds moved as all times.
    """

    course: str
    snapshot: int
    committed_at: str
    position: str


def source_as_told(source: CourseSource, options: BundleOptions) -> Source:
    """Return what a bundle says of its source."""
    moment = source.moment
    moved = timedelta(weeks=options.study.weeks(source.course_id))
    milliseconds, _, sequence = moment.position.partition("-")
    return Source(
        options.study.pseudonym("course", source.course_id),
        moment.snapshot,
        (moment.committed_at - moved).isoformat(),
        f"{int(milliseconds) - int(moved.total_seconds() * 1000)}-{sequence}",
    )


def write_readme(folder: Path, source: Source, options: BundleOptions, report: Report) -> None:
    """Write `README.md`: what the bundle is, what was done to it, and how it is read and cited."""
    flags = {"code and output": options.with_code, "help messages": options.with_help}
    table = [HEADER, ["---"] * len(HEADER), *lines_of(report)]
    text = _README.format(
        **vars(source),
        study=options.study.name.replace("|", "\\|"),
        k=options.k,
        events=report.events,
        students=report.students,
        version=version("cellpulse"),
        texts=", ".join(name for name, wanted in flags.items() if wanted) or "none",
        names=len(options.names),
        report="".join("| " + " | ".join(row) + " |\n" for row in table),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def write_citation(folder: Path, source: Source, options: BundleOptions, report: Report) -> None:
    """Write `CITATION.cff` and `LICENSE.md`, with what the researcher decides left open."""
    abstract = (
        f"Pseudonymised events of {report.students} students in a programming class with Jupyter "
        f"notebooks: {report.events} cell runs, checks and requests for help."
    )
    citation = _CITATION.format(
        study=json.dumps(f"Events of a programming class: {options.study.name}"),
        version=json.dumps(f"snapshot {source.snapshot}"),
        abstract=json.dumps(abstract),
    )
    (folder / "CITATION.cff").write_text(citation, encoding="utf-8")
    (folder / "LICENSE.md").write_text(_LICENCE, encoding="utf-8")


def write_data_package(folder: Path, source: Source, entries: list[Entry]) -> None:
    """Write `datapackage.json`: each file with its columns, size and checksum."""
    package = {
        "profile": "data-package",
        "name": f"cellpulse-{source.course}",
        "description": "Pseudonymised events of a programming class; README.md says more.",
        "version": f"snapshot {source.snapshot}",
        "resources": [
            _resource(folder, table, ending, entries)
            for table in TABLES
            for ending in ("csv", "parquet")
        ],
    }
    text = json.dumps(package, ensure_ascii=False, indent=2) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")


def _resource(folder: Path, table: str, ending: str, entries: list[Entry]) -> dict[str, Any]:
    path = folder / f"{table}.{ending}"
    resource = {
        "name": table if ending == "csv" else f"{table}_{ending}",
        "path": path.name,
        "description": TABLES[table],
        "format": ending,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_sha256(path)}",
    }
    if ending != "csv":
        return resource | {
            "profile": "data-resource",
            "mediatype": "application/vnd.apache.parquet",
        }
    return resource | {
        "profile": "tabular-data-resource",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "doubleQuote": True},
        "schema": {
            "fields": [
                {"name": entry.column, **_TYPES.get(entry.type, {"type": "string"})}
                | {"description": entry.meaning}
                for entry in entries
                if entry.file == path.name
            ],
            "primaryKey": list(KEYS.get(table, ())),
            "missingValues": [""],
        },
    }


def write_checksums(folder: Path) -> None:
    """Write `checksums.sha256`, as `sha256sum --check` reads it."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in _TO_FILL_IN)
    lines = "".join(f"{_sha256(folder / name)}  {name}\n" for name in names)
    (folder / _CHECKSUMS).write_text(lines, encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


_README: Final = """\
# Events of a programming class

| | |
| --- | --- |
| study | {study} |
| course | {course} |
| snapshot of the lake | {snapshot} |
| its time, moved | {committed_at} |
| log position, moved | {position} |
| events | {events} |
| students | {students} |
| k | {k} |
| texts of students | {texts} |
| names looked for besides ids | {names} |
| made by | Cellpulse {version} |

A pseudonymised copy of one course: what students of a programming class did in Jupyter notebooks,
event by event. It is pseudonymised, not anonymous: who knows when a student did what can still find
that student. Share it under terms that forbid trying.

## What was done
- Students, sessions, events, cells, codes and the course have pseudonyms, HMAC-SHA256 by the key of
  this study. The key is not here. Another bundle of the study has the same pseudonyms; other
  studies have others.
- All times were moved into the past by the same number of whole weeks. Differences, weekdays and
  times of day (UTC) are as they were; dates are not, nor is the switch to summer time.
- From texts, names, user names in paths, e-mail and web addresses, long numbers and what looks like
  a key were taken out: `[name]`, `[user]`, `[email]`, `[url]`, `[number]`, `[token]`.
- Where fewer than {k} students have run an exercise or have sent a type of event, these events are
  left out. Where fewer than {k} have a notebook, an error's name or message, a check or a version,
  it is shown by a coarser text or `[suppressed]`, else as null.

What was suppressed or changed, without the values (also in `suppression_report.csv`):

{report}
## Files
`events` has every event that was kept; the other tables are made of these events alone. Each is
there as Parquet and as CSV. `data_dictionary.csv` and `.md` say what each column means and its
unit; `datapackage.json` says it to programs (Frictionless Data Package). `checksums.sha256` is read
by `sha256sum --check`. In CSV a text always stands in double quotes; nothing between two commas is
null, `""` is a text without characters; `truncated` is JSON text.

```python
import duckdb

duckdb.sql("SELECT exercise, count(*) FROM 'events.parquet' WHERE type = 'cell_run' GROUP BY ALL")
```

Measures are not in here: they are computed from the events, so that each is of a definition that
can be cited. With Cellpulse installed, in this folder:

```python
import analytics

con = analytics.open_bundle(".")
con.sql("FROM error_quotient('{course}', by := 'student')")
```

## Before you publish
Read a sample of the texts. Choose a licence and write it into `LICENSE.md`; put title, authors and
date into `CITATION.cff`. Made anew from the same snapshot, with the same key and options, the
bundle is the same, byte for byte.
"""
_CITATION: Final = """\
cff-version: 1.2.0
message: "If you use these data, please cite them."
type: dataset
# To fill in: title, authors (with ORCID where there is one), date-released, license, doi.
title: {study}
authors:
  - name: "TO FILL IN: authors of the data set"
version: {version}
abstract: {abstract}
"""
_LICENCE: Final = """\
# Licence: not chosen yet

Without a licence nobody may use these data. Choose one before you publish, for example CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/), as far as your ethics board and what the students
agreed to allow; ask users not to try to find out who the students are. Put its name into
`CITATION.cff` too.
"""
