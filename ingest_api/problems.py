"""One shape for every error that a client gets: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ingest_api.faults import fault_words

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


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem: ours, the framework's, and what we did not foresee."""

    @app.exception_handler(Problem)
    async def _ours(_: Request, problem: Problem) -> JSONResponse:
        return problem.to_response()

    @app.exception_handler(HTTPException)
    async def _frameworks(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        details = {
            HTTPStatus.NOT_FOUND: f"there is nothing at {request.url.path}: see /docs",
            HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not for this address: see /docs",
        }
        detail = details.get(status, str(error.detail))
        return Problem(status, detail, error.headers).to_response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "a parameter is wrong: see errors, correct it and ask again",
            errors=validation_errors(error.errors()),
        ).to_response()

    @app.exception_handler(Exception)
    async def _unforeseen(_: Request, __: Exception) -> JSONResponse:
        return UNFORESEEN.to_response()


def faults_in_a_line(errors: Any) -> str:
    """Return pydantic's error list as one line: what `validation_errors` tells."""
    return "; ".join(
        f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"]
        for fault in validation_errors(errors)
    )


def validation_errors(errors: Any) -> list[dict[str, Any]]:
    """Reduce pydantic's error list to place and message: it must not echo what was sent."""
    return [
        {"field": ".".join(str(part) for part in error["loc"]), "message": fault_words(error)}
        for error in errors
    ]
