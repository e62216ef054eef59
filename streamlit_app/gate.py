"""The door on Streamlit's own port: nothing but the health check passes without a good token.

The link that an operator hands out carries the token once. It moves into a cookie that scripts
can't read, and the browser is sent on to the same address without it. Each page that is opened
later renews the cookie, so that a bookmark that is used goes on working.
"""

from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from streamlit_app.access import AccessCheck, Verdict

COOKIE: Final = "cellpulse_read"
#: A bookmark opens from one weekly class to the next, in seconds.
COOKIE_SECONDS: Final = 14 * 24 * 3_600
HEALTH_PATH: Final = "/_stcore/health"

_PAGE = Template((Path(__file__).parent / "gate.html").read_text(encoding="utf-8"))
_ADVICE_UNKNOWN = (
    "Open the link to the dashboard again: it is in the table that Cellpulse shows when it "
    "starts. If you don't have it, ask whoever runs Cellpulse at your school."
)
_ADVICE_FORBIDDEN = (
    "It is a student's link, or one for sending only. "
    "Ask whoever runs Cellpulse at your school for an instructor's link."
)
_ADVICE_CANNOT_TELL = (
    "A part of Cellpulse does not answer. Try again in a moment; "
    "if that does not help, tell whoever runs Cellpulse at your school."
)
_REFUSALS: Final = {
    Verdict.UNKNOWN: (401, "This page needs your link", _ADVICE_UNKNOWN),
    Verdict.FORBIDDEN: (403, "Your link does not open this page", _ADVICE_FORBIDDEN),
    Verdict.CANNOT_TELL: (503, "Your link can't be checked right now", _ADVICE_CANNOT_TELL),
}
_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Gate:
    """ASGI middleware that lets in whomever the check accepts."""

    def __init__(self, app: ASGIApp, check: AccessCheck) -> None:
        self._app = app
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, send it on without its token, or refuse it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] == HEALTH_PATH:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        brought = connection.query_params.get("token") if scope["type"] == "http" else None
        token = brought or connection.cookies.get(COOKIE)
        verdict = await self._check.verdict(token) if token else Verdict.UNKNOWN
        if verdict is Verdict.ACCEPTED and token and not brought:
            renews = scope["type"] == "http" and _is_page(connection)
            await self._app(scope, receive, _renewing(connection, token, send) if renews else send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)  # before it is accepted: HTTP 403
        elif verdict is Verdict.ACCEPTED and brought:
            await _sent_on(connection, brought)(scope, receive, send)
        else:
            await _refused(verdict)(scope, receive, send)


def _sent_on(connection: HTTPConnection, token: str) -> Response:
    """Answer with the cookie and the same address without the token, on this very host."""
    query = connection.query_params.multi_items()
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    path = "/" + quote(connection.url.path.lstrip("/"), safe="/%")
    response = RedirectResponse(f"{path}?{rest}" if rest else path, 303, _PRIVATE)
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


def _refused(verdict: Verdict) -> Response:
    status, title, advice = _REFUSALS[verdict]
    return HTMLResponse(_PAGE.substitute(title=title, advice=advice), status, _PRIVATE)
