"""Signing in by an identity provider: a real process of one, the API, the gate and a browser."""

import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import jwt
import psycopg
import pytest
from playwright.sync_api import Browser, expect
from redis import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from analytics.api import create_app as create_api
from analytics.settings import ApiSettings
from analytics.sign_in.oidc_settings import OidcSettings
from analytics.sign_in.single_sign_on import SESSION_SECONDS
from flows.embedded.answers import http_answers
from flows.embedded.part import Part, free_port
from flows.migrations.migrate import prepare_databases
from flows.settings import LakeSettings
from ingest_api.settings import BadSettingError
from streamlit_app.sign_in.access import AccessCheck
from streamlit_app.sign_in.gate import COOKIE, Gate
from streamlit_app.sign_in.pages import SignInPages
from tests.integration.conftest import SECRET, serving

Running = Callable[[Part, Path], AbstractContextManager[Any]]


@dataclass
class Provider:
    """A provider that is started, stopped, and started again with other keys."""

    running: Running
    folder: Path
    port: int = field(default_factory=free_port)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = (sys.executable, "-m", "oidc_provider_mock", "--port", str(self.port))
        answers = lambda: http_answers(f"{self.address}/jwks")  # noqa: E731
        part = Part("provider", (*command, "--require-nonce", "true"), answers=answers)
        self.stack.enter_context(self.running(part, self.folder / "provider.log"))

    def stop(self) -> None:
        self.stack.close()

    def tell(self, sub: str, **claims: Any) -> None:
        """Say what the provider tells of somebody."""
        httpx.put(f"{self.address}/users/{sub}", json=claims).raise_for_status()

    def approve(self, address: str, sub: str) -> str:
        """Sign in at the provider's page; return the address that leads back."""
        answer = httpx.post(address, data={"sub": sub})
        return urljoin(address, answer.headers["location"])


@dataclass
class Door:
    """The dashboard's gate and the API, which know the provider."""

    dashboard: str
    api: str
    provider: Provider
    browsers: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> httpx.Client:
        self.browsers.append(httpx.Client(base_url=self.dashboard, headers={"Accept": "text/html"}))
        return self.browsers[-1]

    def set_out(self, browser: httpx.Client, wanted: str = "/student?course=py") -> str:
        """Follow the link to the provider; return the address of its page."""
        answer = browser.get("/sign-in/provider", params={"next": wanted})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def sign_in(self, browser: httpx.Client, sub: str) -> httpx.Response:
        return browser.get(self.provider.approve(self.set_out(browser), sub))

    def viewer(self, browser: httpx.Client) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {browser.cookies.get(COOKIE)}"}
        found: dict[str, Any] = httpx.get(f"{self.api}/api/v1/viewer", headers=headers).json()
        return found


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
    running: Running,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Door]:
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE single_sign_on")
    postgres_url, folder = postgres_server("single_sign_on"), tmp_path_factory.mktemp("provider")
    lake = LakeSettings(
        CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=str(folder / "lake")
    )
    prepare_databases(lake)
    with Redis.from_url(redis_server_url) as redis:
        redis.flushall()
    provider, port = Provider(running, folder), free_port()
    provider.start()
    settings = ApiSettings(
        postgres_url=postgres_url,
        lake_path=lake.lake_path,
        secret=SECRET,
        redis_url=redis_server_url,
        oidc=OidcSettings(
            CELLPULSE_OIDC_ISSUER=provider.address,
            CELLPULSE_OIDC_CLIENT_SECRET="a-secret-of-the-client",
            CELLPULSE_PUBLIC_DASHBOARD_URL=f"http://127.0.0.1:{port}",
        ),
    )

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"page {request.url.path}")

    with ExitStack() as stack:
        stack.callback(provider.stop)
        api = stack.enter_context(serving(create_api(settings)))
        http = httpx.AsyncClient(base_url=api, timeout=30)

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with http:
                yield

        inside = Starlette(routes=[Route("/{path:path}", page)], lifespan=lifespan)
        gate = Gate(inside, AccessCheck(http), SignInPages(http, by_provider=True))
        yield Door(stack.enter_context(serving(gate, port)), api, provider)
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE single_sign_on WITH (FORCE)")


def test_it_works_in_a_browser(
    door: Door, open_browser: Callable[[], AbstractContextManager[Browser]]
) -> None:
    """From the page that was wanted to the provider and back, a reload, and out of both."""
    door.provider.tell("sub-1", preferred_username="grace", groups=["cellpulse-instructor:py"])
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(f"{door.dashboard}/student?course=py")
        page.get_by_role("link", name="Sign in by your institution").click()
        page.get_by_placeholder("sub").fill("sub-1")
        page.get_by_role("button", name="Authorize").click()
        expect(page.get_by_text("page /student")).to_be_visible()
        assert page.url == f"{door.dashboard}/student?course=py"
        page.reload()
        expect(page.get_by_text("page /student")).to_be_visible()
        kept = {each["name"]: each for each in page.context.cookies()}
        assert kept.keys() == {COOKIE}
        assert kept[COOKIE]["httpOnly"]
        page.goto(f"{door.dashboard}/sign-out")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="End session").click()
        expect(page).to_have_url(f"{door.dashboard}/sign-in")
        page.goto(f"{door.dashboard}/student")
        expect(page.get_by_role("link", name="Sign in by your institution")).to_be_visible()


@pytest.mark.parametrize(
    ("groups", "courses", "sections"),
    [
        (["cellpulse-admin"], None, []),
        (["/cellpulse-instructor:py", "cellpulse-instructor:a/b", "x"], ["py", "a/b"], []),
        (["cellpulse-assistant:py:A"], ["py"], [("py", "A")]),
        (
            ["cellpulse-instructor:r", "cellpulse-assistant:x:y:B", "cellpulse-assistant:r:A"],
            ["r", "x:y"],
            [("x:y", "B")],
        ),
    ],
)
def test_roles_come_from_a_claim(
    door: Door, groups: list[str], courses: list[str] | None, sections: list[tuple[str, str]]
) -> None:
    """Whoever has a whole course needs no section of it; the session ends within the day."""
    door.provider.tell("sub-2", preferred_username="ada", groups=groups)
    browser = door.browser()
    answer = door.sign_in(browser, "sub-2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/student?course=py")
    viewer = door.viewer(browser)
    assert (viewer["account"], viewer["courses"]) == ("ada", courses)
    assert [(each["course_id"], each["section"]) for each in viewer["sections"]] == sections
    claims = jwt.decode(str(browser.cookies.get(COOKIE)), options={"verify_signature": False})
    assert claims["exp"] <= time.time() + SESSION_SECONDS


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"preferred_username": "eve", "groups": ["students"]}, "nothing is open here to eve"),
        ({"preferred_username": "eve"}, "nothing is open here to eve"),
        ({"groups": ["cellpulse-admin"]}, "tells no name (claim &#x27;preferred_username&#x27;)"),
    ],
)
def test_who_has_no_role_is_told_whom_to_ask(
    door: Door, claims: dict[str, Any], sentence: str
) -> None:
    """Nothing is opened by being known to the provider alone."""
    door.provider.tell("sub-3", **claims)
    browser = door.browser()
    answer = door.sign_in(browser, "sub-3")
    assert answer.status_code == 403
    assert sentence in answer.text
    assert "ask whoever runs Cellpulse" in answer.text
    assert COOKIE not in browser.cookies


def test_an_answer_that_does_not_fit_opens_nothing(door: Door) -> None:
    """Another state, another browser, a code of another sign-in, one used twice, and a refusal."""
    door.provider.tell("sub-4", preferred_username="ada", groups=["cellpulse-admin"])
    browser = door.browser()
    back = door.provider.approve(door.set_out(browser), "sub-4")
    tampered = browser.get(re.sub(r"state=\w+", "state=of-somebody-else", back))
    assert (tampered.status_code, "another sign-in" in tampered.text) == (401, True)

    assert door.browser().get(back).status_code == 401

    other = door.provider.approve(door.set_out(door.browser()), "sub-4")
    mine = door.provider.approve(door.set_out(browser), "sub-4")
    [code] = re.findall(r"code=([^&]+)", other)
    swapped = browser.get(re.sub(r"code=[^&]+", f"code={code}", mine))
    assert (swapped.status_code, "does not vouch" in swapped.text) == (401, True)

    denied = browser.get("/sign-in/callback", params={"error": "access_denied", "state": "x"})
    assert denied.status_code == 403
    assert COOKIE not in browser.cookies

    back = door.provider.approve(door.set_out(browser), "sub-4")
    kept = dict(browser.cookies)
    assert browser.get(back).status_code == 303
    again = door.browser()
    again.cookies.update(kept)
    assert again.get(back).status_code == 401


def test_a_flow_that_is_none_of_ours_is_refused(door: Door) -> None:
    """One that has run out, was signed elsewhere or is for something else, in one sentence."""
    now = int(time.time())
    kept = {"scope": "sign-in", "state": "s", "nonce": "n", "verifier": "v" * 50, "exp": now + 60}
    flows = (
        "x",
        jwt.encode(kept, "a-secret-of-another-place-that-is-long", algorithm="HS256"),
        jwt.encode(kept | {"exp": now - 1}, SECRET, algorithm="HS256"),
        jwt.encode(kept | {"scope": "password"}, SECRET, algorithm="HS256"),
    )
    for flow in flows:
        answer = httpx.post(
            f"{door.api}/api/v1/sign-in/provider/answer",
            json={"flow": flow, "state": "s", "code": "c"},
        )
        assert answer.status_code == 401
        assert "sign in again" in answer.json()["detail"]


def test_new_keys_and_a_provider_that_is_away(door: Door) -> None:
    """Without it a page says so; when it is back with other keys people sign in as before."""
    door.provider.tell("sub-5", preferred_username="ada", groups=["cellpulse-admin"])
    browser = door.browser()
    assert door.sign_in(browser, "sub-5").status_code == 303
    way = door.set_out(browser)
    back = door.provider.approve(way, "sub-5")
    door.provider.stop()
    away = browser.get(back)
    assert away.status_code == 503
    assert "the identity provider does not answer" in away.text
    assert browser.get("/sign-in").status_code == 200
    door.provider.start()
    door.provider.tell("sub-5", preferred_username="ada", groups=["cellpulse-admin"])
    assert door.sign_in(door.browser(), "sub-5").status_code == 303


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"CELLPULSE_OIDC_ISSUER": "http://id.example.org"}, "must be an https:// address"),
        ({"CELLPULSE_OIDC_ISSUER": "https://id.example.org"}, "CELLPULSE_PUBLIC_DASHBOARD_URL"),
        ({"CELLPULSE_OIDC_SCOPES": "profile"}, "CELLPULSE_OIDC_SCOPES"),
    ],
)
def test_a_wrong_setting_is_one_line(given: dict[str, str], sentence: str) -> None:
    """It names what is wrong."""
    with pytest.raises(BadSettingError, match=re.escape(sentence)) as raised:
        OidcSettings.load(**given)
    assert len(str(raised.value).splitlines()) == 1
