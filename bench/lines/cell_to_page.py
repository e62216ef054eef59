"""From a cell's end in a real kernel to its row on the Live page in a real browser."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from threading import Thread
from typing import Any, Final

from playwright.sync_api import Page
from redis import Redis
from redis.client import PubSub
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from bench.browser import browser
from bench.events import COURSE
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.lines.hook import ask_kernel, kernel
from bench.load.open_model import Latencies
from bench.servers import SECRET
from bench.whole_platform import WholePlatform, whole_platform
from ingest_api.event_log import CHANNEL
from ingest_api.tokens import Grant, issue_token

_BARE: Final = "PUBLISH to a bare websockets client"
_PAGE: Final = "PUBLISH to page"
_PATIENT_MS: Final = 60_000
#: The first thing that is called after a cell, so that all of the hook comes after it.
_LOAD: Final = """
import time as _time
_ends = []
_shell = get_ipython()
_shell.events.register("post_run_cell", lambda _: _ends.append(_time.time()))
_shell.extension_manager.load_extension("cellpulse_hook")
_shell.events.register("post_run_cell", lambda _: _ends.append(_time.time()))
_found = {}
"""
_ENDS: Final = "_found = {'end': _ends[-2], 'hook': _ends[-1] - _ends[-2]}"
#: Notes at what time, on the machine's clock, a text is first in the list of runs.
_WATCH: Final = """
() => {
  window.came = {};
  const list = document.querySelector("[data-testid='live-runs']");
  const look = () => {
    const at = (performance.timeOrigin + performance.now()) / 1000;
    for (const [name] of list.textContent.matchAll(/Bench\\d+x/g)) window.came[name] ??= at;
  };
  new MutationObserver(look).observe(list, { childList: true, subtree: true });
}
"""


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    cells = scale.of(40, 2)
    names = (f"Bench{number}x" for number in count())
    with ExitStack() as started:
        platform = started.enter_context(whole_platform(folder))
        log = started.enter_context(Redis.from_url(platform.settings["CELLPULSE_REDIS_URL"]))
        environment = {
            "CELLPULSE_URL": platform.ingest,
            "CELLPULSE_TOKEN": issue_token(SECRET, Grant("ingest", COURSE, "s1")),
            "CELLPULSE_COURSE": COURSE,
            "CELLPULSE_STUDENT": "s1",
            "CELLPULSE_SPOOL_DIR": str(folder / "spool"),
        }
        client, _ = started.enter_context(kernel(folder, environment))
        ask_kernel(client, _LOAD)
        log.publish(CHANNEL, _event("Begin"))  # so that there is a course to open
        # Its client can't wait in a thread in which Playwright's event loop runs.
        student = started.enter_context(ThreadPoolExecutor(1))
        page = _live_page(started, platform)
        bare = started.enter_context(_bare_client(log))

        def run_cell(name: str) -> dict[str, float]:
            client.execute_interactive(name, timeout=60, output_hook=lambda _: None)
            return ask_kernel(client, _ENDS, silent=True)

        def cell_to_page() -> Figures:
            found, hook = Latencies(), Latencies()
            for name in islice(names, cells):
                ran = student.submit(run_cell, name).result()
                found.ms.append((_came(page, name) - ran["end"]) * 1_000)
                hook.ms.append(ran["hook"] * 1_000)
            return _figures(found) | {"hook": hook.percentile(0.5)}

        def publish_to_page() -> Figures:
            return _figures(_published(log, cells, names, lambda name: _came(page, name)))

        def publish_to_bare() -> Figures:
            return _figures(_published(log, cells, names, lambda name: _heard(bare, name)))

        yield {OURS: cell_to_page, _BARE: publish_to_bare, _PAGE: publish_to_page}


def _figures(found: Latencies) -> dict[str, float]:
    return {"p50": found.percentile(0.5), "p99": found.percentile(0.99)}


def _event(name: str) -> str:
    message = {"error_name": "NameError", "error_message": f"name '{name}' is not defined"}
    return json.dumps(
        {"course_id": COURSE, "student_id": "s2", "status": "error", "exercise": "1.1"} | message
    )


def _published(
    log: Redis, number: int, names: Iterator[str], arrival: Callable[[str], float]
) -> Latencies:
    found = Latencies()
    for name in islice(names, number):
        begin = time.time()
        log.publish(CHANNEL, _event(name))
        found.ms.append((arrival(name) - begin) * 1_000)
    return found


def _live_page(started: ExitStack, platform: WholePlatform) -> Page:
    page = started.enter_context(browser()).new_page()
    page.set_default_timeout(_PATIENT_MS)
    page.goto(platform.addresses["dashboard"])
    page.get_by_test_id("live-feed").locator("summary").click()
    page.wait_for_selector("[data-testid='live-runs'][data-state='live']")
    page.evaluate(_WATCH)
    return page


def _came(page: Page, name: str) -> float:
    came = page.wait_for_function("(name) => window.came[name]", arg=name, polling=5)
    at: float = came.json_value()
    return at


@contextmanager
def _bare_client(log: Redis) -> Iterator[ClientConnection]:
    """Yield a client of the least that passes a channel on: a loop that sends what it is told."""

    def pass_on(connection: ServerConnection) -> None:
        channel: PubSub = log.pubsub()  # type: ignore[no-untyped-call] # redis has no types here
        with channel:
            channel.subscribe(CHANNEL)
            connection.send("subscribed")
            while connection.state is State.OPEN:
                message = channel.get_message(ignore_subscribe_messages=True, timeout=0.2)
                if message is not None:
                    connection.send(message["data"])

    with serve(pass_on, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.socket.getsockname()
        with connect(f"ws://{host}:{port}") as client:
            client.recv()
            yield client
        server.shutdown()


def _heard(client: ClientConnection, name: str) -> float:
    while True:
        message: Any = client.recv(timeout=_PATIENT_MS / 1_000)
        if name.encode() in message:
            return time.time()


LINE: Final = Line(
    "cell-to-page",
    (
        Row("cell-to-page p50", "p50", "ms", _BARE, Aim("ours", "at most", 100)),
        Row("cell-to-page p99", "p99", "ms", _BARE, Aim("ours", "at most", 400)),
        Row("cell-to-page p50 of both on the page", "p50", "ms", _PAGE),
        Row("cell-to-page hook's own part", "hook", "ms", _PAGE, baseline_figure="p50"),
    ),
    _prepare,
)
