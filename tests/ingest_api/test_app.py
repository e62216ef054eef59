"""The ingest with its Redis replaced by a mock: what it does, not what Redis does."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from httpx import ASGITransport, AsyncClient

from ingest_api.app import create_app
from ingest_api.event_log import CHANNEL, LOG
from ingest_api.settings import IngestSettings
from ingest_api.tokens import Grant, issue_token

SECRET = "a-secret-that-only-the-tests-know"


@pytest.fixture
def append() -> AsyncMock:
    """Return the append script as a mock that accepts one event."""
    return AsyncMock(return_value=[b"1700000000000-0"])


@pytest.fixture
async def client(append: AsyncMock) -> AsyncIterator[AsyncClient]:
    """Return a client of an ingest whose Redis is a mock."""
    redis = MagicMock()
    redis.register_script.return_value = append
    redis.xrevrange = AsyncMock(return_value=[])
    redis.xread = AsyncMock(side_effect=_wait_forever)
    redis.aclose = AsyncMock()
    redis.get = AsyncMock(return_value=None)
    redis.info = AsyncMock(return_value={"aof_enabled": 1})
    redis.pubsub.return_value.__aenter__.return_value.subscribe = AsyncMock()
    redis.pubsub.return_value.__aenter__.return_value.get_message = AsyncMock(
        side_effect=_wait_forever
    )
    settings = IngestSettings(CELLPULSE_REDIS_URL="redis://nowhere", CELLPULSE_SECRET=SECRET)
    app = create_app(settings, redis)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://ingest") as client,
    ):
        yield client


async def _wait_forever(*_: Any, **__: Any) -> None:
    await asyncio.Event().wait()


async def test_it_starts_and_stops_with_a_mocked_connection(client: AsyncClient) -> None:
    """The ingest starts without Redis, and says that it lives, also to who wants no body."""
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.head("/healthz")).status_code == 200


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_the_documentation_needs_nobody_else(client: AsyncClient, page: str) -> None:
    """Whatever the page loads comes from this very server, so it works without the internet."""
    loaded = re.findall(r'(?:src|href)="([^"]+)"', (await client.get(page)).text)
    assert loaded
    for address in loaded:
        assert address.startswith("/")
        assert (await client.get(address)).status_code == 200


async def test_an_event_goes_to_the_right_log_and_channel(
    client: AsyncClient, append: AsyncMock
) -> None:
    """One event calls the append step once, with the log, the channel and the stored event."""
    token = issue_token(SECRET, Grant("ingest", "demo"))
    answer = await client.post(
        "/student-progress",
        json={"course_id": "demo", "student_id": "s1", "status": "error", "error_name": "E"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.json()["positions"] == ["1700000000000-0"]
    append.assert_awaited_once()
    call = append.await_args
    assert call is not None
    assert call.kwargs["keys"][0] == LOG == "progress-events:log"
    assert call.kwargs["args"][0] == CHANNEL == "progress-events"
    payload = json.loads(call.kwargs["args"][5])
    assert (payload["course_id"], payload["student_id"]) == ("demo", "s1")
    assert (payload["status"], payload["error_name"]) == ("error", "E")
