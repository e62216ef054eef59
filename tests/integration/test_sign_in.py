"""Signing in and out: the gate, the aggregation API and the ingest, with real stores."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import Browser, expect
from redis import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from analytics.api import create_app as create_api
from analytics.settings import ApiSettings
from analytics.sign_in.sign_in import ATTEMPTS
from flows.accounts.password_code import issue_code
from flows.cli import cli
from flows.migrations.migrate import prepare_databases
from flows.settings import LakeSettings
from flows.stores import issued_tokens
from flows.stores.accounts import expect_first_admin
from flows.stores.postgres import engine_for
from ingest_api.app import create_app as create_ingest
from ingest_api.settings import IngestSettings
from ingest_api.tokens import Grant, SignedIn, issue_token
from streamlit_app.sign_in.access import AccessCheck
from streamlit_app.sign_in.gate import COOKIE, Gate
from streamlit_app.sign_in.pages import SignInPages
from tests.integration.conftest import serving

SECRET = "a-secret-that-only-the-tests-know"
PASSWORD = "correct horse battery"


@dataclass
class Door:
    """The addresses of the three, and their stores."""

    dashboard: str
    api: str
    ingest: str
    redis_url: str
    postgres_url: str
    lake_path: str
    browsers: list[httpx.Client] = field(default_factory=list)

    def cellpulse(self, *arguments: str) -> Result:
        return self.command("account", *arguments)

    def command(self, *arguments: str) -> Result:
        environment = {
            "CELLPULSE_REDIS_URL": self.redis_url,
            "CELLPULSE_POSTGRES_URL": self.postgres_url,
            "CELLPULSE_LAKE_PATH": self.lake_path,
            "CELLPULSE_SECRET": SECRET,
            "CELLPULSE_DASHBOARD_PORT": self.dashboard.rpartition(":")[2],
        }
        return CliRunner().invoke(cli, arguments, env=environment)

    def browser(self) -> httpx.Client:
        headers = {"Accept": "text/html"}
        browser = httpx.Client(base_url=self.dashboard, follow_redirects=True, headers=headers)
        self.browsers.append(browser)
        return browser

    def account(self, *arguments: str) -> httpx.Client:
        """Make an account, follow its link and choose a password; return the browser."""
        link = self.cellpulse("add", *arguments).output.strip()
        browser = self.browser()
        assert "Choose a password" in browser.get(link).text
        code = httpx.URL(link).params["code"]
        page = choose(browser, code)
        assert page.text == "page /", page.text
        return browser


def choose(browser: httpx.Client, code: str, password: str = PASSWORD) -> httpx.Response:
    form = {"code": code, "password": password, "again": password}
    return browser.post("/password", data=form)


def sign_in(
    browser: httpx.Client, account: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    return browser.post("/sign-in", data={"account": account, "password": password} | more)


@pytest.fixture
def door(_door: Door) -> Iterator[Door]:
    """Return the door, and close the browsers that a test opened."""
    yield _door
    while _door.browsers:
        _door.browsers.pop().close()


@pytest.fixture(scope="module")
def _door(
    redis_server_url: str,
    postgres_server: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Door]:
    """Serve a page behind the gate, the API and the ingest; two courses have one student each."""
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE sign_in")
    postgres_url, lake_path = postgres_server("sign_in"), str(tmp_path_factory.mktemp("lake"))
    prepare_databases(
        LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
    )
    with psycopg.connect(postgres_url) as connection:
        for course in ("py", "r", "sql"):
            connection.execute("INSERT INTO courses VALUES (%s, NULL, now())", [course])
    with Redis.from_url(redis_server_url) as redis:
        redis.flushall()
    settings = ApiSettings(
        postgres_url=postgres_url, lake_path=lake_path, secret=SECRET, redis_url=redis_server_url
    )
    ingest_settings = IngestSettings.model_validate(
        {"CELLPULSE_REDIS_URL": redis_server_url, "CELLPULSE_SECRET": SECRET}
    )

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"page {request.url.path}")

    with ExitStack() as stack:
        api = stack.enter_context(serving(create_api(settings)))
        ingest = stack.enter_context(serving(create_ingest(ingest_settings)))
        http = httpx.AsyncClient(base_url=api, timeout=30)

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with http:
                yield

        inside = Starlette(routes=[Route("/{path:path}", page)], lifespan=lifespan)
        gate = Gate(inside, AccessCheck(http), SignInPages(http))
        dashboard = stack.enter_context(serving(gate))
        yield Door(dashboard, api, ingest, redis_server_url, postgres_url, lake_path)
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE sign_in WITH (FORCE)")


def ask(door: Door, browser: httpx.Client, path: str) -> httpx.Response:
    """Ask the API as the page does: with the token in the browser's cookie."""
    headers = {"Authorization": f"Bearer {browser.cookies.get(COOKIE)}"}
    return httpx.get(f"{door.api}/api/v1{path}", headers=headers)


def test_an_instructor_sees_her_courses_and_no_others(door: Door) -> None:
    """Her link leads to a password and the dashboard; the API keeps other courses from her."""
    browser = door.account("ada", "--role", "instructor", "--course", "py", "--course", "r")
    seen = ask(door, browser, "/courses").json()["courses"]
    assert [course["course_id"] for course in seen] == ["py", "r"]
    assert ask(door, browser, "/courses/py/students").status_code == 200
    assert ask(door, browser, "/courses/sql/students").status_code == 403
    viewer = ask(door, browser, "/viewer").json()
    assert (viewer["account"], viewer["courses"]) == ("ada", ["py", "r"])


def test_an_admin_sees_every_course(door: Door) -> None:
    """The first admin's link comes from `cellpulse up`, until there is a password."""
    engine = engine_for(door.postgres_url)
    assert expect_first_admin(engine, "admin", "first")
    assert expect_first_admin(engine, "admin", "second")
    browser = door.browser()
    assert choose(browser, issue_code(SECRET, "admin", "first")).status_code == 403
    assert choose(browser, issue_code(SECRET, "admin", "second")).text == "page /"
    assert not expect_first_admin(engine, "admin", "third")
    engine.dispose()
    assert len(ask(door, browser, "/courses").json()["courses"]) == 3
    assert "admin  admin  every course" in door.cellpulse("list").output


def students_of(door: Door, browser: httpx.Client) -> list[str]:
    answer = ask(door, browser, "/courses/py/students")
    return [each["student_id"] for each in answer.json()["students"]]


def test_an_assistant_sees_who_is_in_her_section_now(door: Door, tmp_path: Path) -> None:
    """Numbers, student pages and the live feed follow the roster within a second."""
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id,section\nann,A\nbob,B\n")
    assert door.command("enroll", str(roster), "--course", "py").exit_code == 0
    options = ("--role", "assistant", "--course", "py", "--section", "A")
    browser = door.account("tess", *options)
    assert "tess  assistant  py (section A)" in door.cellpulse("list").output
    assert students_of(door, browser) == ["ann"]
    assert ask(door, browser, "/courses/py/students/bob/history").status_code == 403
    token = browser.cookies.get(COOKIE)
    live = f"{door.ingest.replace('http', 'ws')}/ws/dashboard?course_id=py&token={token}"
    sender = {"Authorization": f"Bearer {issue_token(SECRET, Grant('ingest', 'py'))}"}

    def first_seen() -> str:
        """Let both run cells until the live feed shows one of them."""
        runs = [{"course_id": "py", "student_id": each, "status": "ok"} for each in ("ann", "bob")]
        with connect(live) as feed:
            while True:
                httpx.post(f"{door.ingest}/student-progress", json=runs, headers=sender)
                with suppress(TimeoutError):
                    return str(json.loads(feed.recv(0.5))["student_id"])

    assert first_seen() == "ann"
    roster.write_text("student_id,section\nann,B\nbob,A\n")
    assert door.command("enroll", str(roster), "--course", "py").exit_code == 0
    assert students_of(door, browser) == ["bob"]
    assert ask(door, browser, "/courses/py/students/ann/history").status_code == 403
    seen = first_seen()
    while seen == "ann":  # within a second
        seen = first_seen()
    assert seen == "bob"


def test_a_name_and_a_password_lead_to_the_page_that_was_wanted(door: Door) -> None:
    """The form leads back to the page; a wrong name and a wrong password are told alike."""
    door.account("bea", "--role", "instructor", "--course", "py")
    browser = door.browser()
    refused = browser.get("/student?course=py&student=x")
    assert refused.status_code == 401
    assert 'value="/student?course=py&amp;student=x"' in refused.text
    wrong = [sign_in(browser, "bea", "not it at all"), sign_in(browser, "nobody")]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert all("the name or the password is wrong" in answer.text for answer in wrong)
    page = sign_in(browser, "bea", next="/student?course=py")
    assert (page.text, str(page.url)) == ("page /student", f"{door.dashboard}/student?course=py")


def test_the_forms_work_in_a_browser(
    door: Door, open_browser: Callable[[], AbstractContextManager[Browser]]
) -> None:
    """A browser follows the link, signs out, and signs in again to the page it wanted."""
    link = door.cellpulse("add", "ivy", "--role", "instructor", "--course", "py").output.strip()
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(link)
        page.get_by_label("Password, 10 characters or more").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button").click()
        expect(page.get_by_text("page /", exact=True)).to_be_visible()
        page.goto(f"{door.dashboard}/sign-out")
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{door.dashboard}/student?course=py")
        page.get_by_label("Name").fill("ivy")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("page /student")).to_be_visible()
        assert page.url == f"{door.dashboard}/student?course=py"


@pytest.mark.parametrize(
    "wanted", ["//evil.example/x", "https://evil.example/x", "/\\evil.example", "javascript:x"]
)
def test_signing_in_never_leads_to_another_host(door: Door, wanted: str) -> None:
    """Whatever the form says, the browser stays on this host."""
    if "cleo" not in door.cellpulse("list").output:
        door.account("cleo", "--role", "instructor", "--course", "py")
    with httpx.Client(base_url=door.dashboard) as browser:
        answer = sign_in(browser, "cleo", next=wanted)
    assert answer.status_code == 303
    assert httpx.URL(door.dashboard).join(answer.headers["location"]).host == "127.0.0.1"


def test_signing_out_ends_every_tab_and_the_live_feed(door: Door) -> None:
    """After it the token opens no page, no number and no WebSocket, and an open one closes."""
    browser = door.account("dora", "--role", "instructor", "--course", "py")
    token = browser.cookies.get(COOKIE)
    live = f"{door.ingest.replace('http', 'ws')}/ws/dashboard?course_id=py&token={token}"
    with connect(live) as feed:
        assert "Sign out" in browser.get("/sign-out").text
        assert "Sign in" in browser.post("/sign-out").text
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert COOKIE not in browser.cookies
    with pytest.raises(InvalidStatus) as refused, connect(live):
        pass
    assert refused.value.response.status_code == 401
    browser.cookies.set(COOKIE, str(token))
    assert browser.get("/").status_code == 401
    assert ask(door, browser, "/courses").json()["detail"] == "you have signed out: sign in again"


def test_a_new_link_ends_the_old_password_and_every_session(door: Door) -> None:
    """`account reset` signs out everywhere; the old password opens nothing, a link works once."""
    browser = door.account("eve", "--role", "instructor", "--course", "py")
    code = httpx.URL(door.cellpulse("reset", "eve").output.strip()).params["code"]
    assert ask(door, browser, "/courses").status_code == 401
    assert sign_in(browser, "eve").status_code == 401
    assert choose(browser, code, "another password").text == "page /"
    assert choose(browser, code, "and another one").status_code == 403
    assert door.cellpulse("remove", "eve").exit_code == 0
    assert ask(door, browser, "/courses").status_code == 401
    assert door.cellpulse("remove", "eve").exit_code == 1


def test_an_operator_ends_every_session_of_a_name(door: Door) -> None:
    """The account stays, and its owner may sign in again."""
    browser = door.account("kit", "--role", "instructor", "--course", "py")
    assert ask(door, browser, "/viewer").status_code == 200
    assert door.cellpulse("sign-out", "kit").exit_code == 0
    assert ask(door, browser, "/viewer").status_code == 401
    assert sign_in(browser, "kit").text == "page /"


def test_a_password_can_t_be_found_by_trying(door: Door) -> None:
    """After ten wrong ones the account waits, for the right one too; another account does not."""
    door.account("fay", "--role", "instructor", "--course", "py")
    door.account("gil", "--role", "instructor", "--course", "py")
    browser = door.browser()
    for _ in range(ATTEMPTS):
        assert sign_in(browser, "fay", "wrong again").status_code == 401
    waits = sign_in(browser, "fay")
    assert waits.status_code == 429
    assert "try again in 1" in waits.text
    assert sign_in(browser, "gil").text == "page /"


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [("short", "short", "at least 10 characters"), (PASSWORD, "another", "not the same")],
)
def test_a_bad_choice_is_told_and_the_link_still_works(
    door: Door, password: str, again: str, sentence: str
) -> None:
    """A password that is too short, or typed differently, costs nothing."""
    name = f"hal-{len(password)}"
    link = door.cellpulse("add", name, "--role", "admin").output.strip()
    code = httpx.URL(link).params["code"]
    browser = door.browser()
    form = {"code": code, "password": password, "again": again}
    answer = browser.post("/password", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert choose(browser, code).text == "page /"


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize("path", ["/sign-in", "/password", "/sign-out"])
def test_a_form_of_another_site_does_nothing(door: Door, path: str, header: dict[str, str]) -> None:
    """A page elsewhere can neither sign anybody in nor out."""
    with httpx.Client(base_url=door.dashboard, headers=header) as browser:
        answer = browser.post(path, data={"account": "admin", "password": PASSWORD})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("code", ["", "x", "a.b.c", issue_token(SECRET, Grant("read", "py"))])
def test_a_code_that_is_none_of_ours_sets_no_password(door: Door, code: str) -> None:
    """A made-up code, or a token in its place, is refused in one sentence."""
    answer = choose(door.browser(), code)
    assert answer.status_code == 403
    assert "ask for a new one" in answer.text


def test_a_session_ends_by_itself(door: Door) -> None:
    """A token that has run out opens nothing, and says so."""
    now = time.time()
    ended = SignedIn("ada", "t", now - 100, int(now) - 1)
    header = {"Authorization": f"Bearer {issue_token(SECRET, Grant('read', 'py', None, ended))}"}
    answer = httpx.get(f"{door.api}/api/v1/courses", headers=header)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "you signed in too long ago: sign in again"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "x", "--role", "instructor"], "an instructor needs at least one --course"),
        (["add", "x", "--role", "admin", "--course", "py"], "an admin sees every course"),
        (["add", "x", "--role", "assistant", "--course", "py"], "at least one --section"),
        (["add", "x", "--role", "assistant", "--section", "A"], "an assistant needs one --course"),
        (["add", "x", "--role", "admin", "--section", "A"], "only an assistant has sections"),
        (["add", "a\nb", "--role", "admin"], "printable"),
        (["add", "a\\b", "--role", "admin"], "printable"),  # no form would take it
        (["reset", "nobody"], "there is no account 'nobody'"),
    ],
)
def test_a_wrong_command_gets_one_line(door: Door, arguments: list[str], sentence: str) -> None:
    """Each mistake is told in one line that says what to do, and changes nothing."""
    result = door.cellpulse(*arguments)
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert sentence in line


def test_while_redis_is_away_nobody_is_let_in_by_a_session(
    postgres_url: str, tmp_path: Path
) -> None:
    """Who has signed out can't be known then: a session waits with a 503; other tokens go on."""
    settings = ApiSettings(
        postgres_url=postgres_url,
        lake_path=str(tmp_path / "lake"),
        secret=SECRET,
        redis_url="redis://127.0.0.1:9/0",
    )
    now = time.time()
    session = Grant("read", "py", None, SignedIn("ada", "t", now, int(now) + 100))
    revoked = Grant("read", "py")
    engine = engine_for(postgres_url)
    issued_tokens.record(engine, revoked)
    issued_tokens.revoke(engine, revoked.token.token_id)
    engine.dispose()
    with serving(create_api(settings)) as api:
        statuses = [
            httpx.get(
                f"{api}/api/v1/viewer",
                headers={"Authorization": f"Bearer {issue_token(SECRET, grant)}"},
            ).status_code
            for grant in (session, Grant("read", "py"), revoked)
        ]
        tried = httpx.post(
            f"{api}/api/v1/sign-in", json={"account": "ada", "password": PASSWORD}
        ).status_code
    assert statuses == [503, 200, 401]
    assert tried == 503
