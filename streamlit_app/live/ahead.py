"""What a Live page shows first is asked for when its address is opened.

Before the page itself can ask, a browser has to load and to start its scripts.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from streamlit_app import session
from streamlit_app.addresses import PARAMETER, SECTION
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.class_view import view as class_view
from streamlit_app.live.feed.start import ENTRIES
from streamlit_app.sign_in.gate import COOKIE


class AskedAhead:
    """ASGI middleware behind the gate that asks while the browser loads; it changes nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._asking: set[asyncio.Future[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET":
            self._ask(HTTPConnection(scope))
        await self._app(scope, receive, send)

    def _ask(self, opened: HTTPConnection) -> None:
        token, query = opened.cookies.get(COOKIE), opened.query_params
        course_id = query.get("course")
        if token is None or course_id is None or PARAMETER in query:
            return
        api = session.client(token, query.get(SECTION), session.answers().ask_ahead)
        questions = (
            lambda: class_view.ask(api, course_id, stream=True, events=ENTRIES),
            api.viewer,
            api.courses,
        )
        for question in questions:
            asking = asyncio.ensure_future(asyncio.to_thread(_asked, question))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)


def _asked(question: Callable[[], Any]) -> None:
    """Ask; where there is no answer, the page asks again and says why."""
    try:
        question()
    except NumbersUnavailableError:
        return
