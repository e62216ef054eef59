"""The aggregation API's composition root: which parts it has and how they live together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline

from analytics.addresses import include_addresses
from analytics.attention.writer import AttentionWriter
from analytics.bodies import BoundedBodies
from analytics.course_changes import CourseChanges
from analytics.errors import LakeUnavailableError
from analytics.export.jobs import ExportJobs
from analytics.lake.reader import LakeReader
from analytics.looked_at import LookedAt
from analytics.my_progress.writer import StudentWriter
from analytics.names import NamedAnswers, WhoIsWho
from analytics.parameters import EncodedPaths
from analytics.settings import ApiSettings
from analytics.sign_in.sign_in import SignIn
from analytics.sign_in.single_sign_on import SingleSignOn
from analytics.stores import Stores
from flows.stores.issued_tokens import revoked_ids
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from ingest_api.around_requests import surround_requests
from ingest_api.background import end
from ingest_api.event_log import open_redis
from ingest_api.problem_handlers import install_problem_handlers
from ingest_api.problems import Problem
from ingest_api.process_metrics import METRICS_PATH, scraped
from ingest_api.revoked_tokens import RevokedTokens, RevokedUnknownError
from ingest_api.signed_in import SignedOut


def create_app(settings: ApiSettings) -> FastAPI:
    """Build the aggregation API; nothing connects before it is started or asked.

    Args:
        settings: Where the lake is, and the secret that tokens are signed with.
    """
    lake = LakeReader(settings)
    exports = ExportJobs(settings)
    looked_at = LookedAt(settings)
    who_is_who = WhoIsWho(settings)
    redis = None if settings.redis_url is None else open_redis(settings.redis_url)
    revoked = RevokedTokens(redis, partial(asyncio.to_thread, _revoked, settings.postgres_url))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(lake.warm)
        await asyncio.to_thread(who_is_who.refresh)
        beside = (revoked.follow(), looked_at.write(), who_is_who.follow())
        work = [asyncio.create_task(each) for each in beside]
        yield
        await end(work)
        await asyncio.to_thread(looked_at.close)
        await asyncio.to_thread(exports.close)
        who_is_who.close()
        lake.close()
        if redis is not None:
            await redis.aclose()

    # As FastAPI, with the files of /docs at hand: a school's network may not reach others.
    app = FastAPIOffline(
        title="Cellpulse aggregation API",
        description="How the class and each student are doing, from the lake and PostgreSQL. "
        "Every answer says which data it is computed from (`as_of`), and holds all that was "
        "committed when it was asked for. With the header `Cache-Control: max-age=1` an answer of "
        "the last second does, which is given at once; with `no-cache` it is read anew.",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.lake = lake
    app.state.exports = exports
    app.state.looked_at = looked_at
    app.state.who_is_who = who_is_who
    app.state.signed_out = SignedOut(redis)
    app.state.revoked = revoked
    _add_parts(app, settings)
    app.add_middleware(EncodedPaths)
    app.add_middleware(BoundedBodies)
    app.add_middleware(NamedAnswers, who=who_is_who)
    surround_requests(app)
    install_problem_handlers(app)

    @app.exception_handler(LakeUnavailableError)
    async def _away(_: Request, error: LakeUnavailableError) -> JSONResponse:
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, f"{error}; try again later", {"Retry-After": "2"}
        ).to_response()

    include_addresses(app)
    app.add_route(METRICS_PATH, scraped, include_in_schema=False)
    return app


def _add_parts(app: FastAPI, settings: ApiSettings) -> None:
    """Give the addresses the parts that need no start and no end."""
    app.state.attention = AttentionWriter(settings)
    app.state.students = StudentWriter(settings)
    app.state.changes = CourseChanges(settings)
    app.state.sign_in = SignIn(settings)
    app.state.single_sign_on = SingleSignOn(settings, app.state.who_is_who)
    app.state.secrets = settings.secrets
    app.state.stores = Stores(settings)
    app.state.settings = settings


def _revoked(postgres_url: str) -> set[str]:
    """Return the ids of the revoked tokens from where they are recorded."""
    engine = engine_for(postgres_url)
    try:
        return revoked_ids(engine)
    except StoreUnavailableError as error:
        raise RevokedUnknownError(str(error)) from error
    finally:
        engine.dispose()
