"""What every request to the ingest and to the aggregation API passes before anything else."""

from fastapi import FastAPI
from prometheus_client import Histogram
from starlette.types import ASGIApp

from ingest_api.process_metrics import process_registry
from ingest_api.request_ids import RequestIds
from ingest_api.request_metrics import MeasuredRequests, request_durations
from ingest_api.security_headers import SecurityHeaders


def surround_requests(app: FastAPI) -> None:
    """Give each request an id, count it, and tell browsers what its answer is not for.

    Call it after every other middleware was added, so that nothing is left out. The figures are in
    `app.state.registry` from then on.
    """
    app.state.registry = process_registry()
    app.state.durations = request_durations(app.state.registry)
    app.add_middleware(MeasuredRequests, durations=app.state.durations)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestIds)


def surrounded(answer: ASGIApp, durations: Histogram) -> ASGIApp:
    """Return the same around what answers by itself, without the app."""
    return RequestIds(SecurityHeaders(MeasuredRequests(answer, durations)))
