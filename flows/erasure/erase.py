"""`cellpulse forget`: somebody leaves every store, while the class goes on.

The order makes it safe to be cut off anywhere and begun again:

1. The list of who was erased gets an entry up to the log's end. What the same id sends later is a
   new person's.
2. Every store has come to that place, so that none gets a person's event afterwards; the log is not
   trimmed meanwhile.
3. What is known is gathered: which notebooks nobody else has, and by which ids the rest is proved.
4. The log is made anew without the person's entries, in the step that also notes how many there
   were, so that the audit knows that they are not lost.
5. InfluxDB, then PostgreSQL between two batches, then the lake.
6. Files are written anew and old snapshots ended; the API's exports of the course are deleted.
7. Every byte of every store is searched. Only if nothing is found is the erasure noted as whole.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from redis import Redis
from sqlalchemy import Engine, select

from flows.accounts.publish_revoked import publish_revoked
from flows.audit.read_log import read_end
from flows.enrollment.publish import publish_sections
from flows.erasure import erased
from flows.erasure.copies import delete_exports, tell_backups
from flows.erasure.erased import ErasureError, Keys
from flows.erasure.facts import Facts, gather_facts, marks_of
from flows.erasure.from_lake import erase_from_lake, rewrite_lake
from flows.erasure.from_postgres import erase_from_postgres, vacuum
from flows.erasure.from_redis import below_log, erase_from_keys, erase_from_log, rewrite_files
from flows.erasure.search import (
    Searched,
    search_influxdb,
    search_lake,
    search_postgres,
    search_redis,
)
from flows.erasure.stream import Counting
from flows.liveness import is_alive
from flows.log.fed import require_full_log_set
from flows.log.logged_event import START, position_from_ns, position_ns
from flows.log.reader import LogReader
from flows.log.trimmer import LogTrimmer
from flows.models import Enrollment
from flows.personal_data.gather import Person
from flows.pseudonyms.names import Names
from flows.pseudonyms.publish import take_names_back
from flows.pseudonyms.who import hiding
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxReader
from flows.stores.known_names import who_was_meant
from flows.stores.store import StoreUnavailableError
from flows.stores.transaction import transaction

#: A read of the aggregation API is given up after ten seconds.
READERS_SECONDS: Final = 12.0
_STORES_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Parts:
    """What an erasure works with.

    Attributes:
        settings: Where everything is.
        engine: Of PostgreSQL.
        redis: Of the log.
        keys: Of the list of who was erased.
        say: Told each step, in words.
        readers_seconds: How long whoever reads the lake now may go on with files that go.
    """

    settings: FlowsSettings
    engine: Engine
    redis: Redis
    keys: Keys
    say: Say
    readers_seconds: float = READERS_SECONDS

    @property
    def names(self) -> Names:
        """Who is who in pseudonymous courses."""
        return Names(self.settings.names_url)


@dataclass
class Report:
    """What became of an erasure.

    Attributes:
        searched: What was looked at in each store.
        notes: What is left for the operator to do.
    """

    searched: list[Searched] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not any(each.found for each in self.searched)


def people(parts: Parts, student: str, course: str | None) -> list[Person]:
    """Return in which courses a student is known, or is being erased.

    Raises:
        ErasureError: In none.
        FullLogNotSetError: InfluxDB gets events, and the settings do not name it.
        PseudonymError: It may be in a pseudonymous course, whose key is not here.
        StoreUnavailableError: A store does not answer.
        redis.RedisError: Redis does not answer.
    """
    require_full_log_set(parts.settings, parts.redis)
    ids = hiding(parts.engine).ids_of(student, course)
    query = select(Enrollment.course_id, Enrollment.student_id).where(
        Enrollment.student_id.in_(ids)
    )
    with transaction(parts.engine) as connection:
        found = {Person(*row) for row in connection.execute(query)}
    begun = [each for each in erased.entries(parts.engine) if each.completed_at is None]
    for each in begun:
        who = (Person(each.course_id, stored) for stored in ids)
        found.update(person for person in who if parts.keys.find(person, [each]))
    if course is not None:
        [stored] = ids
        only = Person(course, stored)
        found &= {only}
        if not found and not _ask_stores(parts, only).is_empty:
            found = {only}
    if not found:
        where = "in any course" if course is None else f"in course {course}"
        near = who_was_meant(parts.engine, student, course)
        raise ErasureError(f"nobody with the id {student!r} is known {where}{near}")
    return sorted(found, key=lambda person: person.course_id)


def _ask_stores(parts: Parts, person: Person) -> Facts:
    end = position_from_ns(read_end(parts.redis).position_ns)
    return gather_facts(parts.settings, parts.engine, parts.redis, person, end)


def erase(parts: Parts, persons: Sequence[Person]) -> Report:
    """Erase somebody from courses, prove it, and note it as whole.

    Raises:
        LogPinnedError: A backup, a rebuild or another erasure runs.
        StoreUnavailableError: A store does not answer; say the same again.
        redis.RedisError: Redis does not answer; say the same again.
    """
    with LogTrimmer(parts.redis).untrimmed():
        up_to = position_from_ns(read_end(parts.redis).position_ns)
        begun = [
            (person, erased.begin(parts.engine, parts.keys, person, up_to)) for person in persons
        ]
        await_stores(parts, up_to)
        facts = {}
        for person, entry in begun:
            facts[person] = erase_rows(parts, person, up_to, entry.erasure_id)
        report = clean_up(parts, facts)
        if report.is_whole:
            for _, entry in begun:
                erased.complete(parts.engine, entry)
            _tell_copies(parts, report)
    return report


def erase_rows(
    parts: Parts, person: Person, up_to: str, erasure_id: str, *, master_data: bool = True
) -> Facts:
    """Take a person's rows, entries and points up to a position out of every store.

    Args:
        parts: What to work with.
        person: Who.
        up_to: The last position that goes.
        erasure_id: By which the log's events are counted once.
        master_data: Whether what has no position goes too: it may be a new person's.

    Raises:
        StoreUnavailableError: A store does not answer; say the same again.
        redis.RedisError: Redis does not answer; say the same again.
    """
    say = parts.say
    say(f"course {person.course_id}:")
    facts = gather_facts(parts.settings, parts.engine, parts.redis, person, up_to)
    named = parts.names.of_course(person.course_id).get(person.student_id)
    if named is not None:
        facts.names.update(filter(None, (named.student_id, named.display_name)))
    counting = Counting(erasure_id, below_log(parts.redis, facts.positions))
    entries = erase_from_log(parts.redis, person, up_to, counting)
    say(f"  the log: {entries} events")
    if parts.settings.influx.url:
        with closing(InfluxReader(parts.settings.influx)) as reader:
            reader.erase(person.course_id, person.student_id, position_ns(up_to))
        say("  InfluxDB: deleted")
    if master_data:
        _erase_master_data(parts, person, up_to, facts)
    events, rollups = erase_from_lake(parts.settings, person, up_to)
    say(f"  the lake: {events} events, {rollups} rollups")
    if named is not None and master_data:
        parts.names.forget(person.course_id, person.student_id)
        take_names_back(parts.redis, person.course_id)
        say("  the names of pseudonymous courses: 1 name")
    if exports := delete_exports(person.course_id):
        say(f"  exports that the API kept of the course: {exports} deleted")
    return facts


def _erase_master_data(parts: Parts, person: Person, up_to: str, facts: Facts) -> None:
    rows = erase_from_postgres(parts.settings, parts.engine, parts.redis, person, up_to, facts)
    told = ", ".join(f"{count} of {table}" for table, count in sorted(rows.items()))
    parts.say(f"  PostgreSQL: {told or 'no row'}")
    publish_sections(parts.engine, parts.redis)
    publish_revoked(parts.engine, parts.redis)
    parts.say(f"  Redis: {erase_from_keys(parts.redis, person, facts)} other entries")


def write_anew(parts: Parts) -> None:
    """Write every store's files anew, so that they hold no more than the stores.

    Raises:
        StoreUnavailableError: A store does not answer; say the same again.
        redis.RedisError: Redis does not answer; say the same again.
    """
    files = rewrite_lake(parts.settings, parts.readers_seconds, parts.say)
    parts.say(f"the lake: {files} files deleted, and every snapshot before now ended")
    vacuum(parts.settings.postgres_url)
    written = rewrite_files(parts.redis)
    parts.say(f"written anew by Redis: {', '.join(written) or 'no file'}")


def clean_up(parts: Parts, facts: Mapping[Person, Facts]) -> Report:
    """Write every store's files anew, and search all bytes for whoever was erased.

    Raises:
        StoreUnavailableError: A store does not answer; say the same again.
        redis.RedisError: Redis does not answer; say the same again.
    """
    write_anew(parts)
    report = Report()
    for person, known in facts.items():
        marks = marks_of(parts.engine, person, known)
        if person.student_id not in marks.names:
            report.notes.append(
                f"somebody still has the id {person.student_id!r}, so the search was for "
                f"{len(marks.ids)} ids of sessions and events"
            )
        report.searched += [
            search_redis(parts.redis, marks),
            search_postgres(parts.settings.postgres_url, marks),
            search_lake(parts.settings, marks),
        ]
        influxdb = search_influxdb(parts.settings, marks)
        report.searched += [influxdb] if influxdb else []
    for each in report.searched:
        parts.say(f"searched {each.words}")
    return report


def _tell_copies(parts: Parts, report: Report) -> None:
    listed = erased.entries(parts.engine)
    told, not_there = tell_backups(parts.redis, listed)
    if told:
        report.notes.append(
            "these backups still hold what was erased, and a restore of them drops it: "
            + ", ".join(told)
        )
    if not_there:
        report.notes.append(
            "these backups were not found: give 'cellpulse restore --erased' a newer backup, or "
            f"the data folder's {erased.FILE}, when you restore them: " + ", ".join(not_there)
        )
    if parts.settings.lrs.url:
        report.notes.append(
            "the learning record store has statements under the student's pseudonym: see "
            "docs/privacy.md"
        )


def await_stores(parts: Parts, up_to: str) -> None:
    """Wait until every store has come to a place in the log; without a worker none gets anything.

    Raises:
        StoreUnavailableError: One does not come there.
        redis.RedisError: Redis does not answer.
    """
    log, end = LogReader(parts.redis), time.monotonic() + _STORES_SECONDS
    while is_alive(parts.redis, "worker"):
        committed = log.committed()
        behind = [
            store
            for store in parts.settings.stores
            if position_ns(committed.get(store, START)) < position_ns(up_to)
        ]
        if not behind:
            return
        if time.monotonic() > end:
            raise StoreUnavailableError(
                f"{', '.join(behind)} does not come to the log's end, see 'cellpulse status': say "
                "the same again when it has"
            )
        time.sleep(_POLL_SECONDS)
