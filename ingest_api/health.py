"""Whether the ingest lives, whether it can accept events, and its figures."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ingest_api.event_log import LogUnavailableError
from ingest_api.events import event_json_schema
from ingest_api.problems import Problem, documented_problem
from ingest_api.process_metrics import METRICS_PATH, Exposition, scraped

router = APIRouter()


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Tell that the process lives; it depends on nothing else."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    responses=documented_problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "Redis does not answer; try again later"
    ),
)
async def readyz(request: Request) -> dict[str, str]:
    """Tell whether events can be accepted now: 503 when Redis can't be written to."""
    try:
        await request.app.state.log.check()
    except LogUnavailableError as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, f"{error}; try again later", {"Retry-After": "2"}
        ) from error
    return {"status": "ok"}


class _Schema(JSONResponse):
    media_type = "application/schema+json"


@router.get(METRICS_PATH, response_class=Exposition)
async def metrics(request: Request) -> Response:
    """Return the figures of this process for Prometheus."""
    return await scraped(request)


@router.get("/schema/event.json", response_class=_Schema)
async def schema() -> JSONResponse:
    """Return the JSON Schema of one event."""
    return _Schema(event_json_schema())
