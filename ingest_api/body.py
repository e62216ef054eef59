"""Reading a request's body: never more of it than it may have."""

from http import HTTPStatus

from fastapi import Request
from starlette.requests import ClientDisconnect

from ingest_api.problems import Problem


async def read_body(request: Request, limit: int) -> bytes:
    """Return a request's body.

    Raises:
        Problem: 413 where it is over `limit` bytes, 400 where it ended early.
    """
    too_large = Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {limit} bytes; send less at once"
    )
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > limit:
                raise too_large
    except ClientDisconnect as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "the body ended early; send it again") from error
    return bytes(body)
