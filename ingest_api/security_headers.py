"""Headers that tell a browser what an answer of ours may never be used for."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: An answer of an interface: data, never a page, whatever a browser takes it for.
DATA_ONLY: Final = "default-src 'none'; frame-ancestors 'none'"
#: The documentation of an interface, whose scripts are served beside it.
DOCUMENTATION: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_DOCUMENTATION_PATHS: Final = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})
#: For a year: this host is only spoken to by TLS. Told by TLS alone, as browsers want it.
ONLY_TLS: Final = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """ASGI middleware that sets these headers on each answer that has none of its own.

    Behind a TLS proxy the scheme is what the proxy says (`X-Forwarded-Proto`), where the server
    trusts it.
    """

    def __init__(self, app: ASGIApp, policy: str = DATA_ONLY, frames: str = "DENY") -> None:
        self._app = app
        self._headers = headers_of(policy, frames)
        self._of_documentation = headers_of(DOCUMENTATION, frames)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete its answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_documentation = scope["path"] in _DOCUMENTATION_PATHS
        wanted = self._of_documentation if is_documentation else self._headers
        if scope.get("scheme") == "https":
            wanted = (*wanted, ONLY_TLS)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name.lower() for name, _ in own}
                message["headers"] = own + [each for each in wanted if each[0] not in names]
            await send(message)

        await self._app(scope, receive, complete)


def headers_of(policy: str = DATA_ONLY, frames: str = "DENY") -> tuple[tuple[bytes, bytes], ...]:
    """Return what every answer has."""
    return (
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"same-origin"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", frames.encode()),
    )
