"""Everything that is stored about one student of one course, as one file for that student.

Tables of PostgreSQL are found by their column `student_id`, so that what a later version keeps of
students is in it too. Only the notes are not: instructors write them knowing that the student never
sees them. That somebody looked at the student, or came, is in it, and when, but not who.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
from pydantic import ValidationError
from redis import Redis
from sqlalchemy import Connection, Engine, Table, select

from flows.log.logged_event import START, LoggedEvent
from flows.log.rejected import RejectedStream
from flows.models import Base, Student, StudentNote
from flows.pseudonyms.names import Names
from flows.settings import LakeSettings
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.lake_locks import files_kept
from flows.stores.rollups import STUDENT_EXERCISE
from flows.stores.store import StoreUnavailableError
from flows.stores.transaction import transaction
from ingest_api.event_log import LOG
from ingest_api.preferences import read_preferences

_PAGE: Final = 1_000
_README: Final = "README.txt"
#: Columns that tell who looked at a student, came, or wanted to hear no more for a while.
_ABOUT_OTHERS: Final = frozenset({"who", "marked_by", "snoozed_by"})


@dataclass(frozen=True)
class Person:
    """A student of a course."""

    course_id: str
    student_id: str


@dataclass(frozen=True)
class Sources:
    """Where everything is kept; what is in InfluxDB is in the lake too."""

    lake: LakeSettings
    engine: Engine
    redis: Redis
    names: Names


def write_personal_data(sources: Sources, person: Person, file: Path) -> bool:
    """Write everything that is stored about a student into a zip file.

    Returns:
        Whether anything is, in this course.

    Raises:
        StoreUnavailableError: PostgreSQL or the lake does not answer.
        redis.RedisError: Redis does not answer.
        OSError: The file can't be written.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        text = resources.files("flows.personal_data").joinpath(_README).read_text("utf-8")
        about = {"course": person.course_id, "student": person.student_id}
        made_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        archive.writestr(_README, text.format(**about, made_at=made_at))
        position, count, summary = _write_events(sources, person, archive)
        _put(archive, "summary.json", {"events_of_the_lake_up_to": position, "exercises": summary})
        master = _master_data(sources.engine, person)
        _put(archive, "master_data.json", master)
        allowed = read_preferences(sources.redis, person.course_id, person.student_id)
        _put(archive, "preferences.json", allowed.model_dump())
        set_aside = list(_set_aside(sources.redis, person))
        _put(archive, "set_aside.json", set_aside)
        name = sources.names.of_course(person.course_id).get(person.student_id)
        if name is not None:  # of a pseudonymous course
            _put(archive, "name.json", asdict(name))
    # That somebody is a student at all says nothing of this course.
    of_course = [rows for table, rows in master.items() if table != Student.__tablename__]
    return bool(count or summary or any(of_course) or set_aside or name)


def _write_events(
    sources: Sources, person: Person, archive: zipfile.ZipFile
) -> tuple[str, int, list[dict[str, Any]]]:
    """Write the lake's events and what the log has after them.

    Returns:
        The lake's position, how many events these are, and the rollups.
    """
    of_person = [person.course_id, person.student_id]
    try:
        with (
            files_kept(sources.lake.postgres_url),
            closing(
                attach_lake(sources.lake.postgres_url, sources.lake.lake_path, read_only=True)
            ) as lake,
            archive.open("events.jsonl", "w", force_zip64=True) as raw,
            io.TextIOWrapper(raw, "utf-8") as lines,
        ):
            lake.execute("BEGIN TRANSACTION")
            found = lake.execute("SELECT position FROM lake.log_position").fetchone()
            position = str(found[0]) if found else START
            of_lake = _rows(
                lake.execute(
                    "SELECT * FROM lake.events WHERE course_id = $1 AND student_id = $2 "
                    "ORDER BY position_ns",
                    of_person,
                )
            )
            count = 0
            for event in chain(of_lake, _in_log_after(sources.redis, position, person)):
                lines.write(_json(event) + "\n")
                count += 1
            summary = list(
                _rows(
                    lake.execute(
                        f"FROM ({STUDENT_EXERCISE.sums_of()}) "
                        "WHERE course_id = $1 AND student_id = $2 ORDER BY exercise",
                        of_person,
                    )
                )
            )
    except duckdb.Error as error:
        plain = plain_error(error, sources.lake.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain
    return position, count, summary


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in result.description]
    while page := result.fetchmany(_PAGE):
        for row in page:
            yield {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _in_log_after(redis: Redis, position: str, person: Person) -> Iterator[dict[str, Any]]:
    after = f"({position}"
    while True:
        page: Any = redis.xrange(LOG, min=after, count=_PAGE)
        if not page:
            return
        for entry_id, fields in page:
            try:
                logged = LoggedEvent.decode(entry_id.decode(), fields.get(b"event", b"").decode())
            except (ValidationError, UnicodeDecodeError):
                continue  # what can't be read is set aside, and told of there
            event = logged.event
            if (event.course_id, event.student_id) == (person.course_id, person.student_id):
                yield {"position": logged.position, **json.loads(event.to_json())}
        after = f"({page[-1][0].decode()}"


def _master_data(engine: Engine, person: Person) -> dict[str, list[dict[str, Any]]]:
    with transaction(engine) as connection:
        return {
            table.name: _rows_of(connection, table, person)
            for table in Base.metadata.sorted_tables
            if "student_id" in table.columns and table.name != StudentNote.__tablename__
        }


def _rows_of(connection: Connection, table: Table, person: Person) -> list[dict[str, Any]]:
    query = select(table).where(table.c.student_id == person.student_id)
    if "course_id" in table.columns:
        query = query.where(table.c.course_id == person.course_id)
    return [
        {name: value for name, value in row.items() if name not in _ABOUT_OTHERS}
        for row in connection.execute(query).mappings()
    ]


def _set_aside(redis: Redis, person: Person) -> Iterator[dict[str, str]]:
    for entry in RejectedStream(redis).all():
        if is_about(entry.raw, person):
            yield {
                "set_aside_at": entry.set_aside_at.isoformat(),
                "reason": entry.reason,
                "what": entry.raw.decode(errors="replace"),
            }


def is_about(raw: bytes, person: Person) -> bool:
    """Tell whether something that was set aside names a student of a course."""
    try:
        content = json.loads(raw)
    except ValueError:
        return False
    return (
        isinstance(content, dict)
        and content.get("student_id") == person.student_id
        and content.get("course_id") == person.course_id
    )


def _put(archive: zipfile.ZipFile, name: str, content: object) -> None:
    archive.writestr(name, _json(content, indent=2))


def _json(content: object, indent: int | None = None) -> str:
    return json.dumps(content, ensure_ascii=False, indent=indent, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
