"""How `POST /student-progress` stands in the OpenAPI document: its body, its errors, its token."""

from http import HTTPStatus
from typing import Any, Final

from fastapi.security import HTTPBearer

from ingest_api.events import event_json_schema
from ingest_api.problems import documented_problem

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    number: documented
    for status, detail in (
        (HTTPStatus.BAD_REQUEST, "the body is not JSON in UTF-8; send one event or an array"),
        (HTTPStatus.UNAUTHORIZED, "send the header 'Authorization: Bearer TOKEN'"),
        (HTTPStatus.FORBIDDEN, "this token is for another course or student"),
        (HTTPStatus.REQUEST_TIMEOUT, "the request's body did not arrive within 30 s"),
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large; send fewer events at once"),
        (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON with 'Content-Type: application/json'"),
        (HTTPStatus.UNPROCESSABLE_ENTITY, "no event was accepted: correct what 'rejected' names"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "Redis does not answer; keep the events, send them again"),
    )
    for number, documented in documented_problem(status, detail).items()
}
# Documents the header in OpenAPI; the check itself is `grant_of`'s.
BEARER: Final = HTTPBearer(
    auto_error=False, description="A token of scope 'ingest': `cellpulse token --scope ingest`."
)


def request_body(most_events: int) -> dict[str, Any]:
    """Return the documentation of a body that is one event or an array of up to `most_events`."""
    event = _event_within_openapi()
    several = {"type": "array", "minItems": 1, "maxItems": most_events, "items": event}
    content = {
        "schema": {"oneOf": [event, several]},
        "example": {"course_id": "demo", "student_id": "s1", "status": "ok"},
    }
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def _event_within_openapi() -> dict[str, Any]:
    """Return the event's schema without what only a document of its own can have."""
    schema = event_json_schema()
    for name in ("$schema", "$id", "$defs"):
        schema.pop(name, None)
    schema["properties"]["extra"]["anyOf"][0]["additionalProperties"] = True
    return schema
