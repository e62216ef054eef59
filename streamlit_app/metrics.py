"""The dashboard's own figures, for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest_api.process_metrics import METRICS_PATH
from streamlit_app.sign_in.gate import FILES_OF_STREAMLIT, HEALTH_PATH
from streamlit_app.sign_in.pages import PATHS

_PAGE: Final = "page"
_NAMED: Final = frozenset({*PATHS, HEALTH_PATH, METRICS_PATH})


def part_of_page(scope: Scope) -> str:
    """Return what a request is for: a page, one of the files that it consists of, or the door."""
    path = scope["path"]
    if path in _NAMED:
        return str(path)
    first = path.strip("/").partition("/")[0]
    return first if first in FILES_OF_STREAMLIT else _PAGE


class OpenPages:
    """ASGI middleware that counts the pages that are open now: each has one WebSocket."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._open = Gauge(
            "cellpulse_dashboard_pages", "Pages that are open in browsers now.", registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        with self._open.track_inprogress():
            await self._app(scope, receive, send)
