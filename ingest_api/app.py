"""The ingest's composition root: which parts it has and how they live together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from redis.asyncio import Redis

from ingest_api import dashboard_socket, health, progress, student_routes
from ingest_api.around_requests import surround_requests
from ingest_api.background import end
from ingest_api.connection_manager import ConnectionManager
from ingest_api.course_sections import CourseSections
from ingest_api.durability import guard_durability
from ingest_api.event_log import EventLog, open_redis
from ingest_api.group_commit import GroupCommit
from ingest_api.intake import Intake
from ingest_api.live_feed import LiveFeed
from ingest_api.metrics import IngestMetrics
from ingest_api.notices import Notices
from ingest_api.preferences import StudentPreferences
from ingest_api.problem_handlers import install_problem_handlers
from ingest_api.pseudonymous_courses import PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses
from ingest_api.revoked_tokens import RevokedTokens
from ingest_api.script_connection import ScriptConnection
from ingest_api.settings import IngestSettings
from ingest_api.signed_in import SignedOut


def create_app(settings: IngestSettings, redis: Redis | None = None) -> FastAPI:
    """Build the ingest; nothing connects before it is started.

    Args:
        settings: Redis and the secret.
        redis: Used instead of a connection to `settings.redis_url`, by unit tests.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        client = redis or open_redis(settings.redis_url)
        log = EventLog(
            client, settings.log_limit_bytes, ScriptConnection if redis is None else None
        )
        work = await _connect_parts(app, settings, client, log)
        running = [asyncio.create_task(task) for task in work]
        try:
            yield
        finally:
            await end(running)
            await client.aclose()

    # As FastAPI, with the files of /docs at hand: a school's network may not reach others.
    app = FastAPIOffline(
        title="Cellpulse ingest",
        description="Events in by POST, live events out by WebSocket.",
        lifespan=lifespan,
    )
    app.state.secrets = settings.secrets
    app.state.dashboard_url = settings.public_dashboard_url
    app.state.dashboard_port = settings.dashboard_port
    install_problem_handlers(app)
    surround_requests(app)
    app.state.metrics = IngestMetrics(app.state.registry)
    for part in (progress, student_routes, dashboard_socket, health):
        app.include_router(part.router)
    return app


async def _connect_parts(
    app: FastAPI, settings: IngestSettings, client: Redis, log: EventLog
) -> list[Coroutine[Any, Any, None]]:
    """Make the parts that talk to Redis, for the addresses; return what goes on beside them."""
    sections = CourseSections(client)
    revoked = RevokedTokens(client)
    connections = ConnectionManager(sections)
    feed = LiveFeed(log, client, connections)
    courses = RegisteredCourses(client)
    preferences = StudentPreferences(client)
    notices = Notices(client)
    pseudonymous = PseudonymousCourses(client, settings.pseudonym_key_text)
    known = (courses, preferences, notices, pseudonymous, sections, revoked)
    # Before the first event; a Redis that is away is asked again and again.
    await asyncio.gather(*(each.refresh() for each in known), return_exceptions=True)
    app.state.redis = client
    app.state.log = log
    app.state.preferences = preferences
    app.state.notices = notices
    app.state.pseudonymous = pseudonymous
    app.state.intake = Intake(courses, preferences, notices, pseudonymous)
    app.state.connections = connections
    app.state.live_feed = feed
    app.state.signed_out = SignedOut(client)
    app.state.revoked = revoked
    app.state.group_commit = GroupCommit(log)
    app.state.metrics.watch(connections)
    return [
        app.state.group_commit.run(),
        feed.follow_log(),
        feed.follow_signals(),
        *(each.follow() for each in known),
        guard_durability(client, log, may_be_lossy=settings.lossy_redis),
    ]
