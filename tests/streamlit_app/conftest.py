"""A made-up class behind a real HTTP server and a real WebSocket server, and the dashboard itself.

The aggregation API here answers with the very models that the real one answers with. The ingest
replays after a position and then sends what the test tells it to, as the real one does.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from streamlit.testing.v1 import AppTest

from flows.embedded.part import free_port
from streamlit_app import session
from tests.streamlit_app.fake_ingest import FakeIngest
from tests.streamlit_app.made_up_api import made_up_api
from tests.streamlit_app.made_up_class import COURSE, READ_TOKEN, MadeUpClass

SCREEN: Final[ViewportSize] = {"width": 1440, "height": 900}
#: How long an action may take, in milliseconds, where a test says nothing else.
TIMEOUT: Final = 30_000


@pytest.fixture(scope="session")
def api_server() -> Iterator[tuple[MadeUpClass, str]]:
    """Serve the made-up class's aggregation API; return the class and the address."""
    made_up = MadeUpClass()
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(made_up_api(made_up), access_log=False, log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield made_up, f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(60)
    listening.close()


@pytest.fixture
def made_up(api_server: tuple[MadeUpClass, str]) -> MadeUpClass:
    """Return a class in which nothing has happened yet."""
    api_server[0].clear()
    return api_server[0]


@pytest.fixture
def api_url(api_server: tuple[MadeUpClass, str], made_up: MadeUpClass) -> str:
    """Return the address of the aggregation API of a class in which nothing has happened yet."""
    assert made_up is api_server[0]
    return api_server[1]


@pytest.fixture
def open_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str
) -> Callable[..., AppTest]:
    """Return a function that opens a page of an instructor by its folder, without the frame."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: READ_TOKEN)

    def open_alone(page: str, **query: str) -> AppTest:
        app = AppTest.from_string(
            f"from streamlit_app.{page} import page\npage.show()", default_timeout=30
        )
        app.query_params.update({"course": COURSE, **query})
        app.run()
        assert not app.exception, app.exception
        return app

    return open_alone


@pytest.fixture
def text_of() -> Callable[[AppTest], str]:
    """Return a function that gives all that a page has as HTML."""

    def text_of(app: AppTest) -> str:
        assert not app.exception, app.exception
        return "".join(block.body for block in app.html)

    return text_of


@pytest.fixture(scope="session")
def ingest_server(api_server: tuple[MadeUpClass, str]) -> Iterator[FakeIngest]:
    """Run one ingest for all tests."""
    ingest = FakeIngest(api_server[0])
    yield ingest
    ingest.stop()


@pytest.fixture
def ingest(ingest_server: FakeIngest) -> Iterator[FakeIngest]:
    """Return an ingest that nobody is connected to."""
    ingest_server.hang_up()
    ingest_server.connections.clear()
    yield ingest_server
    ingest_server.hang_up()
    if ingest_server._server is None:
        ingest_server.start()


@contextmanager
def _running_dashboard(
    directory: Path, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    port = free_port()
    environment = {
        **os.environ,
        "CELLPULSE_DATA_DIR": str(directory),
        "CELLPULSE_DASHBOARD_PORT": str(port),
        **settings,
    }
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit_app.serve"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _await_health(address, log)
        yield process, address, log
    finally:
        process.terminate()
        process.wait(60)


def _await_health(address: str, log: Path) -> None:
    end = time.monotonic() + 120  # it imports much, and the machine may be busy
    while time.monotonic() < end:
        try:
            if httpx.get(f"{address}/_stcore/health").is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def running_dashboard() -> Callable[..., Any]:
    """Return the context manager that runs the real dashboard: its process, address and log."""
    return _running_dashboard


@pytest.fixture(scope="session")
def dashboard_process(
    api_server: tuple[MadeUpClass, str],
    ingest_server: FakeIngest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """Run one dashboard for all tests; return its process, address and log."""
    with _running_dashboard(
        tmp_path_factory.mktemp("dashboard"),
        CELLPULSE_API_URL=api_server[1],
        CELLPULSE_PUBLIC_INGEST_URL=ingest_server.address,
    ) as running:
        yield running


@pytest.fixture
def dashboard(dashboard_process: tuple[Any, str, Any], made_up: MadeUpClass) -> str:
    """Return the address of the dashboard of a class in which nothing has happened yet."""
    assert made_up.events == []
    return dashboard_process[1]


@pytest.fixture(scope="session")
def browser(
    open_browser: Callable[[], AbstractContextManager[Browser]],
) -> Iterator[BrowserContext]:
    """Start a browser; its cache stays warm from test to test, its cookies don't."""
    expect.set_options(timeout=20_000)  # the machine may be busy; what is awaited ends it sooner
    with open_browser() as browser:
        yield browser.new_context(viewport=SCREEN, timezone_id="Asia/Tokyo", locale="en-GB")


@pytest.fixture(scope="session")
def tab(browser: BrowserContext) -> Page:
    """Open one tab: what it has loaded once it need not compile again."""
    return browser.new_page()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: BrowserContext) -> Iterator[Page]:
    """Return an empty tab whose user has no cookie yet.

    Most tests have the same one in turn; one that is marked `own_tab` has its own.
    """
    browser.clear_cookies()
    if request.node.get_closest_marker("own_tab"):
        own = browser.new_page()
        own.emulate_media(reduced_motion="no-preference")
        yield own
        own.close()
        return
    tab: Page = request.getfixturevalue("tab")
    yield tab
    tab.goto("about:blank")
    tab.set_viewport_size(SCREEN)
    tab.emulate_media(media="null", color_scheme="null", reduced_motion="reduce")
    tab.set_default_timeout(TIMEOUT)
