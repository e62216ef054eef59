"""Takes a person out of PostgreSQL, in one transaction between two batches of events.

Tables are found by their columns, so that what a later version keeps of students goes too.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import duckdb
import psycopg
from psycopg import sql
from redis import Redis
from sqlalchemy import Connection, Engine, delete, exists, func, or_, update

from flows.erasure.facts import Facts, has_lake
from flows.erasure.read_log import events_after
from flows.log.logged_event import START, LoggedEvent, position_ns
from flows.models import (
    Base,
    Enrollment,
    Exercise,
    IssuedToken,
    Notebook,
    RegisteredExercise,
    Student,
)
from flows.personal_data.gather import Person
from flows.settings import LakeSettings
from flows.stores import erased_sessions
from flows.stores.lake_attach import CATALOG_SCHEMA, attach_lake, plain_error
from flows.stores.postgres import PostgresWriter, fold
from flows.stores.store import StoreUnavailableError

_EVERY_COURSE: Final = "*"


@dataclass
class _Others:
    """What others name in the course: notebooks, and of exercises the notebook named last."""

    notebooks: set[str] = field(default_factory=set)
    exercises: dict[str, str | None] = field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Note what the next event of the log names."""
        event = logged.event
        if event.notebook:
            self.notebooks.add(event.notebook)
        if event.exercise:
            known = self.exercises.get(event.exercise)
            self.exercises[event.exercise] = event.notebook or known


def erase_from_postgres(
    settings: LakeSettings, engine: Engine, redis: Redis, person: Person, up_to: str, facts: Facts
) -> Mapping[str, int]:
    """Take a person out; return how many rows went, by table.

    What the same id sent after `up_to` counts as a new person's, and stays.

    Raises:
        StoreUnavailableError: PostgreSQL or the lake does not answer; nothing is changed.
        redis.RedisError: Redis does not answer; nothing is changed.
    """
    went: dict[str, int] = {}
    with PostgresWriter(engine).between_batches() as (connection, position):
        others = _Others()
        lake_position = _ask_lake(settings, person, up_to, facts, others)
        start = min(lake_position, up_to, key=position_ns)
        later = []
        for logged in events_after(redis, start, position_ns(position)):
            is_theirs = logged.event.student_id == person.student_id
            if logged.event.course_id != person.course_id or (
                is_theirs and logged.position_ns <= position_ns(up_to)
            ):
                continue
            others.add(logged)
            if is_theirs:
                later.append(logged)
        erased_sessions.keep(connection, person.course_id, person.student_id, facts.highest_seqs)
        for table in reversed(Base.metadata.sorted_tables):
            is_of_students = {"course_id", "student_id"} <= set(table.columns.keys())
            if is_of_students and table.name != IssuedToken.__tablename__:
                gone = delete(table).where(
                    table.c.course_id == person.course_id,
                    table.c.student_id == person.student_id,
                )
                went[table.name] = connection.execute(gone).rowcount
        went[IssuedToken.__tablename__] = _revoke_tokens(connection, person)
        went[Student.__tablename__] = connection.execute(
            delete(Student).where(
                Student.student_id == person.student_id,
                ~exists().where(Enrollment.student_id == Student.student_id),
            )
        ).rowcount
        went |= _erase_names_of_files(connection, person, facts, others)
        if later:
            fold(connection, later)
    return {table: rows for table, rows in went.items() if rows}


def vacuum(postgres_url: str) -> None:
    """Have PostgreSQL give up deleted rows, and learn its statistics of values anew.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    try:
        with closing(psycopg.connect(postgres_url, autocommit=True)) as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', %s)",
                [CATALOG_SCHEMA],
            ).fetchall()
            names = sql.SQL(", ").join(sql.Identifier(*each) for each in tables)
            connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(names))
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def _revoke_tokens(connection: Connection, person: Person) -> int:
    """Revoke the tokens that are for this person alone, and keep no more than that."""
    elsewhere = exists().where(Enrollment.student_id == person.student_id)
    return connection.execute(
        update(IssuedToken)
        .where(
            IssuedToken.student_id == person.student_id,
            or_(
                IssuedToken.course_id == person.course_id,
                (IssuedToken.course_id == _EVERY_COURSE) & ~elsewhere,
            ),
        )
        .values(
            student_id=None, revoked_at=func.coalesce(IssuedToken.revoked_at, datetime.now(UTC))
        )
    ).rowcount


def _erase_names_of_files(
    connection: Connection, person: Person, facts: Facts, others: _Others
) -> dict[str, int]:
    """Take out notebooks and exercises that nobody else has run: a path may hold a name."""
    went = {}
    alone = facts.notebooks - others.notebooks
    went[Notebook.__tablename__] = connection.execute(
        delete(Notebook).where(
            Notebook.course_id == person.course_id, Notebook.notebook.in_(sorted(alone))
        )
    ).rowcount
    unnamed = facts.exercises - others.exercises.keys()
    registered = exists().where(
        RegisteredExercise.course_id == Exercise.course_id,
        RegisteredExercise.exercise == Exercise.exercise,
    )
    of_course = Exercise.course_id == person.course_id
    went[Exercise.__tablename__] = connection.execute(
        delete(Exercise).where(of_course, Exercise.exercise.in_(sorted(unnamed)), ~registered)
    ).rowcount
    for exercise in sorted(facts.exercises):
        named = others.exercises.get(exercise)
        connection.execute(
            update(Exercise).where(of_course, Exercise.exercise == exercise).values(notebook=named)
        )
    return went


def _ask_lake(
    settings: LakeSettings, person: Person, up_to: str, facts: Facts, others: _Others
) -> str:
    """Ask what others named up to the lake's position, and return that."""
    of_others = "course_id = $1 AND NOT (student_id = $2 AND position_ns <= $3)"
    who = [person.course_id, person.student_id, position_ns(up_to)]
    try:
        with attach_lake(settings.postgres_url, settings.lake_path, read_only=False) as lake:
            if not has_lake(lake):
                return START
            lake.execute("BEGIN")
            row = lake.execute("SELECT position FROM lake.log_position").fetchone()
            notebooks = lake.execute(
                f"SELECT DISTINCT notebook FROM lake.events WHERE {of_others} "  # noqa: S608 - ours
                "AND notebook IN (SELECT unnest($4::VARCHAR[]))",
                [*who, sorted(facts.notebooks)],
            ).fetchall()
            exercises = lake.execute(
                "SELECT exercise, arg_max(notebook, position_ns) FILTER (notebook <> '') "  # noqa: S608 - ours
                f"FROM lake.events WHERE {of_others} "
                "AND exercise IN (SELECT unnest($4::VARCHAR[])) GROUP BY exercise",
                [*who, sorted(facts.exercises)],
            ).fetchall()
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain
    others.notebooks.update(notebook for (notebook,) in notebooks)
    others.exercises.update(exercises)
    return str(row[0]) if row else START
