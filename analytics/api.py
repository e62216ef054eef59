"""The aggregation API's composition root: which parts it has and how they live together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline

from analytics import (
    attention_routes,
    class_mark_routes,
    class_routes,
    health,
    measure_routes,
    routes,
    sign_in_routes,
    own_page_routes,
    table_routes,
)
from analytics.attention_writer import AttentionWriter
from analytics.course_changes import CourseChanges
from analytics.errors import LakeUnavailableError
from analytics.lake_reader import LakeReader
from analytics.parameters import EncodedPaths
from analytics.settings import ApiSettings
from analytics.sign_in import SignIn
from analytics.own_page_writer import StudentWriter
from ingest_api.event_log import open_redis
from ingest_api.problems import Problem, install_problem_handlers
from ingest_api.signed_in import SignedOut


def create_app(settings: ApiSettings) -> FastAPI:
    """Build the aggregation API; nothing connects before it is started or asked.

    Args:
        settings: Where the lake is, and the secret that tokens are signed with.
    """
    lake = LakeReader(settings)
    redis = None if settings.redis_url is None else open_redis(settings.redis_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(lake.warm)
        yield
        lake.close()
        if redis is not None:
            await redis.aclose()

    # As FastAPI, with the files of /docs at hand: a school's network may not reach others.
    app = FastAPIOffline(
        title="Cellpulse aggregation API",
        description="How the class and each student are doing, from the lake and PostgreSQL. "
        "Every answer says which data it is computed from (`as_of`).",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.lake = lake
    app.state.attention = AttentionWriter(settings)
    app.state.students = StudentWriter(settings)
    app.state.changes = CourseChanges(settings)
    app.state.sign_in = SignIn(settings)
    app.state.signed_out = SignedOut(redis)
    app.state.secret = settings.secret.get_secret_value()
    app.add_middleware(EncodedPaths)
    install_problem_handlers(app)

    @app.exception_handler(LakeUnavailableError)
    async def _away(_: Request, error: LakeUnavailableError) -> JSONResponse:
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, f"{error}; try again later", {"Retry-After": "2"}
        ).to_response()

    # First the addresses with a name at their end, which the others' course could swallow.
    app.include_router(routes.history_router)
    app.include_router(own_page_routes.router)
    app.include_router(table_routes.router)
    app.include_router(measure_routes.router)
    app.include_router(attention_routes.router)
    app.include_router(class_mark_routes.router)
    app.include_router(class_routes.router)
    app.include_router(routes.router)
    app.include_router(sign_in_routes.router)
    app.include_router(health.router)
    return app
