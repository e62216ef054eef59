"""The door on Streamlit's own port: nothing but the health check passes without a good token.

The link that an operator hands out carries the token once. It moves into a cookie that scripts
can't read, and the browser is sent on to the same address without it. Each page that is opened
later renews the cookie, so that a bookmark that is used goes on working.
"""

from html import escape
from typing import Final
from urllib.parse import quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ingest_api.process_metrics import METRICS_PATH
from ingest_api.student_link import OPEN_PATH
from streamlit_app.language import choice
from streamlit_app.language.text import Text, speaking
from streamlit_app.sign_in.access import AccessCheck, Verdict
from streamlit_app.sign_in.frame import PRIVATE, framed
from streamlit_app.sign_in.pages import (
    PASSWORD,
    PATHS,
    SIGN_IN,
    SIGN_OUT,
    SignInPages,
    sign_in_page,
)
from streamlit_app.sign_in.provider import BEGIN, CALLBACK

COOKIE: Final = "cellpulse_read"
#: A bookmark opens from one weekly class to the next, in seconds.
COOKIE_SECONDS: Final = 14 * 24 * 3_600
HEALTH_PATH: Final = "/_stcore/health"
#: What needs no token: whether the process lives, and figures that name nobody.
_OPEN: Final = (HEALTH_PATH, METRICS_PATH)
_OK: Final = 200
_SEE_OTHER: Final = 303
#: Where one looks for the first page, which Streamlit serves at the root alone.
_LIVE: Final = "/live"

_ADVICE_UNKNOWN = Text(
    "No account? Open the link that you were given, or ask whoever runs Cellpulse at your school. "
    "As a student, run %cellpulse me in your notebook: it shows a link to your own page."
)
_ADVICE_FORBIDDEN = Text(
    "It is a link for sending only. "
    "Ask whoever runs Cellpulse at your school for an instructor's link."
)
_ADVICE_STUDENT = Text(
    "You have signed in as a student, and a student sees only the own page. "
    "If you teach here, ask whoever runs Cellpulse at your school for an account."
)
_NOT_YOURS: Final = Text("This page is for instructors")
_OWN_PAGE: Final = Text("Back to my own page")
#: What Streamlit's own page loads; all else below the address is a page of the instructors.
FILES_OF_STREAMLIT: Final = frozenset({"_stcore", "component", "media", "static"})
_ADVICE_CANNOT_TELL = Text(
    "A part of Cellpulse does not answer. Try again in a moment; "
    "if that does not help, tell whoever runs Cellpulse at your school."
)
_REFUSALS: Final = {
    Verdict.FORBIDDEN: (403, Text("Your link does not open this page"), _ADVICE_FORBIDDEN),
    Verdict.CANNOT_TELL: (503, Text("Your link can't be checked right now"), _ADVICE_CANNOT_TELL),
}


class Gate:
    """ASGI middleware that lets in whomever the check accepts; others may sign in."""

    def __init__(self, app: ASGIApp, check: AccessCheck, pages: SignInPages) -> None:
        self._app = app
        self._check = check
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, send it on without its token, or refuse it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in _OPEN:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["type"] == "http" and scope["path"].rstrip("/") == _LIVE:
            query = connection.url.query
            first_page = RedirectResponse(f"/?{query}" if query else "/", _SEE_OTHER, PRIVATE)
            await first_page(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith(choice.FOLDER):
            await choice.choose(connection)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] in PATHS:
            with speaking(choice.language_of(connection)):
                answer = await self._before_the_door(Request(scope, receive))
            await answer(scope, receive, send)
            return
        brought = connection.query_params.get("token") if scope["type"] == "http" else None
        token = brought or connection.cookies.get(COOKIE)
        verdict = await self._check.verdict(token) if token else Verdict.UNKNOWN
        is_in = verdict in (Verdict.ACCEPTED, Verdict.STUDENT)
        if verdict is Verdict.STUDENT and not brought and not _is_for_students(scope["path"]):
            with speaking(choice.language_of(connection)):
                await _refuse_student(scope, receive, send)
        elif is_in and token and not brought:
            renews = scope["type"] == "http" and _is_page(connection)
            await self._app(scope, receive, _renewing(connection, token, send) if renews else send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)  # before it is accepted: HTTP 403
        elif is_in and brought:
            await _sent_on(connection, brought)(scope, receive, send)
        else:
            with speaking(choice.language_of(connection)):
                answer = _refused(verdict, connection, by_provider=self._pages.by_provider)
            await answer(scope, receive, send)

    async def _before_the_door(self, request: Request) -> Response:
        """Answer a page that needs no token, and give or take the cookie."""
        if request.method not in ("GET", "POST"):
            return Response(status_code=405, headers={"Allow": "GET, POST"})
        if request.url.path == SIGN_OUT:
            token = request.cookies.get(COOKIE)
            answer = await self._pages.sign_out(request, token)
            if request.method == "POST" and answer.status_code in (_SEE_OTHER, _OK):
                self._check.forget(token)
                answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
            return answer
        if request.url.path == BEGIN:
            return await self._pages.provider.begin(request)
        page = {
            SIGN_IN: self._pages.sign_in,
            PASSWORD: self._pages.password,
            CALLBACK: self._pages.provider.back,
            OPEN_PATH: self._pages.own_page,
        }[request.url.path]
        answer, new_token = await page(request)
        if new_token is not None:
            _set_cookie(answer, request, new_token)
        return answer


def _is_for_students(path: str) -> bool:
    """Tell whether a student may ask for an address: the own page, and what a page consists of."""
    first = path.strip("/").partition("/")[0]
    return first == "" or first in FILES_OF_STREAMLIT or "." in first


async def _refuse_student(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
        return
    body = f'<p>{escape(str(_ADVICE_STUDENT))}</p><p><a href="/">{escape(str(_OWN_PAGE))}</a></p>'
    await framed(_NOT_YOURS, body, 403)(scope, receive, send)


def _sent_on(connection: HTTPConnection, token: str) -> Response:
    """Answer with the cookie and the same address without the token, on this very host."""
    query = connection.query_params.multi_items()
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    path = "/" + quote(connection.url.path.lstrip("/"), safe="/%")
    response = RedirectResponse(f"{path}?{rest}" if rest else path, _SEE_OTHER, PRIVATE)
    _set_cookie(response, connection, token)
    return response


def _is_page(connection: HTTPConnection) -> bool:
    """Tell whether a browser opens a page, not one of the many files that a page consists of."""
    return "text/html" in connection.headers.get("accept", "")


def _renewing(connection: HTTPConnection, token: str, send: Send) -> Send:
    """Return a `send` that gives the cookie along with the page."""
    with_cookie = Response()
    _set_cookie(with_cookie, connection, token)
    cookie = with_cookie.headers["set-cookie"]

    async def send_renewed(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return send_renewed


def _set_cookie(response: Response, connection: HTTPConnection, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        secure=connection.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _refused(verdict: Verdict, connection: HTTPConnection, *, by_provider: bool) -> Response:
    if verdict is Verdict.UNKNOWN:
        query = connection.query_params.multi_items()
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        wanted = f"{connection.url.path}?{rest}" if rest else connection.url.path
        return sign_in_page(
            wanted, advice=escape(str(_ADVICE_UNKNOWN)), status=401, by_provider=by_provider
        )
    status, title, advice = _REFUSALS[verdict]
    return framed(str(title), f"<p>{escape(str(advice))}</p>", status)
