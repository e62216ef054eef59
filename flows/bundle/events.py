"""The events of a course without anybody's name: pseudonyms, scrubbed texts, moved times."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import compute, parquet

from flows.bundle.names import KnownNames
from flows.bundle.options import BundleOptions
from flows.bundle.scrub import Scrubber, names_in_addresses
from flows.export.source import CourseSource
from ingest_api.events import TEXT_CAPS

#: Columns with texts, as the source has them.
TEXTS: Final = ("error_name", "error_message", "hook_version", "code", "output", "help_message")
#: Columns with names of things: one that holds a person's name gets a pseudonym of its own.
NAMED: Final = {"exercise": "exercise", "check_name": "check"}
#: Columns that are there only with a flag, and the flag.
ON_REQUEST: Final = {"code": "--with-code", "output": "--with-code", "help_message": "--with-help"}
_COPIED: Final = (
    *("type", "seq", "execution_count", "status", "duration_ms", "code_lines", "code_chars"),
    *("passed", "points", "points_possible", "truncated"),
)
_TIMES: Final = ("occurred_at", "received_at")
_NO_VALUE: Final = ("exercise", "notebook")
_LAST_WORD: Final = re.compile(r"\S{1,100}\Z")
_LAST_LINE: Final = 1_000_000
#: Texts in which an address, and so a name, can be.
_ADDRESSES: Final = r"""
    SELECT DISTINCT text
    FROM (
        SELECT unnest([notebook, error_message, code, output, help_message]) AS text FROM events
    )
    WHERE regexp_matches(text, '(?i)(homes?|users?|settings)[\\/]|@')
"""


class PseudonymousEvents:
    """Reads a course's events and makes each into one that names nobody.

    Attributes:
        changed: Column → in how many events something was taken out of its text.
        left_out: Column → in how many events it was there, but is not in the bundle.
    """

    def __init__(self, source: CourseSource, options: BundleOptions, scrubber: Scrubber) -> None:
        """Make pseudonyms by the study's key, and look for the scrubber's names."""
        self._source = source
        self._study = options.study
        self._scrubber = scrubber
        self._course = self._study.pseudonym("course", source.course_id)
        wanted = {"--with-code": options.with_code, "--with-help": options.with_help}
        self._absent = {column for column, flag in ON_REQUEST.items() if not wanted[flag]}
        self._moved = timedelta(weeks=self._study.weeks(source.course_id))
        self.changed: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def write(self, path: Path, made: Callable[[int], None]) -> None:
        """Write them into a Parquet file, in log order, and call `made` with each batch's size."""
        writer = None
        number = 0
        for batch in self._source.events():
            rows = self._rows(batch, number)
            number += batch.num_rows
            writer = writer or parquet.ParquetWriter(path, rows.schema, compression="zstd")
            writer.write_batch(rows)
            made(batch.num_rows)
        if writer is not None:
            writer.close()

    def _rows(self, batch: pa.RecordBatch, before: int) -> pa.RecordBatch:
        def column(name: str) -> list[Any]:
            values: list[Any] = batch[name].to_pylist()
            return values

        pseudonym = self._study.pseudonym
        count = batch.num_rows
        students = column("student_id")
        columns: dict[str, Any] = {
            "event_number": pa.array(range(before + 1, before + count + 1), pa.int64()),
            "event_id": _each(partial(pseudonym, "event"), column("event_id")),
            "course_id": pa.array([self._course] * count),
            "student_id": _each(partial(pseudonym, "student"), students),
            "session_id": _each(
                lambda pair: pseudonym("session", *pair), _pairs(students, column("session_id"))
            ),
            "notebook": self._scrubbed("notebook", column("notebook"), self._scrubber.path),
            "cell_id": _each(partial(pseudonym, "cell"), column("cell_id")),
            "code_id": _each(partial(pseudonym, "code"), column("code_sha256")),
            "error_line": pa.array(map(_error_line, column("extra")), pa.int64()),
        }
        for name, kind in NAMED.items():
            columns[name] = self._scrubbed(name, column(name), partial(self._thing, kind))
        for name in TEXTS:
            if name not in self._absent:
                columns[name] = self._scrubbed(name, column(name), self._scrubber.text)
        for name in (*self._absent, "extra"):
            self.left_out[name] += count - batch[name].null_count
        columns |= {name: batch[name] for name in _COPIED}
        columns |= {name: compute.subtract(batch[name], self._moved) for name in _TIMES}
        order = [name for name in COLUMNS if name in columns]
        return pa.record_batch([columns[name] for name in order], order)

    def _scrubbed(
        self, name: str, values: list[str | None], scrub: Callable[[str], str]
    ) -> pa.Array:
        cap = TEXT_CAPS[name]
        whole = (value and _without_cut_word(value, cap) for value in values)
        clean = [value and scrub(value) for value in whole]
        self.changed[name] += sum(map(str.__ne__, _texts(values), _texts(clean)))
        return pa.array(
            [value or None for value in clean] if name in _NO_VALUE else clean, pa.string()
        )

    def _thing(self, kind: str, name: str) -> str:
        return name if self._scrubber.text(name) == name else self._study.pseudonym(kind, name)


def scrubber_of(source: CourseSource, options: BundleOptions) -> Scrubber:
    """Return what finds the names of the installation's people in the course's texts.

    These are all students' ids, whom the master data names, the names that texts tell by
    themselves (home folders, e-mail addresses), and those that the researcher gave.
    """
    names = KnownNames()
    names.add_ids(source.people(), options.k)
    with source.reading(_ADDRESSES) as texts:
        told = names_in_addresses(text for batch in texts for text in batch["text"].to_pylist())
    for name in (*sorted(told), *options.names):
        names.add(name)
    return Scrubber(names)


def _each(make: Callable[[Any], str], values: Iterable[Any]) -> pa.Array:
    """Return what is made of each value, each different one once; null stays null."""
    known: dict[Any, str | None] = {None: None}
    made = []
    for value in values:
        if value not in known:
            known[value] = make(value)
        made.append(known[value])
    return pa.array(made, pa.string())


def _pairs(students: list[str], sessions: list[str | None]) -> Iterator[tuple[str, str] | None]:
    for student, session in zip(students, sessions, strict=True):
        yield None if session is None else (student, session)


def _texts(values: list[str | None]) -> Iterator[str]:
    return (value or "" for value in values)


def _without_cut_word(text: str, cap: int) -> str:
    """Return a text that was cut without the word at its end: half a name is not recognised."""
    return text if len(text) < cap else _LAST_WORD.sub("…", text)


def _error_line(extra: str | None) -> int | None:
    """Return the line at which a run failed, as the hook tells it."""
    line = json.loads(extra).get("error_line") if extra else None
    return line if type(line) is int and 0 < line <= _LAST_LINE else None


#: The columns of a bundle's events, in order.
COLUMNS: Final = (
    *("event_number", "event_id", "type", "course_id", "student_id", "session_id", "seq"),
    *("notebook", "cell_id", "exercise", "execution_count", "status", "error_name"),
    *("error_message", "error_line", "duration_ms", "occurred_at", "received_at", "code_id"),
    *("code_lines", "code_chars", "code", "output", "check_name", "passed", "points"),
    *("points_possible", "help_message", "hook_version", "truncated"),
)
