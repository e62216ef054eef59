"""The ingest against a Redis that may lose what it was given."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis import Redis

from flows.embedded.part import Part, free_port
from flows.embedded.redis_server import redis_answers, redis_server
from ingest_api.event_log import limit_in_memory
from ingest_api.serve import serve

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}
SECRET = "a-secret-that-only-the-tests-know"
LOSSY = [
    (("--appendonly", "no", "--maxmemory-policy", "noeviction"), "memory only"),
    (("--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"), "evicts"),
]


@pytest.fixture
def lossy_redis(
    request: pytest.FixtureRequest, tmp_path: Path, running: Callable[..., Any]
) -> Iterator[str]:
    """Run a Redis with the options that the test names."""
    url = f"redis://127.0.0.1:{(port := free_port())}/0"
    command = (redis_server(), "--port", str(port), "--dir", str(tmp_path), "--save", "")
    part = Part("redis", (*command, *request.param), answers=lambda: redis_answers(url))
    with running(part, tmp_path / "log"):
        yield url


@pytest.mark.parametrize(("lossy_redis", "reason"), LOSSY, indirect=["lossy_redis"])
def test_a_lossy_redis_stops_the_start(
    lossy_redis: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends with one line that says what to set."""
    monkeypatch.setenv("CELLPULSE_REDIS_URL", lossy_redis)
    monkeypatch.setenv("CELLPULSE_SECRET", SECRET)
    done = CliRunner().invoke(serve)
    assert done.exit_code == 1
    assert reason in done.output
    assert "CELLPULSE_LOSSY_REDIS=1" in done.output


@pytest.mark.parametrize(("lossy_redis", "reason"), LOSSY, indirect=["lossy_redis"])
def test_a_redis_that_turns_out_lossy_gets_no_events(
    serve_ingest: Any, lossy_redis: str, reason: str, wait_until: Callable[..., None]
) -> None:
    """Where Redis came only later, events are refused for later, until its settings are right."""
    ingest = serve_ingest(lossy_redis)
    wait_until(lambda: ingest.client.get("/readyz").status_code == 503, "the check")
    answer = ingest.post(RUN)
    assert answer.status_code == 503
    assert reason in answer.json()["detail"]
    with Redis.from_url(lossy_redis) as redis:
        assert redis.xlen("progress-events:log") == 0
        redis.config_set("appendonly", "yes")
        redis.config_set("maxmemory-policy", "noeviction")
    wait_until(lambda: ingest.post(RUN).status_code == 202, "acceptance")


@pytest.mark.parametrize("lossy_redis", [options for options, _ in LOSSY], indirect=True)
def test_a_lossy_redis_is_used_when_told_so(serve_ingest: Any, lossy_redis: str) -> None:
    """An operator who takes the loss gets the events in."""
    ingest = serve_ingest(lossy_redis, CELLPULSE_LOSSY_REDIS=True)
    assert ingest.post(RUN).status_code == 202


def test_the_log_leaves_half_of_redis_memory_free(
    serve_ingest: Any, redis_url: str, redis_client: Redis, wait_until: Callable[..., None]
) -> None:
    """A log that may be larger than Redis' memory is full at half of it, and says so in time."""
    before = redis_client.config_get("maxmemory")["maxmemory"]
    redis_client.config_set("maxmemory", 8_000_000)
    try:
        ingest = serve_ingest(redis_url)
        batch = [RUN | {"code": "x" * 20_000}] * 40

        def is_full() -> bool:
            return "the log is full" in ingest.post(batch).text

        wait_until(is_full, "a full log")
        used = redis_client.info("memory")["used_memory"]
        assert used < 8_000_000
    finally:
        redis_client.config_set("maxmemory", before)
    wait_until(lambda: ingest.post(RUN).status_code == 202, "acceptance")


def test_a_full_memory_is_not_ready(
    ingest: Any, redis_client: Redis, wait_until: Callable[..., None]
) -> None:
    """While Redis takes no write, `/readyz` says so, though nothing is in the log."""
    before = redis_client.config_get("maxmemory")["maxmemory"]
    redis_client.config_set("maxmemory", 1)
    try:
        assert ingest.client.get("/readyz").status_code == 503
    finally:
        redis_client.config_set("maxmemory", before)
    wait_until(lambda: ingest.client.get("/readyz").status_code == 200, "readiness")


@pytest.mark.parametrize(
    ("limit", "memory", "fits"),
    [
        (400, 0, 400),
        (4 * 10**8, 10**9, 4 * 10**8),
        (4 * 10**8, 10**8, 5 * 10**7),
        (4 * 10**8, 1, 10**6),
    ],
)
def test_what_fits_into_memory(limit: int, memory: int, fits: int) -> None:
    """Half of a limited memory at the most, but never less than the least limit."""
    assert limit_in_memory(limit, memory) == fits
