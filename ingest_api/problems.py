"""One shape for every error that a client gets: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse

CONTENT_TYPE = "application/problem+json"
_FAULT: Final = {
    "type": "object",
    "required": ["field", "message"],
    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
}
_SCHEMA: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "errors": {"type": "array", "items": _FAULT},
    },
}


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """Ends a request with an error that tells the client what to do.

    Attributes:
        status: The HTTP status.
        detail: What is wrong and what to do, in a sentence.
        headers: Further response headers.
        errors: Single faults of the request, each with its place.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, Any]] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.errors = errors
        self.members = members

    def to_response(self) -> JSONResponse:
        """Return the problem as a response."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            **self.members,
        }
        if self.errors is not None:
            body["errors"] = self.errors
        return JSONResponse(
            body,
            int(self.status),
            dict(self.headers) if self.headers else None,
            media_type=CONTENT_TYPE,
        )


UNFORESEEN: Final = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "this is a fault of the server: try again, and tell its operator if it stays",
)


def documented_problem(status: HTTPStatus, detail: str) -> dict[int | str, dict[str, Any]]:
    """Return a route's documentation of one error that it can answer with, for OpenAPI.

    Args:
        status: The HTTP status.
        detail: An example of what is wrong and what to do.
    """
    example = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    content = {CONTENT_TYPE: {"schema": _SCHEMA, "example": example}}
    return {int(status): {"description": status.phrase, "content": content}}
