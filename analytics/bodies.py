"""How large a request's body may be: nobody may fill this process's memory or its disk."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSV: Final = "text/csv"
ZIP: Final = "application/zip"
#: Most bytes of a body, by its content type.
_LIMITS: Final = {CSV: 10_000_000, ZIP: 50_000_000}
#: Most bytes of any other: these are a few fields.
_FEW_FIELDS: Final = 1_000_000


class BoundedBodies:
    """ASGI middleware that ends a request whose body is too large, however it is sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            receive = _bounded(receive, limit_of(content_type(scope)))
        await self._app(scope, receive, send)


def content_type(scope: Scope) -> str:
    """Return the content type of a request, without its parameters."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            text: str = value.decode("latin-1")
            return text.partition(";")[0].strip().lower()
    return ""


def limit_of(kind: str) -> int:
    """Return how many bytes a body of this content type may have."""
    return _LIMITS.get(kind, _FEW_FIELDS)


def _bounded(receive: Receive, limit: int) -> Receive:
    left = limit

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body is too large: at most {limit / 1e6:.0f} MB are taken here",
            )
        return message

    return bounded
