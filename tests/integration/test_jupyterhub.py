"""A real JupyterHub with its proxy, students' servers and Cellpulse behind it."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.sync.client import connect

from analytics.api import create_app as create_api
from analytics.settings import ApiSettings
from analytics.sign_in.hub_settings import HubSettings
from analytics.sign_in.oidc_settings import OidcSettings
from flows.embedded.answers import http_answers
from flows.embedded.part import Part, free_port
from ingest_api.settings import BadSettingError
from ingest_api.tokens import Grant, issue_token
from streamlit_app.sign_in.access import AccessCheck
from streamlit_app.sign_in.gate import COOKIE, Gate
from streamlit_app.sign_in.pages import SignInPages
from tests.integration.conftest import SECRET, Pipeline, serving

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "notebooks" / "hub"
ADA, BOB, CAROL, TEACHER = "Ada.Lovelace", "bob", "Carol-2", "Prof.X"
#: A student of two courses, and somebody of none.
DAVE, EVE = "dave", "eve"
SECOND = "数学 & more"
PASSWORD = "a-password-that-all-have"
HUB_TOKEN, TESTS_TOKEN = "t" * 40, "u" * 40
WAIT = 60
#: The last that there is of a session.
LAST = {"cell_run", "session_ended"}


@dataclass
class Hub:
    """The Hub and what is behind it, and a course that is its own."""

    address: str
    dashboard: str
    pipeline: Pipeline
    folder: Path
    wait_until: Callable[..., None]

    @property
    def course(self) -> str:
        return self.pipeline.course

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"token {TESTS_TOKEN}"}
        return httpx.request(
            method, f"{self.address}{path}", headers=headers, timeout=WAIT, **request
        )

    def start(self, *names: str) -> None:
        """Start servers, at once, and wait until each is there."""
        for name in names:
            self.ask("POST", f"/hub/api/users/{name}/server").raise_for_status()
        for name in names:
            self.wait_until(lambda name=name: self.is_up(name), f"the server of {name}", WAIT)

    def is_up(self, name: str) -> bool:
        return bool(self.servers(name).get("", {}).get("ready"))

    def servers(self, name: str) -> dict[str, Any]:
        """Return somebody's servers, those too that are about to start or to end."""
        found: dict[str, Any] = self.ask("GET", f"/hub/api/users/{name}").json()["servers"]
        return found

    def stop(self, name: str) -> None:
        self.ask("DELETE", f"/hub/api/users/{name}/server").raise_for_status()
        self.wait_until(lambda: not self.servers(name), f"the end of {name}'s server", WAIT)

    def cull(self, name: str) -> None:
        """Have the culler end every server that was idle for a second."""
        command = (sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=1", "--cull-every=1")
        environ = os.environ | {"JUPYTERHUB_API_TOKEN": TESTS_TOKEN}
        environ |= {"JUPYTERHUB_API_URL": f"{self.address}/hub/api"}
        culler = subprocess.Popen(command, env=environ)
        try:
            self.wait_until(lambda: not self.servers(name), f"{name} to be culled", WAIT)
        finally:
            culler.kill()
            culler.wait()

    def sign_in(self, browser: httpx.Client, name: str) -> httpx.Response:
        """Sign in at the Hub's own page; return where that leads."""
        browser.get(f"{self.address}/hub/login")
        form = {"username": name, "password": PASSWORD, "_xsrf": browser.cookies["_xsrf"]}
        home = browser.post(f"{self.address}/hub/login", params={"next": "/hub/home"}, data=form)
        assert home.status_code == 200, home.text
        return home

    def run(self, name: str, code: str) -> str:
        """Run a cell in a new kernel on somebody's server; return what it printed."""
        answer = self.ask("POST", f"/user/{name}/api/kernels", json={})
        answer.raise_for_status()
        path = f"/user/{name}/api/kernels/{answer.json()['id']}/channels"
        header = {"msg_id": uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
        header |= {"session": uuid4().hex, "username": name, "date": "2026-01-01T00:00:00Z"}
        content = {"code": code, "silent": False, "store_history": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        with connect(
            f"{self.address}{path}".replace("http", "ws", 1),
            additional_headers={"Authorization": f"token {TESTS_TOKEN}"},
            open_timeout=WAIT,
        ) as socket:
            socket.send(json.dumps(message | {"channel": "shell"}))
            return _printed(socket, header["msg_id"])

    def events(self, **of: str) -> list[dict[str, Any]]:
        """Return the course's events as the API has them."""
        found: list[dict[str, Any]] = []
        address = f"{self.pipeline.api}/api/v1/courses/{self.course}/events"
        answer = httpx.get(address, params=of, headers=self.pipeline.bearer("read"), timeout=WAIT)
        if answer.status_code != httpx.codes.NOT_FOUND:
            found = answer.json()["events"]
        return found

    def types(self, name: str, session: str | None = None) -> set[str]:
        """Return which events there are of somebody, or of one session of theirs."""
        return {
            event["type"]
            for event in self.events(student_id=name)
            if session in (None, event["session_id"])
        }

    def log(self) -> str:
        return (self.folder / "hub.log").read_text()


def _printed(socket: Any, msg_id: str) -> str:
    printed = ""
    while True:
        message = json.loads(socket.recv(timeout=WAIT))
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        if message["msg_type"] == "stream":
            printed += message["content"]["text"]
        if message["msg_type"] == "error":
            raise AssertionError(message["content"])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return printed


@pytest.fixture(scope="module")
def hub(
    shared_stores: Pipeline,
    running: Callable[..., AbstractContextManager[Any]],
    tmp_path_factory: pytest.TempPathFactory,
    wait_until: Callable[..., None],
) -> Iterator[Hub]:
    """Run a Hub with three students, of whom two have a server, and a teacher."""
    pipeline = replace(shared_stores, course=f"course-{uuid4().hex}")
    folder = tmp_path_factory.mktemp("hub")
    hub_url, dashboard_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    course = pipeline.course
    groups = {
        f"cellpulse-section:{course}:A": [ADA],
        f"cellpulse-section:{course}:B": [CAROL],
        f"nbgrader-{course}": [ADA, BOB],
        f"formgrade-{course}": [TEACHER],
        f"cellpulse-student:{course}-third": [DAVE],
        f"cellpulse-student:{SECOND}": [DAVE],
        "everybody": [ADA, BOB, CAROL, TEACHER, EVE],
    }
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join((str(PACKAGE), os.environ.get("PYTHONPATH", ""))),
        "HUB_FOLDER": str(folder),
        "HUB_URL": hub_url,
        "HUB_PORT": str(free_port()),
        "PROXY_PORT": str(free_port()),
        "HUB_PASSWORD": PASSWORD,
        "HUB_GROUPS": json.dumps(groups),
        "TESTS_TOKEN": TESTS_TOKEN,
        "INGEST_URL": pipeline.ingest,
        "API_URL": pipeline.api,
        "DASHBOARD_URL": dashboard_url,
        "SERVICE_URL": f"http://127.0.0.1:{free_port()}",
        "CELLPULSE_ADMIN_TOKEN": issue_token(SECRET, Grant("read", "*")),
        "CELLPULSE_HUB_TOKEN": HUB_TOKEN,
    }
    command = (sys.executable, "-m", "jupyterhub", "-f", str(HERE / "jupyterhub_config.py"))
    answers = lambda: http_answers(f"{hub_url}/hub/health")  # noqa: E731
    part = Part("hub", command, environment=environment, answers=answers)
    with ExitStack() as stack:
        stack.enter_context(running(part, folder / "hub.log"))
        stack.enter_context(_dashboard(pipeline, hub_url, dashboard_url))
        found = Hub(hub_url, dashboard_url, pipeline, folder, wait_until)
        found.start(ADA, BOB)
        yield found


@asynccontextmanager
async def _open(http: httpx.AsyncClient) -> AsyncIterator[None]:
    async with http:
        yield


def _dashboard(pipeline: Pipeline, hub_url: str, address: str) -> AbstractContextManager[Any]:
    """Serve the dashboard's gate, and an API that knows the Hub."""
    settings = ApiSettings(
        postgres_url=pipeline.postgres_url,
        lake_path=pipeline.lake_path,
        secret=SECRET,
        redis_url=pipeline.redis_url,
        hub=HubSettings(
            CELLPULSE_HUB_URL=hub_url,
            CELLPULSE_HUB_TOKEN=HUB_TOKEN,
            CELLPULSE_PUBLIC_DASHBOARD_URL=address,
        ),
    )

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"page {request.url.path}")

    stack = ExitStack()
    api = stack.enter_context(serving(create_api(settings)))
    http = httpx.AsyncClient(base_url=api, timeout=WAIT)
    inside = Starlette(routes=[Route("/{path:path}", page)], lifespan=lambda _: _open(http))
    gate = Gate(inside, AccessCheck(http), SignInPages(http, by_provider=True))
    stack.enter_context(serving(gate, int(address.rpartition(":")[2])))
    return stack


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(
        follow_redirects=True, timeout=WAIT, headers={"Accept": "text/html"}
    ) as client:
        yield client


def test_a_server_has_the_hooks_settings_of_its_owner_and_nothing_else(hub: Hub) -> None:
    """Its events are its owner's; with its token nobody posts as another, or reads."""
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    given = {name: json.loads(hub.run(name, code)) for name in (ADA, BOB)}
    tokens = {}
    for name, environ in given.items():
        ours = {key: value for key, value in environ.items() if "CELLPULSE" in key}
        tokens[name] = ours.pop("CELLPULSE_TOKEN")
        assert ours == {
            "CELLPULSE_URL": hub.pipeline.ingest,
            "CELLPULSE_COURSE": hub.course,
            "CELLPULSE_STUDENT": name,
        }
        assert environ["ROOM"] == "B 12"
        assert not {HUB_TOKEN, TESTS_TOKEN} & set(environ.values())
        hub.wait_until(lambda name=name: "cell_run" in hub.types(name), f"{name}'s run", WAIT)

    forged = {"course_id": hub.course, "student_id": BOB, "status": "ok"}
    headers = {"Authorization": f"Bearer {tokens[ADA]}"}
    address = f"{hub.pipeline.ingest}/student-progress"
    answer = httpx.post(address, json=forged, headers=headers)
    assert answer.status_code == 403, answer.text
    other = httpx.post(
        address, json=forged | {"student_id": ADA, "course_id": "another"}, headers=headers
    )
    assert other.status_code == 403
    reading = httpx.get(f"{hub.pipeline.api}/api/v1/viewer", headers=headers)
    assert reading.status_code in (401, 403)
    assert tokens[ADA] not in hub.log()


def test_whoever_is_in_a_group_is_enrolled(hub: Hub) -> None:
    """Also who never had a server; in sections, and under the name as the Hub writes it."""
    query = f"SELECT student_id, section FROM enrollments WHERE course_id = '{hub.course}'"
    enrolled = {f"{ADA}|A", f"{BOB}|", f"{CAROL}|B"}
    hub.wait_until(
        lambda: set(hub.pipeline.psql(query).splitlines()) == enrolled, "the roster", WAIT
    )


def test_a_server_that_stops_or_is_culled_loses_nothing(hub: Hub) -> None:
    """The last run and the end of its session arrive, at the latest by the next server."""
    which = "import cellpulse_hook.hook as h; print(h._hook.session.session_id, end='')"
    sessions = {name: hub.run(name, which) for name in (ADA, BOB)}
    hub.stop(ADA)
    hub.cull(BOB)
    hub.start(ADA, BOB)
    for name, session in sessions.items():
        hub.run(name, "1")
        hub.wait_until(
            lambda name=name, session=session: hub.types(name, session) >= LAST,
            f"the end of {name}'s session",
            WAIT,
        )


def test_the_menu_leads_through_the_hubs_sign_in_to_the_dashboard(
    hub: Hub, browser: httpx.Client
) -> None:
    """An instructor who is signed in at the Hub gets what the group opens, by one click."""
    home = hub.sign_in(browser, TEACHER)
    assert 'href="/services/cellpulse/"' in home.text
    page = browser.get(f"{hub.address}/services/cellpulse/")
    assert (page.status_code, page.text) == (200, "page /")
    assert str(page.url).startswith(hub.dashboard)
    viewer = viewer_of(hub, browser)
    assert (viewer["account"], viewer["courses"]) == (TEACHER, [hub.course])
    out = browser.post(
        f"{hub.dashboard}/sign-out", headers={"Origin": hub.dashboard}, follow_redirects=False
    )
    assert f"{hub.address}/hub/logout" in out.text + str(out.headers)


def viewer_of(hub: Hub, browser: httpx.Client) -> dict[str, Any]:
    """Return what the cookie that a browser got at the dashboard opens."""
    token = browser.cookies.get(COOKIE, domain="127.0.0.1")
    headers = {"Authorization": f"Bearer {token}"}
    found: dict[str, Any] = httpx.get(f"{hub.pipeline.api}/api/v1/viewer", headers=headers).json()
    return found


def test_the_menu_leads_a_student_to_the_own_page(hub: Hub, browser: httpx.Client) -> None:
    """By one click, by the section's group alone too; and out again at the Hub as well."""
    hub.sign_in(browser, CAROL)
    page = browser.get(f"{hub.address}/services/cellpulse/")
    assert (page.status_code, page.text) == (200, "page /")
    viewer = viewer_of(hub, browser)
    assert (viewer["student_id"], viewer["courses"]) == (CAROL, [hub.course])
    assert browser.get(f"{hub.dashboard}/exercises").status_code == 403
    out = browser.post(
        f"{hub.dashboard}/sign-out", headers={"Origin": hub.dashboard}, follow_redirects=False
    )
    assert f"{hub.address}/hub/logout" in out.text
    browser.get(f"{hub.address}/services/cellpulse/")
    assert viewer_of(hub, browser)["student_id"] == CAROL
    assert hub.pipeline.cellpulse("account", "sign-out", CAROL).returncode == 0
    assert viewer_of(hub, browser)["status"] == 401


def test_a_student_of_several_courses_chooses_one(hub: Hub, browser: httpx.Client) -> None:
    """The page names them; a course of others opens nothing."""
    hub.sign_in(browser, DAVE)
    page = browser.get(f"{hub.address}/services/cellpulse/")
    assert COOKIE not in browser.cookies
    assert escape(SECOND) in page.text
    foreign = browser.get(f"{hub.dashboard}/sign-in/provider", params={"course": "another"})
    assert COOKIE not in browser.cookies
    assert escape(SECOND) in foreign.text
    chosen = browser.get(f"{hub.dashboard}/sign-in/provider", params={"course": SECOND})
    assert (chosen.status_code, chosen.text) == (200, "page /")
    viewer = viewer_of(hub, browser)
    assert (viewer["student_id"], viewer["courses"]) == (DAVE, [SECOND])


def test_who_is_in_no_group_of_ours_is_told_so(hub: Hub, browser: httpx.Client) -> None:
    """Whoever the Hub knows is not a student of a course."""
    hub.sign_in(browser, EVE)
    page = browser.get(f"{hub.address}/services/cellpulse/")
    assert page.status_code == 403
    assert f"nothing is open here to {EVE}" in page.text


def test_a_code_that_the_hub_did_not_give_opens_nothing(hub: Hub, browser: httpx.Client) -> None:
    """The Hub is asked, and refuses."""
    way = browser.get(f"{hub.dashboard}/sign-in/provider", follow_redirects=False)
    asked = dict(httpx.URL(way.headers["location"]).params)
    assert asked["client_id"] == "service-cellpulse"
    answer = browser.get(
        f"{hub.dashboard}/sign-in/callback", params={"state": asked["state"], "code": "guessed"}
    )
    assert answer.status_code == 401


def test_wrong_settings_of_the_hub_are_one_line() -> None:
    """What is missing is named; two providers are one too many."""
    address = "https://hub.example.org"
    with pytest.raises(BadSettingError, match="set CELLPULSE_HUB_TOKEN"):
        HubSettings.load(CELLPULSE_HUB_URL=address)
    with pytest.raises(BadSettingError, match="set CELLPULSE_PUBLIC_DASHBOARD_URL"):
        HubSettings.load(CELLPULSE_HUB_URL=address, CELLPULSE_HUB_TOKEN="t")
    both = {"CELLPULSE_HUB_TOKEN": "t", "CELLPULSE_PUBLIC_DASHBOARD_URL": address}
    with pytest.raises(BadSettingError, match="one provider") as raised:
        ApiSettings.load(
            postgres_url="postgresql://x",
            lake_path="x",
            secret=SECRET,
            hub=HubSettings.load(CELLPULSE_HUB_URL=address, **both),
            oidc=OidcSettings.load(CELLPULSE_OIDC_ISSUER=address, **both),
        )
    assert len(str(raised.value).splitlines()) == 1
