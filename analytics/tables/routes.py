"""The addresses of a course's tables, under `/api/v1`."""

import tempfile
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import TypeAdapter, ValidationError
from starlette.background import BackgroundTask

from analytics import examples
from analytics.access import ClassOf
from analytics.parameters import After, AsOfSnapshot, Snapshot, TableName
from analytics.responses import Tables
from analytics.routes import COURSE, Lake
from analytics.tables.answers import Slice, tables, write_table
from analytics.tables.examples import TABLES
from ingest_api.events import UtcTime
from ingest_api.problems import Problem

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)

PARQUET: Final = "application/vnd.apache.parquet"
_TIME: Final = TypeAdapter[datetime](UtcTime)
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get(f"{COURSE}/tables", responses=examples.answer(TABLES))
def get_tables(lake: Lake, course_id: ClassOf, as_of: AsOfSnapshot = None) -> Tables:
    """Return which tables there are, and the snapshot from which to read each of them."""
    at = None if as_of is None else _number_or_time(as_of)
    return lake.read(lambda connection: tables(connection, course_id, at))


@router.get(f"{COURSE}/tables/{{table}}", responses=_FILE, response_class=FileResponse)
def get_table(
    lake: Lake, course_id: ClassOf, table: TableName, snapshot: Snapshot, after: After = None
) -> FileResponse:
    """Return a course's rows of a table as a Parquet file; of events the first 500,000."""
    with tempfile.NamedTemporaryFile(suffix=".parquet", delete=False) as made:
        file = Path(made.name)
    try:
        lake.read(lambda found: write_table(found, table, Slice(course_id, snapshot, after), file))
    except BaseException:
        file.unlink()
        raise
    return FileResponse(file, media_type=PARQUET, background=BackgroundTask(file.unlink))


def _number_or_time(text: str) -> datetime | int:
    # In digits alone it is a snapshot, never a time in seconds.
    if text.isascii() and text.isdigit():
        return min(int(text), 2**63 - 1)
    try:
        return _TIME.validate_python(text)
    except ValidationError:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "'as_of' must be the number of a snapshot or a time (ISO 8601)",
        ) from None
