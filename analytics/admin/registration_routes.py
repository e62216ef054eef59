"""The addresses by which an admin registers what a course consists of: look first, then do it."""

import logging
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import APIRouter

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import CourseOfAdmin, OfficeOfAdmin
from analytics.admin.registration_responses import (
    RegistrationPreview,
    RetiredExercise,
    SentExercise,
)
from analytics.admin.uploads import FILE_PROBLEMS, SentNotebooks, documented_file
from analytics.bodies import ZIP
from analytics.errors import LakeUnavailableError
from analytics.parameters import require_course_id
from flows.course.content import CourseContentError, NotebookContent
from flows.course.notebook_zip import unpack_notebooks
from flows.course.publish import publish
from flows.course.read_course import read_course
from flows.course.register import Outcome, register
from ingest_api.problems import Problem

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1/admin", responses=FILE_PROBLEMS)
_REGISTRATION: Final = "/courses/{course_id:path}/registration"


@router.post(
    f"{_REGISTRATION}/preview",
    responses=examples.answer(admin_examples.REGISTRATION),
    openapi_extra=documented_file(ZIP),
)
def post_registration_preview(
    office: OfficeOfAdmin, course_id: CourseOfAdmin, sent: SentNotebooks
) -> RegistrationPreview:
    """Return which exercises these notebooks have, and what registering them would change."""
    notebooks, outcome = _register(office, course_id, sent, dry_run=True)
    return _preview(course_id, notebooks, outcome)


@router.post(
    _REGISTRATION,
    responses=examples.answer(admin_examples.REGISTRATION),
    openapi_extra=documented_file(ZIP),
)
def post_registration(
    office: OfficeOfAdmin, course_id: CourseOfAdmin, sent: SentNotebooks
) -> RegistrationPreview:
    """Register the course as these notebooks: what they lack is retired, and keeps its history."""
    notebooks, outcome = _register(office, course_id, sent, dry_run=False)
    if office.stores.has_redis:
        try:
            with office.stores.redis() as redis:
                publish(redis, course_id, outcome.version, outcome.content)
        except LakeUnavailableError as error:
            # The worker looks every few seconds what Redis lacks.
            logger.warning("registered, but the ingest is not told yet: %s", error)
    office.note(
        "course registered",
        course_id,
        f"{len(notebooks)} notebooks, {len(outcome.exercises)} exercises, "
        f"{len(outcome.new)} new, {len(outcome.retired)} retired",
        notebooks=len(notebooks),
        exercises=len(outcome.exercises),
        new=len(outcome.new),
        retired=len(outcome.retired),
    )
    return _preview(course_id, notebooks, outcome)


def _register(
    office: OfficeOfAdmin, course_id: str, sent: Path, *, dry_run: bool
) -> tuple[list[NotebookContent], Outcome]:
    require_course_id(course_id)
    with tempfile.TemporaryDirectory() as unpacked:
        folder = Path(unpacked)
        try:
            unpack_notebooks(sent, folder)
            notebooks = read_course([folder])
            with office.stores.postgres() as engine:
                return notebooks, register(engine, course_id, notebooks, dry_run=dry_run)
        except CourseContentError as error:
            # Whoever sent the notebooks knows them by their names in the zip file.
            said = str(error).replace(f"{folder}/", "")
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, said) from error


def _preview(
    course_id: str, notebooks: list[NotebookContent], outcome: Outcome
) -> RegistrationPreview:
    renamed = dict(outcome.renamed)
    found = [(notebook, exercise) for notebook in notebooks for exercise in notebook.exercises]
    return RegistrationPreview(
        course_id=course_id,
        notebooks=[notebook.path for notebook in notebooks],
        exercises=[
            SentExercise(
                exercise=name,
                title=exercise.title,
                notebook=notebook.path,
                points=exercise.points,
                due_at=exercise.due_at,
                checks=[check.name for check in exercise.checks],
                is_new=name in outcome.new,
                named_now=renamed.get(name),
            )
            for name, (notebook, exercise) in zip(outcome.exercises, found, strict=True)
        ],
        checks=outcome.checks,
        new=len(outcome.new),
        retired=[
            RetiredExercise(exercise=name, notebook=notebook) for name, notebook in outcome.retired
        ],
        unmatched=outcome.unmatched,
        without_ids=list(outcome.without_ids),
    )
