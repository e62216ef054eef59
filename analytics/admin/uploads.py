"""Files that an admin sends: the body is the file itself, and its content type says which kind."""

import tempfile
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from analytics.admin.access import PROBLEMS, Admin
from analytics.bodies import CSV, ZIP, content_type, limit_of
from ingest_api.problems import Problem, documented_problem

_KINDS: Final = {CSV: "roster.csv", ZIP: "notebooks.zip"}
#: The errors that an address for a file can answer with.
FILE_PROBLEMS: Final = {
    **PROBLEMS,
    **documented_problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large: at most 10 MB are taken here"
    ),
    **documented_problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the file itself, with 'Content-Type: text/csv'"
    ),
}


def documented_file(kind: str) -> dict[str, Any]:
    """Return a route's documentation of its body, for OpenAPI."""
    binary = {"type": "string", "format": "binary"}
    return {"requestBody": {"required": True, "content": {kind: {"schema": binary}}}}


def _received(kind: str) -> Callable[..., AsyncIterator[Path]]:
    async def received(request: Request, _: Admin) -> AsyncIterator[Path]:
        # A form of another site can't send this type; it has no token either.
        if content_type(request.scope) != kind:
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"send the file itself, with 'Content-Type: {kind}', at most "
                f"{limit_of(kind) / 1e6:.0f} MB",
            )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _KINDS[kind]
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            yield path

    return received


#: A roster that was sent, as a file that is gone after the request.
SentRoster = Annotated[Path, Depends(_received(CSV))]
#: Notebooks that were sent, in one zip file that is gone after the request.
SentNotebooks = Annotated[Path, Depends(_received(ZIP))]
