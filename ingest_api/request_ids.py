"""Gives each request an id, by which its log lines are found in every process that it reached."""

import re
from contextvars import ContextVar
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

HEADER: Final = "X-Request-ID"
#: The header as it comes.
NAME: Final = HEADER.lower().encode()
#: What a proxy or a process of ours may send; anything else is replaced.
_GOOD: Final = re.compile(rb"[\w.-]{1,64}", re.ASCII)
#: The id of the request that is answered now; '' outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")


def new_request_id() -> str:
    """Return an id that no other request has."""
    return uuid7().hex


def id_from(given: bytes) -> str:
    """Return a request's id: what its header says, if that is one, or a new one."""
    return given.decode() if _GOOD.fullmatch(given) else new_request_id()


class RequestIds:
    """ASGI middleware that takes a request's id from its header, or makes one, and answers it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its id."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == NAME), b"")
        named = id_from(given)
        known = request_id.set(named)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (NAME, named.encode())]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            request_id.reset(known)
