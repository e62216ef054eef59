"""A school whose admins change things: its stores, and clients of the API."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from redis import Redis

from analytics.api import create_app
from analytics.settings import ApiSettings
from ingest_api.event_log import open_redis
from ingest_api.signed_in import SignedOut
from tests.analytics.admin.admins import NOON, header
from tests.analytics.conftest import SECRET, TwoStores


@pytest.fixture(scope="session")
def school(
    postgres_server: Callable[[str], str],
    redis_server_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoStores]:
    """Return stores with course `py`, in which ada has two events, and where a Redis is."""
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as database:
        database.execute("CREATE DATABASE school")
    settings = ApiSettings(
        postgres_url=postgres_server("school"),
        lake_path=str(tmp_path_factory.mktemp("lake")),
        secret=SECRET,
        redis_url=redis_server_url,
        dashboard_url="http://127.0.0.1:1",
    )
    stores = TwoStores(settings)
    ran: dict[str, Any] = {"course_id": "py", "student_id": "ada", "session_id": "a"}
    stores.write(
        stores.log(NOON, status="ok", seq=1, exercise="scratch", **ran),
        stores.log(NOON.replace(minute=5), status="ok", seq=2, **ran),
    )
    yield stores
    stores.close()
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as database:
        database.execute("DROP DATABASE school WITH (FORCE)")


@pytest.fixture(scope="module")
def app(school: TwoStores, redis_server_url: str) -> Iterator[FastAPI]:
    """Return the API over the school, beside a Redis that is empty."""
    with Redis.from_url(redis_server_url) as redis:
        redis.flushall()
    app = create_app(school.settings)
    yield app
    app.state.lake.close()


@pytest.fixture
async def admin(app: FastAPI, redis_server_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that is signed in as the admin root."""
    redis = open_redis(redis_server_url)  # a client belongs to the loop of one test
    app.state.signed_out = SignedOut(redis)
    transport = httpx.ASGITransport(app)
    client = httpx.AsyncClient(
        transport=transport, base_url="http://api/api/v1", headers=header(), timeout=60
    )
    async with client:
        yield client
    await redis.aclose()
