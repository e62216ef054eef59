"""The Live page: how long its first load takes, and what many open ones cost while it moves."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser, BrowserContext

from bench.baselines.bare_page import TEXT
from bench.browser import browser
from bench.events import COURSE, cell_runs
from bench.line import OURS, Aim, Line, Row, Scale, Sides
from bench.load.open_model import post, send
from bench.pipeline import pipeline
from bench.servers import SECRET, Server, ours
from ingest_api.tokens import Grant, issue_token

_STUDENTS: Final = 50
_RATE: Final = 50
_BARE: Final = "a bare Streamlit page"
_POLLING: Final = "the same page on run_every=1"
_HEALTH: Final = "/_stcore/health"
_CONTENT: Final = "[data-testid='class-map'] tbody a"
_PATIENT_MS: Final = 120_000


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    with ExitStack() as started:
        running = started.enter_context(pipeline(folder))
        api, ingest = running.api, running.ingest
        places = {"CELLPULSE_API_URL": api.url, "CELLPULSE_PUBLIC_INGEST_URL": ingest.url}

        def page_of(module: str) -> Server:
            return started.enter_context(ours(folder, module, places, _HEALTH))

        dashboard = page_of("streamlit_app.serve")
        polling = page_of("bench.baselines.polling_dashboard")
        bare = page_of("bench.baselines.bare_page")
        seeds = count()
        asyncio.run(_events(ingest.url, next(seeds), 10 * _STUDENTS, 1_000))
        chromium = started.enter_context(browser())
        loads, pages, seconds = scale.of(3, 1), scale.of(20, 2), scale.of(10.0, 1.0)

        def cost(server: Server) -> float:
            with chromium.new_context() as context, ThreadPoolExecutor(1) as sending:
                _open(context, _link(server), pages)
                sent = sending.submit(
                    asyncio.run,
                    _events(ingest.url, next(seeds), int(_RATE * (seconds + 2)), _RATE),
                )
                context.pages[0].wait_for_timeout(1_000)
                before, begin = server.cpu_seconds() + api.cpu_seconds(), time.perf_counter()
                context.pages[0].wait_for_timeout(1_000 * seconds)
                used = server.cpu_seconds() + api.cpu_seconds() - before
                rate = used / (time.perf_counter() - begin) * 100
                sent.result()
            return rate

        yield {
            OURS: lambda: {
                "load": _load(chromium, _link(dashboard), _CONTENT, loads),
                "cpu": cost(dashboard),
            },
            _BARE: lambda: {"load": _load(chromium, bare.url, f"text={TEXT}", loads)},
            _POLLING: lambda: {"cpu": cost(polling)},
        }


def _link(server: Server) -> str:
    token = issue_token(SECRET, Grant("read", COURSE))
    return f"{server.url}/?course={COURSE}&token={token}"


def _load(chromium: Browser, address: str, content: str, number: int) -> float:
    """Open a page in a browser that has nothing of it; return the median time, in milliseconds."""
    times = []
    for _ in range(number):
        with chromium.new_context() as context:
            page = context.new_page()
            begin = time.perf_counter()
            page.goto(address, wait_until="commit")
            page.wait_for_selector(content, timeout=_PATIENT_MS)
            times.append((time.perf_counter() - begin) * 1_000)
    return median(times)


def _open(context: BrowserContext, address: str, number: int) -> None:
    """Open a page many times, and wait until each shows its class."""
    for _ in range(number):
        context.new_page().goto(address, wait_until="commit")
    for page in context.pages:
        page.wait_for_selector(_CONTENT, timeout=_PATIENT_MS)


async def _events(url: str, seed: int, number: int, rate: float) -> None:
    """Let the class run cells, `rate` a second."""
    await send(url, _requests(seed, number), rate, 8)


def _requests(seed: int, number: int) -> Iterator[bytes]:
    token = issue_token(SECRET, Grant("ingest", COURSE))
    for event in islice(cell_runs(seed, _STUDENTS), number):
        yield post("/student-progress", token, json.dumps(event).encode())


LINE: Final = Line(
    "dashboard",
    (
        Row("dashboard first load", "load", "ms", _BARE, Aim("ours", "at most", 1_500)),
        Row(
            "dashboard processor, 20 pages at 50 events/s",
            "cpu",
            "% of a core",
            _POLLING,
            Aim("ratio", "at most", 0.25),
        ),
    ),
    _prepare,
    is_warm=False,
)
