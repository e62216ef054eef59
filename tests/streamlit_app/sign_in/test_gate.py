import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from streamlit_app.sign_in.access import Verdict
from streamlit_app.sign_in.gate import COOKIE, COOKIE_SECONDS, Gate
from streamlit_app.sign_in.pages import SignInPages

VERDICTS = {
    "good": Verdict.ACCEPTED,
    "sends": Verdict.FORBIDDEN,
    "students": Verdict.STUDENT,
    "while-away": Verdict.CANNOT_TELL,
}


class KnownTokens:
    """Judges tokens as the test says."""

    async def verdict(self, token: str) -> Verdict:
        """Look the token up."""
        return VERDICTS.get(token, Verdict.UNKNOWN)


async def _page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"page {request.url.path}")


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve a page and a WebSocket behind a gate."""
    inside = Starlette(
        routes=[Route("/{path:path}", _page), WebSocketRoute("/_stcore/stream", _talk)]
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Gate(inside, KnownTokens(), SignInPages(httpx.AsyncClient())),
        log_level="error",
        ws="websockets-sansio",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(60)
    listening.close()


@pytest.fixture
def visitor(address: str) -> Iterator[httpx.Client]:
    """Return a browser without a cookie."""
    with httpx.Client(base_url=address) as client:
        yield client


def test_without_a_cookie_the_page_says_what_to_do(visitor: httpx.Client) -> None:
    """Who comes without a link gets 401 and a sentence that says where to get one."""
    response = visitor.get("/")
    assert response.status_code == 401
    assert "ask whoever runs Cellpulse" in response.text
    assert "page /" not in response.text


@pytest.mark.parametrize(
    ("token", "status"), [("made-up", 401), ("sends", 403), ("while-away", 503)]
)
@pytest.mark.parametrize("how", ["link", "cookie"])
def test_a_token_that_is_not_accepted_opens_nothing(
    visitor: httpx.Client, token: str, status: int, how: str
) -> None:
    """A wrong token is refused in the link and in the cookie, and sets no cookie."""
    if how == "cookie":
        visitor.cookies.set(COOKIE, token)
    response = visitor.get("/", params={"token": token} if how == "link" else {})
    assert response.status_code == status
    assert "ell whoever runs Cellpulse" in response.text or "sk whoever runs" in response.text
    assert "set-cookie" not in response.headers
    assert token not in response.text


def test_the_link_moves_its_token_into_a_cookie(visitor: httpx.Client) -> None:
    """A good link sets a cookie that scripts can't read and goes on without the token."""
    response = visitor.get("/student?course=a%20b&token=good&student=Z%C3%BC")
    assert response.status_code == 303
    assert response.headers["location"] == "/student?course=a+b&student=Z%C3%BC"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=good; HttpOnly; Max-Age=")
    assert "SameSite=lax" in cookie
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    again = visitor.get(response.headers["location"])
    assert (again.status_code, again.text) == (200, "page /student")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/live", "/"),
        ("/live/?course=a%20b&order=seat", "/?course=a%20b&order=seat"),
        ("/live?token=good", "/?token=good"),
    ],
)
def test_the_live_page_is_found_by_its_name(
    visitor: httpx.Client, path: str, location: str
) -> None:
    """Streamlit serves it at the root; what the address asks for stays."""
    response = visitor.get(path)
    assert (response.status_code, response.headers["location"]) == (303, location)


def test_each_page_that_is_opened_renews_the_cookie(visitor: httpx.Client) -> None:
    """A bookmark that is used each week goes on working; files and refusals renew nothing."""
    visitor.cookies.set(COOKIE, "good")
    page = visitor.get("/student?course=a", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.text == "page /student"
    renewed = page.headers.get_list("set-cookie")
    assert [cookie.split("; ")[:3] for cookie in renewed] == [
        [f"{COOKIE}=good", "HttpOnly", f"Max-Age={COOKIE_SECONDS}"]
    ]
    assert "set-cookie" not in visitor.get("/static/a.js", headers={"Accept": "*/*"}).headers
    refused = {"Accept": "text/html", "Cookie": f"{COOKIE}=sends"}
    assert "set-cookie" not in httpx.get(visitor.base_url, headers=refused).headers


@pytest.mark.parametrize("path", ["//evil.example/x", "/%5Cevil.example", "/%2F%2Fevil.example"])
def test_the_link_never_leads_to_another_host(address: str, path: str) -> None:
    """However the path is written, the redirect stays on this host."""
    response = httpx.get(f"{address}{path}?token=good")
    assert response.status_code == 303
    location = response.headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert httpx.URL(address).join(location).host == "127.0.0.1"


@pytest.mark.parametrize("token", ["", "made-up", "sends", "while-away"])
def test_a_websocket_without_a_good_cookie_is_refused(address: str, token: str) -> None:
    """Streamlit's WebSocket answers 403 before it opens, unless the cookie is good."""
    stream = address.replace("http", "ws") + "/_stcore/stream"
    headers = {"Cookie": f"{COOKIE}={token}"}
    with pytest.raises(InvalidStatus) as refused, connect(stream, additional_headers=headers):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "path", ["/replay", "/student?student=bob", "//replay", "/student/", "/./replay", "/any/thing"]
)
def test_a_student_sees_the_own_page_alone(visitor: httpx.Client, path: str) -> None:
    """Every other address says that it is for instructors, and whom to ask."""
    visitor.cookies.set(COOKIE, "students")
    response = visitor.get(str(visitor.base_url).rstrip("/") + path)
    assert response.status_code == 403
    assert "ask whoever runs Cellpulse" in response.text
    assert "page /" not in response.text
    for allowed in ("/", "/static/a.js", "/_stcore/host-config", "/favicon.png"):
        assert visitor.get(allowed).status_code == 200
    stream = str(visitor.base_url).replace("http", "ws").rstrip("/") + "/_stcore/stream"
    with connect(stream, additional_headers={"Cookie": f"{COOKIE}=students"}) as websocket:
        assert websocket.recv() == "hello"


def test_the_door_speaks_the_viewers_language(visitor: httpx.Client) -> None:
    """Also to a student who opens a page of the instructors."""
    visitor.cookies.set(COOKIE, "students")
    japanese = {"Accept-Language": "ja,en;q=0.5"}
    page = visitor.get("/replay", headers=japanese)
    assert (page.status_code, '<html lang="ja">' in page.text) == (403, True)
    assert "受講者としてサインインしています。" in page.text
    assert "You have signed in" not in page.text


def back_from_provider(
    answer: httpx.Response, *, headers: dict[str, str], **cookies: str
) -> httpx.AsyncClient:
    """Return a browser that comes back from a provider, where the API has one answer to all."""
    transport = httpx.MockTransport(lambda _: answer)
    api = httpx.AsyncClient(base_url="http://api", transport=transport)
    gate = Gate(Starlette(), KnownTokens(), SignInPages(api, by_provider=True))
    return httpx.AsyncClient(
        base_url="http://dashboard",
        transport=httpx.ASGITransport(gate),
        cookies={"cellpulse_flow": "x", **cookies},
        headers=headers,
    )


async def test_why_a_provider_lets_nobody_in_is_said_in_the_viewers_language() -> None:
    """The API's own words are looked up."""
    refusal = httpx.Response(401, json={"detail": "this took too long: sign in again"})
    headers = {"Accept-Language": "ja,en;q=0.5"}
    async with back_from_provider(refusal, headers=headers) as browser:
        back = await browser.get("/sign-in/callback", params={"state": "s", "code": "c"})
    assert back.status_code == 401
    assert "もう一度サインインしてください" in back.text
    assert "took too long" not in back.text


@pytest.mark.parametrize(
    ("wanted", "location"), [("//[", "/"), ("/replay?course=a", "/replay?course=a")]
)
async def test_who_signs_in_comes_to_a_page_whatever_was_wanted(wanted: str, location: str) -> None:
    """Also where nobody can read the address: by the password, and back from a provider."""
    letting_in = httpx.Response(200, json={"token": "good"})
    headers = {"Origin": "http://dashboard"}
    async with back_from_provider(letting_in, headers=headers, cellpulse_next=wanted) as browser:
        form = {"next": wanted, "account": "ada", "password": "p"}
        signed_in = await browser.post("/sign-in", data=form)
        back = await browser.get("/sign-in/callback", params={"state": "s", "code": "c"})
    for answer in (signed_in, back):
        assert (answer.status_code, answer.headers["location"]) == (303, location)


def test_a_websocket_with_a_good_cookie_opens(address: str) -> None:
    """With the cookie the WebSocket reaches Streamlit; a token in its address does not help."""
    stream = address.replace("http", "ws") + "/_stcore/stream"
    with connect(stream, additional_headers={"Cookie": f"{COOKIE}=good"}) as websocket:
        assert websocket.recv() == "hello"
    with pytest.raises(InvalidStatus), connect(f"{stream}?token=good"):
        pass


def test_the_health_check_needs_no_cookie(visitor: httpx.Client) -> None:
    """A health check passes without a cookie, and nothing else whose path resembles its path."""
    assert visitor.get("/_stcore/health").status_code == 200
    assert visitor.get("/_stcore/health/x").status_code == 401
    assert visitor.get("/_stcore/host-config").status_code == 401


def test_the_real_dashboard_is_behind_the_gate(
    dashboard: str, dashboard_process: tuple[Any, str, Path], made_up: Any
) -> None:
    """The process that `make up` starts refuses page and WebSocket with 401 and 403."""
    token = "read-token-of-the-instructor"
    assert httpx.get(f"{dashboard}/_stcore/health").status_code == 200
    assert httpx.get(dashboard).status_code == 401
    assert httpx.get(dashboard, params={"token": "token-of-a-student"}).status_code == 403
    address = dashboard.replace("http", "ws") + "/_stcore/stream"
    with pytest.raises(InvalidStatus) as refused, connect(f"{address}?token={token}"):
        pass
    assert refused.value.response.status_code == 403
    entered = httpx.get(dashboard, params={"token": token}, follow_redirects=True)
    assert entered.history[0].cookies[COOKIE] == token
    assert "<title>Streamlit</title>" in entered.text
    with connect(address, additional_headers={"Cookie": f"{COOKIE}={token}"}):
        pass
    assert made_up.asked
    assert token not in dashboard_process[2].read_text()


def test_the_door_speaks_the_visitors_language(visitor: httpx.Client) -> None:
    """The browser's, until another one is chosen there; nobody needs a token to choose."""
    asks = {"Accept-Language": "ja,en;q=0.5"}
    refused = visitor.get("/?course=x", headers=asks)
    assert refused.status_code == 401
    assert '<html lang="ja">' in refused.text
    assert "<button>サインイン</button>" in refused.text
    forbidden = visitor.get("/", headers={**asks, "Cookie": f"{COOKIE}=sends"})
    assert "お使いのリンクではこのページを開けません" in forbidden.text
    chosen = visitor.get("/language/en", headers={**asks, "Referer": str(refused.url)})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/?course=x")
    assert '<html lang="en">' in visitor.get("/sign-in", headers=asks).text
