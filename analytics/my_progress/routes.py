"""The addresses of one student's own page, under `/api/v1`."""

import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from analytics import examples
from analytics.access import ClassReader, OwnStudentOf, StudentOf
from analytics.answers import require_member
from analytics.my_progress import answers as my_progress_answers
from analytics.my_progress import examples as my_progress_examples
from analytics.my_progress.responses import (
    DeletionRequest,
    DeletionRequests,
    OwnOverview,
    OwnPreferences,
)
from analytics.my_progress.writer import StudentWriter
from analytics.routes import COURSE, Lake
from ingest_api.problems import Problem
from ingest_api.tokens import ALL_COURSES

router = APIRouter(prefix="/api/v1", responses={**examples.PROBLEMS, **examples.NOT_TEXT})
_STUDENT: Final = f"{COURSE}/students/{{student_id:path}}"
ZIP: Final = "application/zip"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}


async def _writer(request: Request) -> Any:
    return request.app.state.students


Writer = Annotated[StudentWriter, Depends(_writer)]


def _known_student(lake: Lake, student: StudentOf) -> tuple[str, str]:
    lake.read(lambda connection: require_member(connection, *student))
    return student


def _own_student(lake: Lake, student: OwnStudentOf) -> tuple[str, str]:
    return _known_student(lake, student)


#: A student who is in the course, and whose history the token may read.
KnownStudent = Annotated[tuple[str, str], Depends(_known_student)]
#: The same with the student's own token: these wishes are nobody else's.
OwnStudent = Annotated[tuple[str, str], Depends(_own_student)]


@router.get(f"{_STUDENT}/overview", responses=examples.answer(my_progress_examples.OVERVIEW))
def get_overview(lake: Lake, student: StudentOf) -> OwnOverview:
    """Return how far a student is, and what instructors see: nothing in it is of others."""
    return lake.read(lambda connection: my_progress_answers.overview(connection, *student))


@router.get(f"{_STUDENT}/preferences", responses=examples.answer(my_progress_examples.PREFERENCES))
def get_preferences(writer: Writer, student: KnownStudent) -> OwnPreferences:
    """Return what a student allows to be recorded."""
    return writer.preferences(*student)


@router.put(f"{_STUDENT}/preferences", responses=examples.answer(my_progress_examples.PREFERENCES))
def put_preferences(writer: Writer, student: OwnStudent, wanted: OwnPreferences) -> OwnPreferences:
    """Set what a student allows; the ingest holds to it within a second."""
    writer.set_preferences(*student, wanted)
    return wanted


@router.get(f"{_STUDENT}/deletion", responses=examples.answer(my_progress_examples.REQUESTED))
def get_deletion(writer: Writer, student: KnownStudent) -> DeletionRequest:
    """Return whether a student asks for everything about them in the course to be deleted."""
    return writer.deletion(*student)


@router.post(f"{_STUDENT}/deletion", responses=examples.answer(my_progress_examples.REQUESTED))
def post_deletion(writer: Writer, student: OwnStudent) -> DeletionRequest:
    """Ask for everything about a student in the course to be deleted; an admin does it."""
    return writer.request_deletion(*student)


@router.delete(
    f"{_STUDENT}/deletion", responses=examples.answer(my_progress_examples.NOT_REQUESTED)
)
def delete_deletion(writer: Writer, student: OwnStudent) -> DeletionRequest:
    """Withdraw the request, as long as it was not carried out."""
    return writer.withdraw_deletion(*student)


@router.get(f"{_STUDENT}/data", responses=_FILE, response_class=FileResponse)
def get_data(writer: Writer, student: OwnStudent) -> FileResponse:
    """Return everything that is stored about a student in the course as a zip file.

    It is that student's alone; whoever runs Cellpulse has 'cellpulse disclose'.
    """
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as made:
        file = Path(made.name)
    try:
        writer.write_data(*student, file)
    except BaseException:
        file.unlink()
        raise
    return FileResponse(
        file, media_type=ZIP, filename="my-data.zip", background=BackgroundTask(file.unlink)
    )


@router.get("/deletion_requests", responses=examples.answer(my_progress_examples.REQUESTS))
def get_deletion_requests(writer: Writer, grant: ClassReader) -> DeletionRequests:
    """Return every open request, for whoever may read every course."""
    if grant.course_id != ALL_COURSES:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "this address needs a token for every course: ask whoever runs Cellpulse",
        )
    return writer.deletions()
