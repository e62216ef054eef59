"""The addresses of exports, under `/api/v1`.

Whoever may read about a whole class may export it: an export tells no more than the answers do. Who
did is in the API's log.
"""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import FileResponse

from analytics import examples
from analytics.access import ClassOf
from analytics.answers import require_member, require_section
from analytics.attention.routes import Who
from analytics.export import examples as export_examples
from analytics.export.jobs import ExportJobs
from analytics.export.responses import Export, ExportRequest, Exports
from analytics.routes import COURSE, Lake
from ingest_api.problems import documented_problem

router = APIRouter(
    prefix="/api/v1",
    responses={**examples.PROBLEMS, **examples.NOT_TEXT},
)

ZIP: Final = "application/zip"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}
_EXPORT: Final = f"{COURSE}/exports/{{export_id}}"
_BUSY: Final = documented_problem(
    HTTPStatus.CONFLICT, "an export of this course is running: wait until it is done"
)
_MANY: Final = documented_problem(
    HTTPStatus.TOO_MANY_REQUESTS, "2 exports are running, and no more at once: try again later"
)
_NOT_DONE: Final = documented_problem(
    HTTPStatus.CONFLICT, "the export is not done yet: try again later"
)


async def _jobs(request: Request) -> Any:
    return request.app.state.exports


Jobs = Annotated[ExportJobs, Depends(_jobs)]
ExportId = Annotated[str, Path(description="The export; GET …/exports lists them.")]


@router.post(
    f"{COURSE}/exports",
    status_code=HTTPStatus.ACCEPTED,
    responses={**examples.answer(export_examples.RUNNING, HTTPStatus.ACCEPTED), **_BUSY, **_MANY},
)
def post_export(
    lake: Lake, jobs: Jobs, course_id: ClassOf, who: Who, asked: ExportRequest
) -> Export:
    """Start an export of a course; it goes on by itself, and `GET` says how far it is."""
    lake.read(lambda connection: require_member(connection, course_id))
    lake.read(lambda connection: require_section(connection, course_id, asked.section))
    return jobs.start(course_id, asked, who)


@router.get(f"{COURSE}/exports", responses=examples.answer(export_examples.EXPORTS))
def get_exports(lake: Lake, jobs: Jobs, course_id: ClassOf) -> Exports:
    """Return the exports of a course that run or are kept, newest first."""
    lake.read(lambda connection: require_member(connection, course_id))
    return Exports(course_id=course_id, exports=jobs.of_course(course_id))


@router.get(_EXPORT, responses=examples.answer(export_examples.DONE))
def get_export(jobs: Jobs, course_id: ClassOf, export_id: ExportId) -> Export:
    """Return how far an export is."""
    return jobs.find(course_id, export_id)


@router.post(f"{_EXPORT}/cancel", responses=examples.answer(export_examples.CANCELLED))
def post_export_cancel(jobs: Jobs, course_id: ClassOf, export_id: ExportId, who: Who) -> Export:
    """End an export that runs, without a file; one that has ended stays as it is."""
    return jobs.cancel(course_id, export_id, who)


@router.get(f"{_EXPORT}/file", responses={**_FILE, **_NOT_DONE}, response_class=Response)
def get_export_file(jobs: Jobs, course_id: ClassOf, export_id: ExportId, who: Who) -> FileResponse:
    """Return the zip file of an export that is done."""
    file = jobs.file(course_id, export_id, who)
    name = f"cellpulse-{export_id[:8]}.zip"
    return FileResponse(file, media_type=ZIP, filename=name)
