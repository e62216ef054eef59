"""The master data as commands reach them, and the id of the course that they are asked about."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine

from flows.course.content import CourseContentError
from flows.stores.known_names import course_ids, meant
from flows.stores.postgres import engine_for
from ingest_api.events import CourseId
from ingest_api.faults import fault_words


@contextmanager
def master_data(postgres_url: str) -> Iterator[Engine]:
    """Connect to PostgreSQL for as long as a command needs it."""
    engine = engine_for(postgres_url)
    try:
        yield engine
    finally:
        engine.dispose()


def check_course(course_id: str) -> None:
    """Let a course's id pass that events may carry.

    Raises:
        CourseContentError: No event can name a course so.
    """
    try:
        TypeAdapter(CourseId).validate_python(course_id)
    except ValidationError as error:
        words = fault_words(error.errors()[0])
        raise CourseContentError(f"--course {course_id!r}: {words}") from error


def ask_about_new_course(engine: Engine, course_id: str) -> None:
    """Ask on stderr whether a course that is about to be new was meant to be another one.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    known = course_ids(engine)
    if course_id not in known and (near := meant(course_id, known)):
        click.echo(f"nothing was known of a course {course_id!r} before{near}", err=True)
