"""`cellpulse import --format progsnap2`: a data set becomes events of a course, by the front door.

All of it is read and validated before the first event is appended. The events get to the stores
as every other does, from the log.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
from pydantic import TypeAdapter, ValidationError

from flows.progsnap2.append import (
    Appended,
    append_events,
    await_stores,
    leave_out_known,
    require_worker,
)
from flows.progsnap2.data_set import DataSet, Reading
from flows.progsnap2.errors import DataSetError
from flows.progsnap2.stage import Bar, Staged, stage_events
from flows.settings import FlowsSettings
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.store import StoreUnavailableError
from ingest_api.events import CourseId
from ingest_api.faults import fault_words


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        known: How many events the lake had already.
    """

    staged: Staged
    known: int
    appended: Appended


def import_progsnap2(
    settings: FlowsSettings, folder: Path, course_id: str, reading: Reading, bar: Bar
) -> Imported:
    """Import a data set, and wait until every store has it.

    Args:
        settings: Where everything is.
        folder: The data set.
        course_id: The course that it goes to; one of its own is best.
        reading: How to read it.
        bar: Shows how far each step is.

    Raises:
        DataSetError: The data set can't be imported, and nothing was appended; or the stores or
            the log stand still, and the message says how far it came.
        StoreUnavailableError: The lake does not answer; nothing was appended.
        redis.RedisError: Redis does not answer.
    """
    try:
        TypeAdapter(CourseId).validate_python(course_id)
    except ValidationError as error:
        words = fault_words(error.errors()[0])
        raise DataSetError(f"--course {course_id!r}: {words}") from error
    data_set = DataSet.open(folder, reading)
    require_worker(settings)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="cellpulse-import-") as scratch,
            attach_lake(settings.postgres_url, settings.lake_path, read_only=True) as lake,
        ):
            lake.execute("SET GLOBAL TimeZone = 'UTC'")
            lake.execute(f"SET temp_directory = '{scratch}'")
            lake.execute("SET memory_limit = '1GB'")
            staged = stage_events(data_set, course_id, lake, Path(scratch), bar)
            known = leave_out_known(lake, staged.events, course_id)
            with bar("appending", staged.count - known) as done:
                appended = append_events(settings, lake, done)
    except OSError as error:
        where = error.filename or tempfile.gettempdir()
        raise DataSetError(f"{where}: {error.strerror or error}: nothing was imported") from error
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain
    await_stores(settings, appended.position)
    return Imported(staged, known, appended)
