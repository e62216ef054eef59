"""PostgreSQL's writer: master data and current state, by upserts, in one transaction a batch."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from flows.log.logged_event import START, LoggedEvent, position_ns
from flows.models import (
    Base,
    Course,
    Enrollment,
    Exercise,
    Notebook,
    Session,
    SkippedEvent,
    StorePosition,
    Student,
    StudentState,
)
from flows.stores import erased_sessions
from flows.stores.folds import FIRST_SEQ, CurrentState, SessionState
from flows.stores.many_rows import arrays, insert_new, insert_rows, rows_with_keys, upsert
from flows.stores.postgres_address import NOTICE_LOST_CLIENTS, with_timeouts
from flows.stores.store import (
    BATCH_EVENTS,
    Later,
    NotYetPassedError,
    PoisonEventError,
    StoreUnavailableError,
    require_no_hole,
)
from flows.stores.versions import require_known_tables


def engine_for(postgres_url: str) -> Engine:
    """Return an engine for a `postgresql://` address; it connects on first use.

    Connecting to tables of a newer version raises `UnknownDataVersionError`.
    """
    scheme, _, rest = with_timeouts(postgres_url).partition("://")
    driver = scheme if "+" in scheme else "postgresql+psycopg"
    engine = create_engine(
        f"{driver}://{rest}", pool_pre_ping=True, pool_size=2, hide_parameters=True
    )
    event.listen(engine, "connect", _notice_lost_clients)
    event.listen(engine, "connect", _refuse_newer_tables)
    return engine


def _notice_lost_clients(connection: DBAPIConnection, _: object) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute(NOTICE_LOST_CLIENTS)
    connection.commit()


def _refuse_newer_tables(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL")
    if (cursor.fetchone() or (False,))[0]:
        cursor.execute("SELECT version_num FROM public.alembic_version")
        for (revision,) in cursor.fetchall():
            require_known_tables(revision)
    cursor.close()
    connection.rollback()


_State = TypeVar("_State")
_Key = tuple[str, ...]
_Rows = dict[_Key, dict[str, Any]]
_Statement = Callable[[type[Base], tuple[str, ...]], Insert]
#: Classes of SQLSTATE that a smaller batch, or one without its poison event, does not meet: bad
#: data, a violated constraint, and a limit of the server such as the length of a key.
_REFUSED = ("22", "23", "54")


class PostgresWriter:
    """Folds batches of events into master data and current state, each exactly once.

    The row of `store_position` is locked first, so that writers take turns, and is written with
    the rest, so that a batch that comes again finds itself applied.
    """

    name = "postgres"
    batch_events = BATCH_EVENTS

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),
        *,
        after: str | None = None,
    ) -> None:
        """Apply what is new of `events`; see `Store.apply`."""
        with self._translated_errors(), self._engine.begin() as connection:
            remembered = self._locked_position(connection)
            require_no_hole(remembered, after)
            applied = position_ns(remembered)
            fresh = [event for event in events if event.position_ns > applied]
            passed = [place for place in map(position_ns, skipped) if place > applied]
            if fresh:
                fold(connection, fresh)
            if passed:
                now = datetime.now(UTC)
                rows = [{"position_ns": place, "skipped_at": now} for place in passed]
                connection.execute(insert_new(SkippedEvent, tuple(rows[0])), arrays(rows))
            if position_ns(position) > applied:
                self._set_position(connection, position)

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:
        """Apply an event that was skipped, as if in its place; see `Store.apply_late`."""
        with self._translated_errors(), self._engine.begin() as connection:
            applied = position_ns(self._locked_position(connection))
            if logged.position_ns > applied:
                raise NotYetPassedError("PostgreSQL")
            left_out = delete(SkippedEvent).where(SkippedEvent.position_ns == logged.position_ns)
            if not connection.execute(left_out).rowcount:
                return
            following = later(logged)
            if following is not None:
                others = set(connection.execute(select(SkippedEvent.position_ns)).scalars())
                following = [
                    event
                    for event in following
                    if event.position_ns <= applied and event.position_ns not in others
                ]
            _upsert_master_data(connection, [logged], insert_new)
            _fold_student_states(
                connection, [logged], lambda state, event: state.after_late(event, following)
            )
            if logged.event.session_id is not None:
                _fold_sessions(
                    connection, [logged], lambda state, event: state.after_late(event, following)
                )

    @contextmanager
    def between_batches(self) -> Iterator[tuple[Connection, str]]:
        """Open a transaction during which no batch is applied; yield it with the log position.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        with self._translated_errors(), self._engine.begin() as connection:
            yield connection, self._locked_position(connection)

    def position(self) -> str:
        """Return the log position of the last event applied; see `Store.position`."""
        with self._translated_errors(), self._engine.connect() as connection:
            query = select(StorePosition.position).where(StorePosition.store == self.name)
            return connection.execute(query).scalar_one_or_none() or START

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def lost_events(self) -> int:
        """Return how many sequence numbers are missing over all sessions.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        with self._translated_errors(), self._engine.connect() as connection:
            return sum(connection.execute(select(Session.lost_events)).scalars())

    def database_bytes(self) -> int:
        """Return how large the database is, the lake's catalog included.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        query = select(func.pg_database_size(func.current_database()))
        with self._translated_errors(), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def _locked_position(self, connection: Connection) -> str:
        row = {"store": self.name, "position": START, "updated_at": datetime.now(UTC)}
        connection.execute(insert(StorePosition).values(row).on_conflict_do_nothing())
        query = select(StorePosition.position).where(StorePosition.store == self.name)
        return connection.execute(query.with_for_update()).scalar_one()

    def _set_position(self, connection: Connection, position: str) -> None:
        row = {"store": self.name, "position": position, "updated_at": datetime.now(UTC)}
        connection.execute(upsert(StorePosition, tuple(row)), arrays([row]))

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            sqlstate = getattr(error.orig, "sqlstate", None) or ""
            if sqlstate.startswith(_REFUSED):
                raise PoisonEventError(f"PostgreSQL refuses it: {error.orig}") from error
            raise StoreUnavailableError(f"PostgreSQL: {error}") from error
        except SQLAlchemyError as error:
            raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def fold(connection: Connection, events: Sequence[LoggedEvent]) -> None:
    """Fold events, in log order, into master data, states and sessions."""
    _upsert_master_data(connection, events)
    _fold_student_states(connection, events)
    _fold_sessions(connection, [each for each in events if each.event.session_id is not None])


@cache
def _upsert_exercises(model: type[Base], names: tuple[str, ...]) -> Insert:
    """Return the statement that also says in which notebook an exercise was run last."""
    statement = insert_rows(model, names)
    return statement.on_conflict_do_update(
        index_elements=["course_id", "exercise"],
        set_={"notebook": statement.excluded.notebook},
        where=statement.excluded.notebook.is_not(None),
    )


def _upsert_master_data(
    connection: Connection,
    events: Sequence[LoggedEvent],
    exercises_statement: _Statement = _upsert_exercises,
) -> None:
    # In the order of their foreign keys; `_execute_many` orders by key, so no two can deadlock.
    new: dict[type[Base], _Rows] = {Course: {}, Student: {}, Enrollment: {}, Notebook: {}}
    exercises: _Rows = {}
    for logged in events:
        event, seen = logged.event, logged.seen_at
        course = {"course_id": event.course_id}
        student = {"student_id": event.student_id}
        first_seen = {"first_seen_at": seen}
        new[Course].setdefault((event.course_id,), course | first_seen)
        new[Student].setdefault((event.student_id,), student | first_seen)
        new[Enrollment].setdefault(
            (event.course_id, event.student_id), course | student | {"enrolled_at": seen}
        )
        if event.notebook:
            notebook = {"notebook": event.notebook}
            new[Notebook].setdefault(
                (event.course_id, event.notebook), course | notebook | first_seen
            )
        if event.exercise:
            key = (event.course_id, event.exercise)
            row = exercises.setdefault(
                key, course | {"exercise": event.exercise, "notebook": None} | first_seen
            )
            row["notebook"] = event.notebook or row["notebook"]
    for model, rows in new.items():
        _execute_many(connection, model, rows, insert_new)
    _execute_many(connection, Exercise, exercises, exercises_statement)


def _execute_many(
    connection: Connection, model: type[Base], rows: _Rows, statement: _Statement
) -> None:
    if rows:
        ordered = [rows[key] for key in sorted(rows)]
        connection.execute(statement(model, tuple(ordered[0])), arrays(ordered))


def _fold_student_states(
    connection: Connection,
    events: Sequence[LoggedEvent],
    after: Callable[[CurrentState, LoggedEvent], CurrentState] = CurrentState.after,
) -> None:
    def key(logged: LoggedEvent) -> _Key:
        return logged.event.course_id, logged.event.student_id

    states = {
        (row.course_id, row.student_id): CurrentState(
            last_seen_at=row.last_seen_at,
            last_run_at=row.last_run_at,
            notebook=row.notebook,
            exercise=row.exercise,
            last_status=row.last_status,
            runs=row.runs,
            errors=row.errors,
            error_streak=row.error_streak,
        )
        for row in rows_with_keys(connection, StudentState, {key(logged) for logged in events})
    }
    changed = _fold(states, events, key, CurrentState.before, after)
    rows: _Rows = {
        (course_id, student_id): {
            "course_id": course_id,
            "student_id": student_id,
            "last_seen_at": state.last_seen_at,
            "last_run_at": state.last_run_at,
            "notebook": state.notebook,
            "exercise": state.exercise,
            "last_status": state.last_status,
            "runs": state.runs,
            "errors": state.errors,
            "error_streak": state.error_streak,
        }
        for (course_id, student_id), state in changed.items()
    }
    _execute_many(connection, StudentState, rows, upsert)


def _fold_sessions(
    connection: Connection,
    events: Sequence[LoggedEvent],
    after: Callable[[SessionState, LoggedEvent], SessionState] = SessionState.after,
) -> None:
    def key(logged: LoggedEvent) -> _Key:
        event = logged.event
        return event.course_id, event.student_id, event.session_id or ""

    states = {
        (row.course_id, row.student_id, row.session_id): SessionState(
            notebook=row.notebook,
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
            ended_at=row.ended_at,
            highest_seq=row.highest_seq,
            gaps=tuple((part.lower, part.upper) for part in row.gaps),
            erased_seq=row.erased_seq,
        )
        for row in rows_with_keys(connection, Session, {key(logged) for logged in events})
    }
    going_on = erased_sessions.take(connection, {key(logged) for logged in events} - states.keys())

    def before(logged: LoggedEvent) -> SessionState:
        return SessionState.before(logged, going_on.get(key(logged), FIRST_SEQ - 1))

    changed = _fold(states, events, key, before, after)
    rows: _Rows = {
        (course_id, student_id, session_id): {
            "course_id": course_id,
            "student_id": student_id,
            "session_id": session_id,
            "notebook": state.notebook,
            "started_at": state.started_at,
            "last_seen_at": state.last_seen_at,
            "ended_at": state.ended_at,
            "highest_seq": state.highest_seq,
            "gaps": Multirange([Range(start, end) for start, end in state.gaps]),
            "lost_events": state.lost_events,
            "erased_seq": state.erased_seq,
        }
        for (course_id, student_id, session_id), state in changed.items()
    }
    _execute_many(connection, Session, rows, upsert)


def _fold(
    states: dict[Any, _State],
    events: Sequence[LoggedEvent],
    key: Callable[[LoggedEvent], _Key],
    before: Callable[[LoggedEvent], _State],
    after: Callable[[_State, LoggedEvent], _State],
) -> dict[_Key, _State]:
    changed: dict[_Key, _State] = {}
    for logged in events:
        place = key(logged)
        state = changed.get(place) or states.get(place) or before(logged)
        changed[place] = after(state, logged)
    return changed
