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

from flows.progsnap2.data_set import DataSet, Reading
from flows.progsnap2.errors import fault, shown
from flows.progsnap2.foreign import Student
from flows.progsnap2.main_table import ORDER_TYPE, Found, stage_code_states, stage_rows
from flows.progsnap2.order import RowOrder
from flows.progsnap2.own import event_of
from flows.progsnap2.submissions import KNOWN_TYPES, Row
from ingest_api.events import ProgressEvent
from ingest_api.faults import validation_errors

_BATCH: Final = 2_000
_SCHEMA: Final = pa.schema(
    [
        ("seen_at", pa.timestamp("us", tz="UTC")),
        ("ord", ORDER_TYPE),
        ("row", pa.int64()),
        ("part", pa.int64()),
        ("event_id", pa.string()),
        ("student_id", pa.string()),
        ("session_id", pa.string()),
        ("event", pa.string()),
    ]
)
#: The rows that something is made of, each with its code, one student's after the other's, by Order
#: where that tells the order, else as in the file.
_BY_STUDENT: Final = """
SELECT used.*, code
FROM (
    SELECT *, coalesce(SubjectID, '') AS subject, CASE WHEN $by_order THEN ord END AS place
    FROM read_parquet($rows)
    WHERE $ours OR list_contains($types, EventType)
) AS used
LEFT JOIN read_parquet($codes) USING (CodeStateID)
ORDER BY subject, place NULLS LAST, row
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
        put_forward: How many rows have a time before that of the problem's row before them.
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
    order = RowOrder.of_data_set(
        data_set.metadata, has_order=found.has_order, is_ours=found.is_ours
    )
    with bar("making events", found.rows) as made:
        rows = _rows(lake, found, scratch, order, made)
        student = Student(course_id, found, by_message=_by_message(data_set.reading, found))
        if found.is_ours:
            keep = not _known_elsewhere(lake, scratch, course_id)
            drafts = _own(rows, data_set, course_id, keep_ids=keep)
        else:
            drafts = _foreign(rows, student, order)
        _write_events(drafts, data_set, staged)
    _note(staged, found, order, student)
    return staged


def _by_message(reading: Reading, found: Found) -> bool:
    if reading.error_names is not None:
        return reading.error_names == "message"
    return len(found.message_types) == 1 and 0 < found.messages == found.messages_with_line


def _note(staged: Staged, found: Found, order: RowOrder, student: Student) -> None:
    if found.is_ours:
        return
    staged.put_forward = order.put_forward
    staged.left_out = {k: n for k, n in found.event_types.items() if k not in KNOWN_TYPES}
    if not found.has_times:
        staged.notes.append("no row has a time: every event is dated now, in the data set's order")
    elif not order.by_order:
        staged.notes.append(
            "no Order that counts in every row: rows are in the order of their times"
        )
    if len(found.message_types) == 1 and student.by_message:
        staged.notes.append(
            f"every compiler error is a {shown(*found.message_types)}: they are named by what the "
            "compiler said; --error-names type keeps the type"
        )
    if student.rewritten:
        staged.notes.append(
            f"{len(student.rewritten)} ids or names were changed to fit, for example "
            f"{shown(min(student.rewritten))}"
        )


def _write_events(
    drafts: Iterator[tuple[Row, dict[str, Any]]], data_set: DataSet, staged: Staged
) -> None:
    with parquet.ParquetWriter(staged.events, _SCHEMA, compression="zstd") as output:
        batch: list[dict[str, Any]] = []
        for row, fields in drafts:
            event = _validated(data_set, row, fields)
            staged.counts[event.type] = staged.counts.get(event.type, 0) + 1
            batch.append(_staged_row(row, staged.count, event, is_ours=staged.is_ours))
            if len(batch) == _BATCH:
                output.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))
                batch = []
        output.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))


def _rows(
    lake: duckdb.DuckDBPyConnection,
    found: Found,
    scratch: Path,
    order: RowOrder,
    made: Callable[[int], None],
) -> Iterator[Row]:
    given = {
        "rows": str(scratch / "rows.parquet"),
        "codes": str(scratch / "codes.parquet"),
        "by_order": order.by_order,
        "ours": found.is_ours,
        "types": [name for name in found.event_types if name in KNOWN_TYPES],
    }
    cursor = lake.cursor()
    for batch in cursor.execute(_BY_STUDENT, given).to_arrow_reader(_BATCH):
        yield from batch.to_pylist()
        made(batch.num_rows)
    cursor.close()


def _own(
    rows: Iterator[Row], data_set: DataSet, course_id: str, *, keep_ids: bool
) -> Iterator[tuple[Row, dict[str, Any]]]:
    for row in rows:
        try:
            event = event_of(row, course_id, keep_id=keep_ids)
        except (ValueError, RecursionError) as error:
            path = data_set.main_table.path
            raise fault(path, "a column of ours is not as it was written", row["line"]) from error
        if event is not None:
            yield row, event


def _foreign(
    rows: Iterator[Row], student: Student, order: RowOrder
) -> Iterator[tuple[Row, dict[str, Any]]]:
    for _, of_student in groupby(rows, itemgetter("subject")):
        for draft in student.events_of(order.of_student(list(of_student))):
            at = {} if draft.row["seen_at"] is None else {"occurred_at": draft.row["seen_at"]}
            yield draft.row, draft.fields | at


def _known_elsewhere(lake: duckdb.DuckDBPyConnection, scratch: Path, course_id: str) -> bool:
    """Tell whether another course of this installation has one of the events already."""
    query = (
        "SELECT 1 FROM lake.events SEMI JOIN read_parquet($rows) ON event_id = EventID "
        "WHERE course_id <> $course LIMIT 1"
    )
    given = {"rows": str(scratch / "rows.parquet"), "course": course_id}
    return lake.execute(query, given).fetchone() is not None


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
