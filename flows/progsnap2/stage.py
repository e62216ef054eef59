"""A data set turned into validated events in a file, before any of them is appended."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from pyarrow import parquet
from pydantic import ValidationError

from flows.progsnap2.data_set import DataSet
from flows.progsnap2.errors import fault
from flows.progsnap2.foreign import Student
from flows.progsnap2.main_table import Found, stage_code_states, stage_rows
from flows.progsnap2.own import event_of
from flows.progsnap2.submissions import KNOWN_TYPES, Row
from ingest_api.events import ProgressEvent
from ingest_api.problems import validation_errors

_BATCH: Final = 2_000
_SCHEMA: Final = pa.schema(
    [
        ("seen_at", pa.timestamp("us", tz="UTC")),
        ("ord", pa.int64()),
        ("row", pa.int64()),
        ("part", pa.int64()),
        ("event_id", pa.string()),
        ("student_id", pa.string()),
        ("session_id", pa.string()),
        ("event", pa.string()),
    ]
)
#: The rows that something is made of, each with its code, one student's after the other's, in the
#: data set's order. Where that is told by Order, a time before that of the student's row before
#: it is put forward to that, so that measures, which go by time, see the same order.
_ORDERED: Final = """
CREATE TABLE ordered AS
WITH used AS (
    SELECT *, coalesce(SubjectID, '') AS subject, CASE WHEN $by_order THEN ord END AS place
    FROM read_parquet($rows)
    WHERE $ours OR list_contains($types, EventType)
),

timed AS (
    SELECT * REPLACE (coalesce(happened_at, last_value(happened_at IGNORE NULLS) OVER (
        PARTITION BY subject ORDER BY place NULLS LAST, row
    ), first_value(happened_at IGNORE NULLS) OVER (
        PARTITION BY subject ORDER BY place NULLS LAST, row
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    )) AS happened_at)
    FROM used
),

rising AS (
    SELECT *, CASE WHEN $by_order THEN max(happened_at) OVER (
        PARTITION BY subject ORDER BY place NULLS LAST, row
    ) ELSE happened_at END AS seen_at
    FROM timed
)

SELECT rising.*, code
FROM rising
LEFT JOIN (
    SELECT CodeStateID, any_value(code) AS code FROM read_parquet($codes) GROUP BY CodeStateID
) USING (CodeStateID)
ORDER BY subject, place NULLS LAST, CASE WHEN NOT $by_order THEN seen_at END, row
"""


#: Opens a progress bar of a label and a length, and gives what moves it on.
Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass
class Staged:
    """What a data set became.

    Attributes:
        events: The file of the events.
        is_ours: Whether Cellpulse wrote the data set.
        counts: How many events of each type.
        put_forward: How many rows have a time before that of the row before them.
        left_out: How many rows of each event type nothing is made of.
        notes: What the operator should know, a sentence each.
    """

    events: Path
    is_ours: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    put_forward: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many events there are."""
        return sum(self.counts.values())


def stage_events(
    data_set: DataSet,
    course_id: str,
    lake: duckdb.DuckDBPyConnection,
    scratch: Path,
    bar: Bar,
) -> Staged:
    """Make events of a data set and validate each, in files below `scratch`.

    Args:
        data_set: The data set.
        course_id: The course that the events are to go to.
        lake: A connection that sorts, on disk where memory does not suffice.
        scratch: A folder.
        bar: Shows how far it is.

    Raises:
        DataSetError: Something can't be read, or makes no event; nothing was appended.
    """
    table = data_set.main_table
    with bar("reading", table.path.stat().st_size) as read:
        found = stage_rows(table, scratch / "rows.parquet", read)
    stage_code_states(data_set.code_states(), scratch / "codes.parquet")
    staged = Staged(scratch / "events.parquet", found.is_ours)
    _sort(lake, data_set, found, scratch, staged)
    with bar("making events", found.rows) as made:
        _write_events(lake, data_set, Student(course_id, found), staged, made)
    return staged


def _sort(
    lake: duckdb.DuckDBPyConnection,
    data_set: DataSet,
    found: Found,
    scratch: Path,
    staged: Staged,
) -> None:
    is_unordered = data_set.metadata.get("eventorderscope", "").lower() == "none"
    by_order = found.has_order and (found.is_ours or not is_unordered)
    types = [name for name in found.event_types if name in KNOWN_TYPES]
    lake.execute(
        _ORDERED,
        {
            "rows": str(scratch / "rows.parquet"),
            "codes": str(scratch / "codes.parquet"),
            "by_order": by_order,
            "ours": found.is_ours,
            "types": types,
        },
    )
    if found.is_ours:
        return
    row = lake.execute("SELECT count(*) FROM ordered WHERE seen_at > happened_at").fetchone()
    staged.put_forward = int(row[0]) if row else 0
    staged.left_out = {k: n for k, n in found.event_types.items() if k not in KNOWN_TYPES}
    if not found.has_times:
        staged.notes.append("no row has a time: every event is dated now, in the data set's order")
    elif not by_order:
        staged.notes.append("no Order that can be used: rows are in the order of their times")


def _write_events(
    lake: duckdb.DuckDBPyConnection,
    data_set: DataSet,
    student: Student,
    staged: Staged,
    made: Callable[[int], None],
) -> None:
    keep_ids = not (staged.is_ours and _known_elsewhere(lake, student.course_id))
    with parquet.ParquetWriter(staged.events, _SCHEMA, compression="zstd") as output:
        batch: list[dict[str, Any]] = []
        for row, fields in _drafts(_rows(lake, made), student, keep_ids=keep_ids):
            event = _validated(data_set, row, fields)
            staged.counts[event.type] = staged.counts.get(event.type, 0) + 1
            batch.append(_staged_row(row, staged.count, event, is_ours=staged.is_ours))
            if len(batch) == _BATCH:
                output.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))
                batch = []
        output.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))
    if student.rewritten:
        staged.notes.append(
            f"{len(student.rewritten)} ids or names were changed to fit, for example "
            f"{min(student.rewritten)[:60]!r}"
        )


def _rows(lake: duckdb.DuckDBPyConnection, made: Callable[[int], None]) -> Iterator[Row]:
    cursor = lake.cursor()
    for batch in cursor.execute("SELECT * FROM ordered").to_arrow_reader(_BATCH):
        yield from batch.to_pylist()
        made(batch.num_rows)
    cursor.close()


def _known_elsewhere(lake: duckdb.DuckDBPyConnection, course_id: str) -> bool:
    """Tell whether another course of this installation has one of the events already."""
    query = (
        "SELECT 1 FROM lake.events SEMI JOIN ordered ON event_id = EventID "
        "WHERE course_id <> ? LIMIT 1"
    )
    return lake.execute(query, [course_id]).fetchone() is not None


def _drafts(
    rows: Iterator[Row], student: Student, *, keep_ids: bool
) -> Iterator[tuple[Row, dict[str, Any]]]:
    if student.found.is_ours:
        for row in rows:
            event = event_of(row, student.course_id, keep_id=keep_ids)
            if event is not None:
                yield row, event
        return
    for _, of_student in groupby(rows, itemgetter("subject")):
        for draft in student.events_of(list(of_student)):
            at = {} if draft.row["seen_at"] is None else {"occurred_at": draft.row["seen_at"]}
            yield draft.row, draft.fields | at


def _validated(data_set: DataSet, row: Row, fields: dict[str, Any]) -> ProgressEvent:
    try:
        return ProgressEvent.model_validate(fields)
    except ValidationError as error:
        faults = validation_errors(error.errors())
        said = "; ".join(f"{each['field']}: {each['message']}" for each in faults)
        raise fault(data_set.main_table.path, f"makes no event: {said}", row["line"]) from error


def _staged_row(row: Row, part: int, event: ProgressEvent, *, is_ours: bool) -> dict[str, Any]:
    return {
        "seen_at": None if is_ours else row["seen_at"],
        "ord": row["place"],
        "row": row["row"],
        "part": part,
        "event_id": str(event.event_id),
        "student_id": event.student_id,
        "session_id": event.session_id,
        "event": event.model_dump_json(exclude_none=True),
    }
