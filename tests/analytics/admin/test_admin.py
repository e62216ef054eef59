"""The addresses of admins: who is let in, and what is said where PostgreSQL is away."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from analytics.settings import ApiSettings
from tests.analytics.admin.admins import header
from tests.analytics.conftest import SECRET

EVERY_ADDRESS = [
    ("GET", "/admin/courses"),
    ("POST", "/admin/courses"),
    ("PUT", "/admin/courses/py"),
    ("GET", "/admin/courses/py/retention"),
    ("GET", "/admin/courses/py/stored"),
    ("GET", "/admin/students/ada/stored"),
    ("POST", "/admin/courses/py/roster/preview"),
    ("POST", "/admin/courses/py/roster"),
    ("POST", "/admin/courses/py/hook_tokens"),
    ("POST", "/admin/courses/py/registration/preview"),
    ("POST", "/admin/courses/py/registration"),
    ("GET", "/admin/accounts"),
    ("POST", "/admin/accounts"),
    ("POST", "/admin/accounts/ada/reset"),
    ("DELETE", "/admin/accounts/ada"),
    ("GET", "/admin/tokens"),
    ("POST", "/admin/tokens/t1/revoke"),
    ("GET", "/admin/actions"),
    ("GET", "/admin/health"),
]


BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/admin/courses"): {"course_id": "stolen"},
    ("PUT", "/admin/courses/py"): {"title": "stolen"},
    ("POST", "/admin/courses/py/hook_tokens"): {"student_id": "thief"},
    ("POST", "/admin/accounts"): {"account": "thief", "role": "admin"},
}


@pytest.mark.parametrize(
    "who",
    [
        header("ivy", "py"),
        header(None, "py"),
        header(None, "*", "ada"),
        header(None, "py", "ada"),
    ],
)
@pytest.mark.parametrize(("method", "path"), EVERY_ADDRESS)
async def test_nobody_but_an_admin_is_let_in(
    method: str, path: str, who: dict[str, str], admin: httpx.AsyncClient
) -> None:
    """An instructor, a course's token and a student's get a 403 that says whom to ask."""
    sent: Any = {"headers": who}
    if (method, path) in BODIES:
        sent["json"] = BODIES[method, path]
    answer = await admin.request(method, path, **sent)
    assert answer.status_code == 403
    assert "ask one of them" in answer.json()["detail"]


async def test_the_viewer_says_who_is_an_admin(admin: httpx.AsyncClient) -> None:
    """An admin's session and a read token for every course are one; an instructor is none."""
    for who, is_admin in ((header(), True), (header(None), True), (header("ivy", "py"), False)):
        assert (await admin.get("/viewer", headers=who)).json()["is_admin"] is is_admin


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/admin/courses"), ("GET", "/admin/actions"), ("GET", "/admin/accounts")],
)
async def test_postgres_that_is_away_is_a_503(
    method: str, path: str, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> None:
    """It says so, and when to try again."""
    settings = ApiSettings(
        postgres_url="postgresql://127.0.0.1:1/x", lake_path="nowhere", secret=SECRET
    )
    async with api_of(settings) as client:
        answer = await client.request(method, path, json=BODIES.get((method, path)))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
