"""The compact copy of a registered course: made for the edge, kept in PostgreSQL, put on Redis."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis import Redis
from sqlalchemy import Engine, select

from flows.course.content import NotebookContent
from flows.models import RegisteredCourse
from ingest_api.course_content import OUTSIDE, CourseContent, NotebookCells
from ingest_api.registered_courses import CONTENTS, VERSIONS


def compact(notebooks: Sequence[NotebookContent], names: Mapping[tuple[str, str], str]) -> str:
    """Return the compact copy.

    Args:
        notebooks: The course, in its order.
        names: The name of each exercise, by its notebook's path and its name there.
    """
    exercises = [names[n.path, exercise.mark] for n in notebooks for exercise in n.exercises]
    place = {name: at for at, name in enumerate(exercises)}
    checks: dict[str, set[int]] = {}
    for notebook in notebooks:
        for exercise in notebook.exercises:
            for check in exercise.checks:
                owner = place[names[notebook.path, exercise.mark]]
                checks.setdefault(check.name, set()).add(owner)
    content = CourseContent(
        exercises=exercises,
        notebooks=[_cells(notebook, names, place) for notebook in notebooks],
        checks={name: min(owners) for name, owners in checks.items() if len(owners) == 1},
    )
    return content.model_dump_json()


def version_of(content: str) -> str:
    """Return the version of a compact copy: the same copy has the same one."""
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def publish(redis: Redis, course_id: str, version: str, content: str) -> None:
    """Put a compact copy where the edge reads it.

    Raises:
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    with redis.pipeline(transaction=True) as step:
        step.hset(CONTENTS, course_id, content)
        step.hset(VERSIONS, course_id, version)
        step.execute()


def publish_what_lacks(engine: Engine, redis: Redis) -> None:
    """Publish each copy that Redis does not have as PostgreSQL has it, after a loss of Redis.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer.
    """
    published = cast("dict[bytes, bytes]", redis.hgetall(VERSIONS))
    with engine.connect() as connection:
        rows = connection.execute(select(RegisteredCourse.course_id, RegisteredCourse.version))
        for course_id, version in rows.all():
            if published.get(course_id.encode()) == version.encode():
                continue
            query = select(RegisteredCourse.version, RegisteredCourse.content).where(
                RegisteredCourse.course_id == course_id
            )
            publish(redis, course_id, *connection.execute(query).one())


def _cells(
    notebook: NotebookContent, names: Mapping[tuple[str, str], str], place: Mapping[str, int]
) -> NotebookCells:
    def of(mark: str | None) -> int:
        return OUTSIDE if mark is None else place[names[notebook.path, mark]]

    sources: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.code_sha256:
            sources.setdefault(cell.code_sha256, []).append(of(cell.exercise))
    return NotebookCells(
        path=notebook.path,
        cell_ids={cell.cell_id: of(cell.exercise) for cell in notebook.cells if cell.cell_id},
        # The same words in two exercises tell neither.
        sources={sha: places[0] for sha, places in sources.items() if len(set(places)) == 1},
        # A test that the hook knows by its own grade id alone belongs to its solution.
        names={
            cell.key: of(exercise.mark)
            for exercise in notebook.exercises
            if exercise.marker == "nbgrader"
            for cell in exercise.cells
            if cell.key
        }
        | {exercise.mark: of(exercise.mark) for exercise in notebook.exercises},
    )
