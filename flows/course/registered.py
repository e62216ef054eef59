"""Reads what is registered of a course."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from flows.course.content import CourseContentError
from flows.models import (
    Course,
    RegisteredCheck,
    RegisteredCourse,
    RegisteredExercise,
    RegisteredNotebook,
)
from flows.stores.store import StoreUnavailableError


def is_registered(engine: Engine, course_id: str) -> bool:
    """Tell whether a course was ever registered.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(RegisteredCourse.version).where(RegisteredCourse.course_id == course_id)
    try:
        with engine.connect() as connection:
            return connection.execute(query).scalar() is not None
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def registered_course(engine: Engine, course_id: str) -> dict[str, Any]:
    """Return a course's title, notebooks, exercises and checks, ready for JSON.

    Raises:
        CourseContentError: Nothing is registered of it.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    try:
        with engine.connect() as connection:
            title = connection.execute(
                select(Course.title).where(Course.course_id == course_id)
            ).scalar()
            notebooks, exercises, checks = (
                connection.execute(
                    select(model.__table__)
                    .where(model.course_id == course_id)
                    .order_by(model.place)
                ).all()
                for model in (RegisteredNotebook, RegisteredExercise, RegisteredCheck)
            )
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error
    if not notebooks:
        raise CourseContentError(
            f"course {course_id!r}: nothing is registered; 'cellpulse course register' does it"
        )
    of_notebook = _by_notebook(exercises, checks)
    return {
        "course_id": course_id,
        "title": title or course_id,
        "notebooks": [
            {
                "notebook": row.notebook,
                "title": row.title,
                "language": row.language,
                "retired": row.retired_at is not None,
                "exercises": of_notebook.get(row.notebook, []),
            }
            for row in notebooks
        ],
    }


def _by_notebook(exercises: Sequence[Any], checks: Sequence[Any]) -> dict[str, list[Any]]:
    checks_of: dict[str, list[dict[str, Any]]] = {}
    for check in checks:
        checks_of.setdefault(check.exercise, []).append(
            {"check_name": check.check_name, "kind": check.kind, "points": check.points}
        )
    of_notebook: dict[str, list[Any]] = {}
    for row in exercises:
        of_notebook.setdefault(row.notebook, []).append(
            {
                "exercise": row.exercise,
                "title": row.title,
                "marker": row.marker,
                "points": row.points,
                "due_at": row.due_at and row.due_at.isoformat(),
                "retired": row.retired_at is not None,
                "checks": checks_of.get(row.exercise, []),
            }
        )
    return of_notebook
