"""Drops again whoever was erased and is back, as after the restore of a backup from before."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import duckdb
from pydantic import ValidationError
from sqlalchemy import select

from flows.erasure import erased
from flows.erasure.erase import Parts, Report, clean_up, erase_rows
from flows.erasure.erased import Erased, Keys
from flows.erasure.facts import Facts, has_lake
from flows.erasure.stream import pages
from flows.log.fed import require_full_log_set
from flows.log.logged_event import LoggedEvent, position_ns
from flows.log.trimmer import LogTrimmer
from flows.models import Enrollment
from flows.personal_data.gather import Person
from flows.stores.influxdb import InfluxReader
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.store import StoreUnavailableError
from flows.stores.transaction import transaction
from ingest_api.event_log import LOG


def is_erased(keys: Keys, entries: Sequence[Erased]) -> Callable[[LoggedEvent], bool]:
    """Return what tells whether an event is of somebody who was erased after it.

    Raises:
        ErasureError: The list can't be read with these keys.
    """
    keys.require_all(entries)
    known: dict[tuple[str, str], int] = {}

    def tell(logged: LoggedEvent) -> bool:
        who = (logged.event.course_id, logged.event.student_id)
        if who not in known:
            entry = keys.find(Person(*who), entries)
            known[who] = -1 if entry is None else position_ns(entry.up_to)
        return logged.position_ns <= known[who]

    return tell


def erase_again(parts: Parts) -> Report | None:
    """Erase everybody again who is on the list and in a store; None where nobody is.

    Raises:
        ErasureError: The list can't be read with the secret.
        FullLogNotSetError: InfluxDB gets events, and the settings do not name it.
        StoreUnavailableError: A store does not answer.
        redis.RedisError: Redis does not answer.
    """
    require_full_log_set(parts.settings, parts.redis)
    entries = erased.entries(parts.engine)
    parts.keys.require_all(entries)
    if not entries:
        return None
    found: dict[Person, Facts] = {}
    with LogTrimmer(parts.redis).untrimmed():
        sent = set(_senders(parts, is_erased(parts.keys, entries)))
        for person in sorted(sent | set(_enrolled(parts)), key=lambda each: each.course_id):
            entry = parts.keys.find(person, entries)
            if entry is None:
                continue
            is_old = _is_enrolled_of_old(parts, person, entry)
            if is_old or person in sent:
                found[person] = erase_rows(
                    parts, person, entry.up_to, entry.erasure_id, master_data=is_old
                )
        return clean_up(parts, found) if found else None


def _enrolled(parts: Parts) -> list[Person]:
    with transaction(parts.engine) as connection:
        rows = connection.execute(select(Enrollment.course_id, Enrollment.student_id)).all()
    return [Person(course, student) for course, student in rows]


def _is_enrolled_of_old(parts: Parts, person: Person, entry: Erased) -> bool:
    """Tell whether an enrolment is from before the erasure, and not a new person's of that id."""
    query = select(Enrollment.enrolled_at).where(
        Enrollment.course_id == person.course_id, Enrollment.student_id == person.student_id
    )
    with transaction(parts.engine) as connection:
        enrolled_at = connection.execute(query).scalar_one_or_none()
    return enrolled_at is not None and enrolled_at < entry.started_at


def _senders(parts: Parts, is_back: Callable[[LoggedEvent], bool]) -> Iterator[Person]:
    """Yield whoever has an event in a store that was erased once."""
    for page in pages(parts.redis, LOG):
        for entry_id, fields in page:
            try:
                logged = LoggedEvent.decode(entry_id.decode(), fields.get(b"event", b""))
            except ValidationError:
                continue
            if is_back(logged):
                yield Person(logged.event.course_id, logged.event.student_id)
    entries = erased.entries(parts.engine)
    for person, first_ns in (*_in_lake(parts), *_in_influxdb(parts)):
        entry = parts.keys.find(person, entries)
        if entry is not None and first_ns <= position_ns(entry.up_to):
            yield person


def _in_lake(parts: Parts) -> list[tuple[Person, int]]:
    settings = parts.settings
    try:
        with attach_lake(settings.postgres_url, settings.lake_path, read_only=False) as lake:
            if not has_lake(lake):
                return []
            rows = lake.execute(
                "SELECT course_id, student_id, min(position_ns) FROM lake.events GROUP BY ALL"
            ).fetchall()
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain
    return [(Person(course, student), first_ns) for course, student, first_ns in rows]


def _in_influxdb(parts: Parts) -> list[tuple[Person, int]]:
    if not parts.settings.influx.url:
        return []
    with closing(InfluxReader(parts.settings.influx)) as reader:
        return [
            (Person(course, student), first_ns) for course, student, first_ns in reader.students()
        ]
