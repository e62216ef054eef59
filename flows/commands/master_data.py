"""The master data as commands reach them, and the id of the course that they are asked about."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine

from flows.course.content import CourseContentError
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
