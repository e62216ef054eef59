"""Reads a main table into a file of rows whose columns have one name and one form.

Every fault of the file is found here, before anything is made of it.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from flows.progsnap2.columns import COLUMNS, EMPTY_FIELDS
from flows.progsnap2.csv_file import CsvFile
from flows.progsnap2.errors import fault, shown
from flows.progsnap2.timestamps import read_timestamp

_BATCH: Final = 10_000
_CODES_IN_A_BATCH: Final = 1_000
_NOTHING: Final = frozenset({"", "na", "n/a", "nan", "nat", "null", "none", "\\n", "#n/a"})
_ORDER: Final = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?")
#: Ids that rows name each other by. Programs write a column of whole numbers in which one is
#: missing as 7.0, and the column that it refers to as 7.
_LINKS: Final = ("EventID", "ParentEventID", "CodeStateID", "ExecutionID")
_WHOLE_WITH_POINT: Final = re.compile(r"(-?\d+)\.0+")
#: What a compiler's message begins with before it says what is wrong.
PLACE: Final = re.compile(r"line ([0-9]{1,9}): (error: )?")
#: Holds any Order as it is written, unlike a floating point number.
ORDER_TYPE: Final = pa.decimal128(38, 18)

#: The columns that a run is made from, by the letters and digits of their names; drafts of the
#: format wrote them with dots or under another name.
_STANDARD: Final = {
    re.sub(r"\W", "", name).lower(): name
    for name in (
        *(column for column in COLUMNS if not column.startswith("X-")),
        "ServerTimezone",
        "ClientTimezone",
        "ProgramErrorOutput",
        "Correct",
    )
} | {
    "programresult": "ExecutionResult",
    "runresult": "ExecutionResult",
    "testresult": "ExecutionResult",
    "compilemessage": "CompileMessageData",
    "compileerrortype": "CompileMessageType",
    "compileerrormessage": "CompileMessageData",
    "timestamp": "ServerTimestamp",
}
#: What stands in a column of its own in the file of rows; all else is kept as JSON in `rest`.
ROW_COLUMNS: Final = (
    "EventType",
    "EventID",
    "SubjectID",
    "CodeStateID",
    "AssignmentID",
    "ProblemID",
    "SessionID",
    "ParentEventID",
    "CompileResult",
    "CompileMessageType",
    "CompileMessageData",
    "SourceLocation",
    "ExecutionID",
    "TestID",
    "ExecutionResult",
    "ProgramErrorOutput",
    "Score",
    "Correct",
)
_NEEDED: Final = ("EventType", "SubjectID")
_SCHEMA: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("line", pa.int64()),
        ("ord", ORDER_TYPE),
        ("happened_at", pa.timestamp("us", tz="UTC")),
        *((name, pa.string()) for name in ROW_COLUMNS),
        ("rest", pa.string()),
    ]
)


@dataclass
class Found:
    """What the whole main table told.

    Attributes:
        rows: How many there are.
        event_types: How many rows of each type.
        has_times: Whether any row has a time.
        has_order: Whether every row has a number as its Order.
        is_ours: Whether Cellpulse wrote it.
        message_types: The different CompileMessageTypes of errors, two at the most.
        messages: How many errors have a CompileMessageData.
        messages_with_line: How many of these begin with the error's line.
        highest_score: The highest Score of a run or test.
    """

    rows: int = 0
    event_types: dict[str, int] = field(default_factory=dict)
    has_times: bool = False
    has_order: bool = False
    is_ours: bool = False
    message_types: set[str] = field(default_factory=set)
    messages: int = 0
    messages_with_line: int = 0
    highest_score: float = 0.0


def stage_rows(table: CsvFile, target: Path, read: Callable[[int], None]) -> Found:
    """Write the rows of a main table to a Parquet file with `ROW_COLUMNS` and `rest`.

    Args:
        table: The main table.
        target: The Parquet file.
        read: Called with the characters read since it was called last.

    Raises:
        DataSetError: A column that is needed is missing, or a row can't be read.
    """
    names = _names(table)
    is_ours = {"X-Type", EMPTY_FIELDS} <= set(table.header)
    found = Found(is_ours=is_ours, has_order="Order" in names)
    with parquet.ParquetWriter(target, _SCHEMA, compression="zstd") as output:
        batch: list[dict[str, Any]] = []
        last = done = 0
        for line, done, fields in table.rows():
            batch.append(_row(table, found, line, dict(zip(names, fields, strict=True))))
            if len(batch) == _BATCH:
                output.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))
                batch = []
                read(done - last)
                last = done
        output.write_batch(pa.RecordBatch.from_pylist(batch, _SCHEMA))
        read(done - last)
    if not found.rows:
        raise fault(table.path, "no rows below the header: there is nothing to import", 1)
    return found


def _names(table: CsvFile) -> list[str]:
    names = [_STANDARD.get(re.sub(r"\W", "", name).lower(), name) for name in table.header]
    names = [names[n] if names[n] not in names[:n] else table.header[n] for n in range(len(names))]
    for needed in _NEEDED:
        if needed not in names:
            columns = shown(", ".join(table.header))
            raise fault(table.path, f"no column {needed}, which is needed; it has {columns}", 1)
    repeated = {name for name in names if name and names.count(name) > 1}
    if repeated:
        raise fault(table.path, f"the header names {min(repeated)!r} twice", 1)
    return names


def _row(table: CsvFile, found: Found, line: int, fields: dict[str, str]) -> dict[str, Any]:
    found.rows += 1
    if found.is_ours and fields["X-Type"]:
        # What we wrote is read as it stands: 'None' may be a student's code.
        values: dict[str, str | None] = {name: text or None for name, text in fields.items()}
    else:
        values = {name: _value(text) for name, text in fields.items()}
        values |= {name: _link(values[name] or "") or None for name in _LINKS if name in values}
    kind = values["EventType"]
    if kind is None:
        raise fault(table.path, "the row has no EventType", line)
    found.event_types[kind] = found.event_types.get(kind, 0) + 1
    row: dict[str, Any] = {name: values.pop(name, None) for name in ROW_COLUMNS}
    row |= {"row": found.rows, "line": line, "ord": _order(found, values)}
    row["happened_at"] = _time(table, line, values)
    row["rest"] = _json({name: text for name, text in values.items() if text is not None})
    found.has_times = found.has_times or row["happened_at"] is not None
    _note(table, found, line, row)
    return row


def _note(table: CsvFile, found: Found, line: int, row: dict[str, Any]) -> None:
    if row["EventType"] == "Compile.Error":
        if len(found.message_types) < 2:  # noqa: PLR2004 - more than one
            found.message_types |= {row["CompileMessageType"]} - {None}
        said = row["CompileMessageData"]
        found.messages += said is not None
        found.messages_with_line += said is not None and PLACE.match(said) is not None
    if row["Score"] is not None and row["EventType"].startswith(("Run", "Submit", "Debug")):
        try:
            score = float(row["Score"])
        except ValueError as error:
            raise fault(table.path, f"Score {shown(row['Score'])} is no number", line) from error
        found.highest_score = max(found.highest_score, score)


def _value(text: str) -> str | None:
    text = text.strip()
    return None if text.lower() in _NOTHING else text


def _order(found: Found, values: dict[str, str | None]) -> Decimal | None:
    text = values.get("Order")
    if text is None or not _ORDER.fullmatch(text):
        found.has_order = False
        return None
    return Decimal(text)


def _link(text: str) -> str:
    whole = _WHOLE_WITH_POINT.fullmatch(text)
    return whole[1] if whole else text


def _time(table: CsvFile, line: int, values: dict[str, str | None]) -> datetime | None:
    """Return the server's time, else the client's; both stay as they were in `values`."""
    for clock in ("Server", "Client"):
        text = values.get(f"{clock}Timestamp")
        if text is None:
            continue
        try:
            return read_timestamp(text, values.get(f"{clock}Timezone") or "")
        except (ValueError, OverflowError) as error:
            raise fault(
                table.path,
                f"{clock}Timestamp {shown(text)} is no time that is known here: write it as "
                "2019-02-18T16:27:51, with a zone there or in a column of its own or without one, "
                "or in seconds since 1970; years go from 1970 to 2199",
                line,
            ) from error
    return None


def _json(values: dict[str, str | None]) -> str:
    return json.dumps(values, ensure_ascii=False)


def stage_code_states(states: Iterator[tuple[str, str]], target: Path) -> None:
    """Write code states to a Parquet file with the columns `CodeStateID` and `code`, each once."""
    schema = pa.schema([("CodeStateID", pa.string()), ("code", pa.string())])
    known: set[bytes] = set()
    with parquet.ParquetWriter(target, schema, compression="zstd") as output:
        batch: list[dict[str, str]] = []
        for name, code in states:
            state = _link(name.strip())
            digest = blake2b(state.encode("utf-8", "replace"), digest_size=16).digest()
            if digest in known:
                continue
            known.add(digest)
            batch.append({"CodeStateID": state, "code": code})
            if len(batch) == _CODES_IN_A_BATCH:
                output.write_batch(pa.RecordBatch.from_pylist(batch, schema))
                batch = []
        output.write_batch(pa.RecordBatch.from_pylist(batch, schema))
