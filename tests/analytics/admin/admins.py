"""Who is an admin in these tests, and what their latest change was."""

from datetime import UTC, datetime
from typing import Any

import httpx

from ingest_api.tokens import Grant, SignedIn, issue_token
from tests.analytics.conftest import SECRET

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


CSV = {"Content-Type": "text/csv"}


ZIP = {"Content-Type": "application/zip"}


ROSTER = "/admin/courses/{}/roster"


REGISTRATION = "/admin/courses/{}/registration"


def header(account: str | None = "root", course: str = "*", student: str | None = None) -> Any:
    """Return the header of somebody who signed in, or of a token that was handed out."""
    now = NOON.timestamp()
    signed_in = None if account is None else SignedIn(account, "t", now, 2**33)
    token = issue_token(SECRET, Grant("read", course, student, signed_in))
    return {"Authorization": f"Bearer {token}"}


async def last_action(admin: httpx.AsyncClient) -> tuple[Any, ...]:
    answer = await admin.get("/admin/actions", params={"limit": 1})
    [action] = answer.json()["actions"]
    return action["who"], action["what"], action["course_id"], action["details"]


async def last_values(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.get("/admin/actions", params={"limit": 1})
    values: dict[str, Any] = answer.json()["actions"][0]["values"]
    return values
