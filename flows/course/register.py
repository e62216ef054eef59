"""Registers a course's content in PostgreSQL, and keeps what was there."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from flows.course.content import (
    CellContent,
    CourseContentError,
    ExerciseContent,
    NotebookContent,
)
from flows.course.match import Known, match
from flows.course.names import name_new
from flows.course.notebook_files import natural_order
from flows.course.publish import compact, version_of
from flows.course.registered_tables import (
    exercise_row,
    put_cells_and_checks,
    put_content,
    put_exercises,
    put_notebooks,
    retire,
)
from flows.models import (
    Course,
    Exercise,
    RegisteredCell,
    RegisteredExercise,
    Registration,
)
from flows.stores.store import StoreUnavailableError

_Place = tuple[str, str]  # a notebook's path, and the name that it gives to an exercise


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a registration found.

    Attributes:
        version: Of the compact copy `content`.
        exercises: The names of all exercises, in their order.
        checks: How many checks they have.
        new: Names that no earlier registration had.
        renamed: Names of exercises that the notebooks name otherwise now, with that name.
        retired: Names that this registration found no more, with their notebooks.
        unmatched: Names that events have and no registration had: no notebook has them.
        without_ids: Of each notebook whose cells have no ids, how many exercises it has: what a
            student has edited can be known by a mark of its own only.
    """

    version: str
    content: str
    exercises: list[str]
    checks: int
    new: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    retired: list[tuple[str, str]] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    without_ids: dict[str, int] = field(default_factory=dict)


def register(
    engine: Engine,
    course_id: str,
    notebooks: Sequence[NotebookContent],
    title: str | None = None,
    due: Mapping[str, datetime] | None = None,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Register a course as it is now, in one transaction.

    An exercise keeps its first name, which its events have, whatever the notebooks name it later.
    One that is not found any more is retired and stays, with its history, and comes back when a
    later registration finds it.

    Args:
        engine: Of the master data.
        course_id: The course.
        notebooks: All of its notebooks, in their order.
        title: Of the course; None keeps it.
        due: Times by exercises' names, which count more than the notebooks' own.
        dry_run: Only find out what that would change.

    Raises:
        CourseContentError: There is no exercise, or `due` names one that is not there.
        StoreUnavailableError: PostgreSQL does not answer, or refuses.
    """
    if not any(notebook.exercises for notebook in notebooks):
        raise CourseContentError(
            "no exercise in these notebooks: mark one by a heading, a tag or a grader"
        )
    try:
        with engine.connect() as connection, connection.begin() as step:
            _take_turns(connection, course_id)
            _put_course(connection, course_id, title)
            outcome = _register(connection, course_id, notebooks, due or {})
            if dry_run:
                step.rollback()
            return outcome
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def _register(
    connection: Connection,
    course_id: str,
    notebooks: Sequence[NotebookContent],
    due: Mapping[str, datetime],
) -> Outcome:
    now = datetime.now(UTC)
    current = [(n.path, exercise) for n in notebooks for exercise in n.exercises]
    before = _earlier(connection, course_id)
    same = _found_again(current, before)
    new = name_new(
        {(path, e.mark): e.marker for path, e in current if (path, e.mark) not in same},
        {row.exercise for row in before},
        [notebook.path for notebook in notebooks],
    )
    names = new | {place: row.exercise for place, row in same.items()}
    _require_named(due, names)
    gone = [row for row in before if row.exercise not in set(names.values())]
    put_notebooks(connection, course_id, notebooks, now)
    rows = _exercise_rows(course_id, current, names, same, due, now)
    put_exercises(connection, rows)
    put_cells_and_checks(connection, course_id, {names[path, e.mark]: e for path, e in current})
    retire(connection, course_id, gone, now)
    content = compact(notebooks, names)
    outcome = Outcome(
        version=version_of(content),
        content=content,
        exercises=[names[path, exercise.mark] for path, exercise in current],
        checks=sum(len(exercise.checks) for _, exercise in current),
        new=list(new.values()),
        renamed=_renamed(same),
        retired=[(row.exercise, row.notebook) for row in gone if row.retired_at is None],
        unmatched=_unmatched(connection, course_id),
        without_ids=_without_ids(notebooks),
    )
    _put_registration(connection, course_id, len(notebooks), outcome, now)
    return outcome


def _found_again(
    current: Sequence[tuple[str, ExerciseContent]], before: Mapping[Any, Sequence[CellContent]]
) -> dict[_Place, Any]:
    """Return of each exercise that was registered before its row, by where it stands now."""
    rows = list(before)
    found = match(
        [Known(path, e.mark, e.marker, e.cells) for path, e in current],
        [Known(row.notebook, row.mark, row.marker, before[row]) for row in rows],
    )
    return {
        (current[place][0], current[place][1].mark): rows[other] for place, other in found.items()
    }


def _exercise_rows(
    course_id: str,
    current: Sequence[tuple[str, ExerciseContent]],
    names: Mapping[_Place, str],
    same: Mapping[_Place, Any],
    due: Mapping[str, datetime],
    now: datetime,
) -> list[dict[str, Any]]:
    rows = []
    for at, (path, exercise) in enumerate(current):
        known = same.get((path, exercise.mark))
        name = names[path, exercise.mark]
        row = exercise_row(course_id, name, path, exercise, at)
        row["due_at"] = due.get(name) or exercise.due_at or (known.due_at if known else None)
        row["first_registered_at"] = known.first_registered_at if known else now
        rows.append(row)
    return rows


def _without_ids(notebooks: Sequence[NotebookContent]) -> dict[str, int]:
    return {
        notebook.path: len(notebook.exercises)
        for notebook in notebooks
        if notebook.exercises and not any(cell.cell_id for cell in notebook.cells)
    }


def _take_turns(connection: Connection, course_id: str) -> None:
    digest = hashlib.blake2b(f"register {course_id}".encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "big", signed=True)
    connection.execute(select(func.pg_advisory_xact_lock(number)))


def _earlier(connection: Connection, course_id: str) -> dict[Any, list[CellContent]]:
    """Return the exercises that earlier registrations had, in their order, with their cells."""
    of_course = RegisteredExercise.course_id == course_id
    query = select(RegisteredExercise.__table__).where(of_course)
    # Those that are not retired first: they are the likelier ones.
    order = (
        RegisteredExercise.retired_at.is_not(None),
        RegisteredExercise.place,
        RegisteredExercise.exercise,
    )
    rows = connection.execute(query.order_by(*order)).all()
    cells: dict[str, list[CellContent]] = {}
    query = select(RegisteredCell.__table__).where(RegisteredCell.course_id == course_id)
    for cell in connection.execute(query.order_by(RegisteredCell.place)):
        cells.setdefault(cell.exercise, []).append(
            CellContent(cell.place, cell.cell_id, cell.key, cell.code_sha256, cell.exercise)
        )
    return {row: cells.get(row.exercise, []) for row in rows}


def _unmatched(connection: Connection, course_id: str) -> list[str]:
    registered = select(RegisteredExercise.exercise).where(
        RegisteredExercise.course_id == course_id
    )
    seen = select(Exercise.exercise).where(
        Exercise.course_id == course_id,
        Exercise.exercise != "",
        Exercise.exercise.not_in(registered),
    )
    return sorted(connection.execute(seen).scalars(), key=natural_order)


def _require_named(due: Mapping[str, datetime], names: Mapping[_Place, str]) -> None:
    for name in due:
        if name not in names.values():
            raise CourseContentError(
                f"--due {name}: no exercise of these notebooks has this name; without --due, "
                "'cellpulse course show' lists them"
            )


def _renamed(same: Mapping[_Place, Any]) -> list[tuple[str, str]]:
    return [(row.exercise, mark) for (_, mark), row in same.items() if row.mark != mark]


def _put_course(connection: Connection, course_id: str, title: str | None) -> None:
    row = {"course_id": course_id, "title": title, "first_seen_at": datetime.now(UTC)}
    connection.execute(insert(Course).values(row).on_conflict_do_nothing())
    if title is not None:
        connection.execute(update(Course).where(Course.course_id == course_id).values(title=title))


def _put_registration(
    connection: Connection, course_id: str, notebooks: int, outcome: Outcome, now: datetime
) -> None:
    put_content(connection, course_id, outcome.version, outcome.content)
    connection.execute(
        insert(Registration).values(
            course_id=course_id,
            registered_at=now,
            version=outcome.version,
            notebooks=notebooks,
            exercises=len(outcome.exercises),
            checks=outcome.checks,
            new_exercises=len(outcome.new),
            retired_exercises=len(outcome.retired),
        )
    )
