"""Writes what a course consists of into its tables, within the registration's transaction.

Each raises `sqlalchemy.exc.SQLAlchemyError` where PostgreSQL does not answer, or refuses.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, inspect, update
from sqlalchemy.dialects.postgresql import insert

from flows.course.content import ExerciseContent, NotebookContent
from flows.models import (
    Base,
    RegisteredCell,
    RegisteredCheck,
    RegisteredCourse,
    RegisteredExercise,
    RegisteredNotebook,
)


def put_notebooks(
    connection: Connection, course_id: str, notebooks: Sequence[NotebookContent], now: datetime
) -> None:
    """Put notebooks in the place of those of the same paths, and retire the course's others."""
    rows = [
        {
            "course_id": course_id,
            "notebook": notebook.path,
            "title": notebook.title,
            "language": notebook.language,
            "place": place,
            "retired_at": None,
        }
        for place, notebook in enumerate(notebooks)
    ]
    _upsert(connection, RegisteredNotebook, rows)
    gone = update(RegisteredNotebook).where(
        RegisteredNotebook.course_id == course_id,
        RegisteredNotebook.retired_at.is_(None),
        RegisteredNotebook.notebook.not_in([notebook.path for notebook in notebooks]),
    )
    connection.execute(gone.values(retired_at=now))


def exercise_row(
    course_id: str, name: str, path: str, exercise: ExerciseContent, place: int
) -> dict[str, Any]:
    """Return an exercise's row, without when it is due and when it was registered first."""
    return {
        "course_id": course_id,
        "exercise": name,
        "notebook": path,
        "mark": exercise.mark,
        "marker": exercise.marker,
        "title": exercise.title,
        "place": place,
        "points": exercise.points,
        "retired_at": None,
    }


def put_exercises(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Put exercises in the place of those of the same names."""
    _upsert(connection, RegisteredExercise, rows)


def put_cells_and_checks(
    connection: Connection, course_id: str, exercises: Mapping[str, ExerciseContent]
) -> None:
    """Replace those of `exercises`, by their names; a statement for each would take seconds."""
    checks = [
        {
            "course_id": course_id,
            "exercise": name,
            "check_name": check.name,
            "kind": check.kind,
            "points": check.points,
            "place": at,
        }
        for name, exercise in exercises.items()
        for at, check in enumerate(exercise.checks)
    ]
    cells = [
        {
            "course_id": course_id,
            "exercise": name,
            "place": cell.place,
            "cell_id": cell.cell_id,
            "key": cell.key,
            "code_sha256": cell.code_sha256,
        }
        for name, exercise in exercises.items()
        for cell in exercise.cells
    ]
    for model, rows in ((RegisteredCheck, checks), (RegisteredCell, cells)):
        own = (model.course_id == course_id, model.exercise.in_(list(exercises)))
        connection.execute(delete(model).where(*own))
        if rows:
            connection.execute(insert(model), rows)


def retire(connection: Connection, course_id: str, gone: Sequence[Any], now: datetime) -> None:
    """Retire the exercises with these rows, where they are not retired already."""
    retired = update(RegisteredExercise).where(
        RegisteredExercise.course_id == course_id,
        RegisteredExercise.retired_at.is_(None),
        RegisteredExercise.exercise.in_([row.exercise for row in gone]),
    )
    connection.execute(retired.values(retired_at=now))


def put_content(connection: Connection, course_id: str, version: str, content: str) -> None:
    """Put the compact copy that the edge reads, with its version."""
    row = {"course_id": course_id, "version": version, "content": content}
    _upsert(connection, RegisteredCourse, [row])


def _upsert(connection: Connection, model: type[Base], rows: list[dict[str, Any]]) -> None:
    statement = insert(model)
    key = [column.name for column in inspect(model).primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values), rows)
