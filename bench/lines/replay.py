"""A step of a replay: all that the page asks of a class as of a moment, and all it asks of now."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import httpx
from redis import Redis

from analytics.settings import LakeSettings
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.servers import SECRET, ours, postgres, process, redis, running, wait_until
from flows.course.sample import SAMPLE_COURSE
from flows.migrations.migrate import prepare_databases
from flows.redis_client import connect_redis
from flows.simulation.plan import plan_class
from flows.simulation.play import play
from ingest_api.event_log import LOG
from ingest_api.tokens import Grant, issue_token
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.class_view import view as class_view
from streamlit_app.live.feed.start import ENTRIES

_COURSE: Final = "demo"
_STUDENTS: Final = 40
#: Of the lesson, which 40 students fill with more than 5,000 runs.
_MINUTES: Final = 125
_NOW: Final = "the class of now"


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    with ExitStack() as servers:
        log = servers.enter_context(redis(folder))
        catalog = servers.enter_context(postgres(folder))
        settings = LakeSettings(
            CELLPULSE_POSTGRES_URL=catalog.url, CELLPULSE_LAKE_PATH=str(folder / "lake")
        )
        prepare_databases(settings)
        environment = {
            "CELLPULSE_REDIS_URL": log.url,
            "CELLPULSE_POSTGRES_URL": catalog.url,
            "CELLPULSE_LAKE_PATH": settings.lake_path,
            "CELLPULSE_SECRET": SECRET,
        }
        for name in ("relay", "worker"):
            servers.enter_context(running(process(name, environment, log.url), folder))
        ingest = servers.enter_context(ours(folder, "ingest_api.serve", environment))
        answering = servers.enter_context(ours(folder, "analytics.serve", environment))
        http = servers.enter_context(_anew(answering.url))
        api = ApiClient(http, issue_token(SECRET, Grant("read", _COURSE)))
        begin = datetime.now(UTC)
        _teach(ingest.url, scale.of(_STUDENTS, 3), scale.of(_MINUTES, 3))
        end = datetime.now(UTC)
        client = servers.enter_context(connect_redis(log.url))
        wait_until(lambda: _is_counted(client, api), "the class to be counted", 120)
        parts = scale.of(20, 2)
        moments = [begin + (end - begin) * (part + 1) / parts for part in range(parts)]

        def then() -> Figures:
            return {"step": _median_ms([partial(_ask, api.at(moment)) for moment in moments])}

        def now() -> Figures:
            return {"step": _median_ms([partial(_ask, api)] * parts)}

        yield {OURS: then, _NOW: now}


def _teach(ingest: str, students: int, minutes: int) -> None:
    """Send all of a lesson at once."""
    plan = plan_class(
        students=students, minutes=minutes, course_dir=SAMPLE_COURSE, course_id=_COURSE
    )
    token = issue_token(SECRET, Grant("ingest", _COURSE))
    asyncio.run(play(ingest, token, plan, head_start_minutes=minutes))


def _is_counted(client: Redis, api: ApiClient) -> bool:
    position = client.xinfo_stream(LOG)["last-generated-id"].decode()
    try:
        reached = (api.progress(_COURSE).as_of, api.events(_COURSE, limit=1).as_of)
    except NumbersUnavailableError:  # it has not heard of the course yet
        return False
    return all(each.position == position for each in reached)


def _ask(api: ApiClient) -> None:
    """Ask as the page does."""
    class_view.ask(api, _COURSE, stream=True, events=ENTRIES)


def _anew(url: str) -> httpx.Client:
    """Return a client that is given no answer which was read before."""
    return httpx.Client(base_url=url, timeout=30, headers={"Cache-Control": "no-cache"})


def _median_ms(steps: Sequence[Callable[[], None]]) -> float:
    times = []
    for step in steps:
        begin = time.perf_counter()
        step()
        times.append((time.perf_counter() - begin) * 1_000)
    return median(times)


_AIM: Final = Aim("ours", "at most", 300)
LINE: Final = Line(
    "replay",
    (Row("replay, a step", "step", "ms", _NOW, _AIM),),
    _prepare,
)
