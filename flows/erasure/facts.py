"""What the stores know of a person before it is erased, without which the rest can't be done well.

Which notebooks only they had, by which ids they can be found in bytes, and how many of their events
the log has no more.
"""

import json
from dataclasses import dataclass, field

import duckdb
from redis import Redis
from sqlalchemy import Engine, select

from flows.erasure.marks import Marks
from flows.erasure.read_log import events_of
from flows.log.logged_event import LoggedEvent, position_ns
from flows.models import Enrollment, Session
from flows.personal_data.gather import Person
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxReader
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.store import StoreUnavailableError
from flows.stores.transaction import transaction


@dataclass
class Facts:
    """What was found.

    Attributes:
        positions: Places in the log of events that a store has.
        event_ids: Their ids.
        sessions: Ids of sessions.
        highest_seqs: Of each session the highest sequence number of these events.
        notebooks: Paths of notebooks that they ran.
        exercises: Exercises that they ran.
        names: The id, and names that the roster gives.
    """

    positions: set[int] = field(default_factory=set)
    event_ids: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    highest_seqs: dict[str, int] = field(default_factory=dict)
    notebooks: set[str] = field(default_factory=set)
    exercises: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether nobody knows of them."""
        return not (self.positions or self.sessions or self.names)

    def add(self, logged: LoggedEvent) -> None:
        """Note one of their events."""
        event = logged.event
        self.event_ids.add(str(event.event_id))
        if event.session_id:
            self.sessions.add(event.session_id)
            self.note_seq(event.session_id, event.seq)
        if event.notebook:
            self.notebooks.add(event.notebook)
        if event.exercise:
            self.exercises.add(event.exercise)

    def note_seq(self, session_id: str, seq: int | None) -> None:
        """Note a sequence number of a session."""
        self.highest_seqs[session_id] = max(self.highest_seqs.get(session_id, 0), seq or 0)


def gather_facts(
    settings: FlowsSettings, engine: Engine, redis: Redis, person: Person, up_to: str
) -> Facts:
    """Ask every store about a person.

    Raises:
        StoreUnavailableError: A store does not answer.
        redis.RedisError: Redis does not answer.
    """
    facts = Facts()
    _ask_postgres(engine, person, facts)
    _ask_lake(settings, person, position_ns(up_to), facts)
    for logged in events_of(redis, person, up_to):
        facts.positions.add(logged.position_ns)
        facts.add(logged)
    if settings.influx.url:
        reader = InfluxReader(settings.influx)
        try:
            for logged in reader.of_student(
                person.course_id, person.student_id, position_ns(up_to)
            ):
                facts.positions.add(logged.position_ns)
                facts.add(logged)
        finally:
            reader.close()
    return facts


def marks_of(engine: Engine, person: Person, facts: Facts) -> Marks:
    """Return by what a person is found in bytes, once they are gone from PostgreSQL.

    An id or a name that somebody has still, in another course or as a new person, is none.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        rows = connection.execute(select(Enrollment.student_id, Enrollment.display_name)).all()
    others = {text for row in rows for text in row if text}
    wanted = {person.student_id, *facts.names} - others
    names = wanted | {json.dumps(name)[1:-1] for name in wanted}
    holding = {other for other in others if any(name in other for name in names)}
    return Marks(frozenset(names), frozenset(facts.event_ids | facts.sessions), frozenset(holding))


def _ask_postgres(engine: Engine, person: Person, facts: Facts) -> None:
    of_person = (
        Enrollment.course_id == person.course_id,
        Enrollment.student_id == person.student_id,
    )
    with transaction(engine) as connection:
        names = (
            connection.execute(select(Enrollment.display_name).where(*of_person)).scalars().all()
        )
        sessions = select(Session.session_id).where(
            Session.course_id == person.course_id, Session.student_id == person.student_id
        )
        facts.sessions.update(connection.execute(sessions).scalars())
    if names:
        facts.names.add(person.student_id)
    facts.names.update(name for name in names if name)


def _ask_lake(settings: FlowsSettings, person: Person, up_to_ns: int, facts: Facts) -> None:
    try:
        with attach_lake(settings.postgres_url, settings.lake_path, read_only=False) as lake:
            if not has_lake(lake):
                return
            result = lake.execute(
                "SELECT position_ns, event_id, session_id, notebook, exercise FROM lake.events "
                "WHERE course_id = $1 AND student_id = $2 AND position_ns <= $3",
                [person.course_id, person.student_id, up_to_ns],
            )
            kept = (facts.event_ids, facts.sessions, facts.notebooks, facts.exercises)
            while rows := result.fetchmany(10_000):
                for position, *texts in rows:
                    facts.positions.add(position)
                    for texts_of_kind, text in zip(kept, texts, strict=True):
                        if text:
                            texts_of_kind.add(text)
            highest = lake.execute(
                "SELECT session_id, max(seq) FROM lake.events WHERE course_id = $1 "
                "AND student_id = $2 AND position_ns <= $3 AND session_id IS NOT NULL GROUP BY 1",
                [person.course_id, person.student_id, up_to_ns],
            )
            for session_id, seq in highest.fetchall():
                facts.note_seq(session_id, seq)
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain


def has_lake(lake: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the lake has been made."""
    query = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'events'"
    return lake.execute(query).fetchone() is not None
