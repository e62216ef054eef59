"""What a browser lets the dashboard's pages load and connect to, and who may open their stream."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from streamlit_app.settings import DashboardSettings

#: Streamlit's components come as blobs, its tables and charts put styles into the page, and the
#: charts' expressions are compiled in the page.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self' {live}; "
    "frame-src 'self'; frame-ancestors 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'"
)
#: Our own pages may frame each other, as Streamlit's components do; nobody else's may.
FRAMES: Final = "SAMEORIGIN"


def page_policy(settings: DashboardSettings) -> str:
    """Return the pages' Content-Security-Policy: data goes to this host and the live feed only."""
    if settings.public_ingest_url is None:
        live = f"ws://*:{settings.ingest_port} wss://*:{settings.ingest_port}"
    else:
        parts = urlsplit(settings.public_ingest_url)
        live = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return _POLICY.format(live=live)


class OwnOrigin:
    """ASGI middleware that refuses a page's WebSocket to any other site's page.

    The cookie opens the stream, and a browser sends it along for a page of a neighbouring host
    too. A program that is no browser names no origin; it needs the token all the same.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it before it is accepted: HTTP 403."""
        if scope["type"] == "websocket" and not _is_own(HTTPConnection(scope)):
            await WebSocketClose()(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_own(connection: HTTPConnection) -> bool:
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
