"""PostgreSQL away: the API says so, and answers again as soon as it is back."""

import asyncio
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from analytics.lake import reader as lake_reader
from flows.embedded.part import free_port
from flows.embedded.postgres_server import postgres_address, postgres_part

PATHS = [
    "/courses",
    "/courses/c/progress",
    "/courses/c/students",
    "/courses/c/students/s/history",
    "/courses/c/events",
    "/courses/c/exercises",
    "/courses/c/timeline",
]
READY = "http://api/readyz"


@contextmanager
def frozen(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stop a server and its children as a machine does that hangs, and let them go on."""
    postmaster = psutil.Process(server.pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


async def statuses(api: httpx.AsyncClient) -> set[int]:
    return {(await api.get(path)).status_code for path in [*PATHS, READY]}


def write_one_event(stores: Any) -> None:
    start = datetime(2024, 3, 4, tzinfo=UTC)
    stores.write(stores.log(start, course_id="c", student_id="s", status="ok"))


async def test_while_postgresql_is_away_the_api_says_so_and_then_answers_again(
    tmp_path: Path,
    running: Callable[..., Any],
    settings_at: Callable[..., Any],
    stores_at: Callable[..., Any],
    api_of: Callable[..., httpx.AsyncClient],
) -> None:
    """Stopped: alive, not ready, 503 with Retry-After. Back: 200, without a restart of ours."""
    directory, port = tmp_path / "server", free_port()
    part = postgres_part(directory, "127.0.0.1", port)
    with running(part, tmp_path / "log") as server:
        # The first answer makes the database.
        assert part.answers()
        address = postgres_address(directory, "127.0.0.1", port)
        stores = stores_at(settings_at(address, str(tmp_path / "lake")))
        write_one_event(stores)
        api = api_of(stores.settings)
        assert await statuses(api) == {HTTPStatus.OK}
        server.send_signal(signal.SIGINT)
        server.wait()
    for path in [*PATHS, READY]:
        response = await api.get(path)
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE, path
        assert response.headers["retry-after"].isdigit()
        assert response.headers["content-type"] == "application/problem+json"
        assert "does not answer" in response.json()["detail"]
        assert address not in response.text
    assert (await api.get("http://api/healthz")).status_code == HTTPStatus.OK
    with running(part, tmp_path / "log") as server:
        assert await statuses(api) == {HTTPStatus.OK}
        server.send_signal(signal.SIGINT)
    await api.aclose()


async def test_while_postgresql_hangs_the_api_says_so_and_then_answers_again(
    tmp_path: Path,
    running: Callable[..., Any],
    settings_at: Callable[..., Any],
    stores_at: Callable[..., Any],
    api_of: Callable[..., httpx.AsyncClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that takes connections and is silent gives 503 to all, however many ask."""
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    directory, port = tmp_path / "server", free_port()
    part = postgres_part(directory, "127.0.0.1", port)
    with running(part, tmp_path / "log") as server:
        assert part.answers()
        stores = stores_at(
            settings_at(postgres_address(directory, "127.0.0.1", port), str(tmp_path / "lake"))
        )
        write_one_event(stores)
        api = api_of(stores.settings)
        assert await statuses(api) == {HTTPStatus.OK}
        monkeypatch.setattr(lake_reader, "READ_SECONDS", 2.0)
        with frozen(server):
            asked = [*PATHS, READY] * 2
            answers = await asyncio.gather(*(api.get(path) for path in asked))
            assert {answer.status_code for answer in answers} == {HTTPStatus.SERVICE_UNAVAILABLE}
            assert all("does not answer" in answer.json()["detail"] for answer in answers)
            assert (await api.get("http://api/healthz")).status_code == HTTPStatus.OK
        monkeypatch.setattr(lake_reader, "READ_SECONDS", 60.0)
        assert await statuses(api) == {HTTPStatus.OK}
        server.send_signal(signal.SIGINT)
    await api.aclose()


async def test_connections_that_were_cut_are_replaced_unseen(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Where PostgreSQL has ended our connections but is there, none of many requests notices."""
    write_one_event(stores)
    async with api_of(stores.settings) as api:
        for _ in range(3):
            answers = await asyncio.gather(*(api.get(path) for path in PATHS * 3))
            assert [answer.status_code for answer in answers] == [HTTPStatus.OK] * len(answers)
            with psycopg.connect(stores.settings.postgres_url, autocommit=True) as admin:
                cut = admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ).fetchall()
            assert len(cut) > 1


async def test_before_the_first_start_the_api_waits_for_the_lake(
    postgres_url: str,
    lake_path: str,
    settings_at: Callable[..., Any],
    stores_at: Callable[..., Any],
    api_of: Callable[..., httpx.AsyncClient],
) -> None:
    """An API that is there before the lake says what makes it, and answers once it is made."""
    settings = settings_at(postgres_url, lake_path)
    async with api_of(settings) as api:
        early = await api.get("/courses")
        stores_at(settings)
        later = await api.get("/courses")
    assert early.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "no lake in this database yet" in early.json()["detail"]
    assert later.json()["courses"] == []
