"""Tokens: who may read what."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

CLASS_WIDE = [
    "/courses",
    "/courses/py/progress",
    "/courses/py/students",
    "/courses/py/exercises",
    "/courses/py/timeline",
]
ADA = "/courses/py/students/ada/history"
EVERYTHING = [*CLASS_WIDE, ADA]


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x.y.z", "Basic dTpw", "Bearer ö"])
async def test_without_a_valid_token_nothing_is_told(
    path: str, header: str | None, api: httpx.AsyncClient
) -> None:
    """A missing, malformed or foreign token is a 401 that says how to ask."""
    del api.headers["authorization"]
    headers = {} if header is None else {"Authorization": header.encode()}
    response = await api.get(path, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        ({"course": "py"}, EVERYTHING),
        ({"course": "*"}, EVERYTHING),
        ({"course": "py", "scope": "ingest"}, []),
        ({"course": "pages"}, ["/courses"]),
        ({"course": "py", "student": "ada"}, [ADA]),
        ({"course": "*", "student": "ada"}, [ADA]),
        ({"course": "py", "student": "bob"}, []),
        ({"course": "pages", "student": "ada"}, []),
    ],
)
async def test_a_token_opens_what_it_was_made_for_and_nothing_else(
    grant: dict[str, Any],
    allowed: list[str],
    api: httpx.AsyncClient,
    bearer: Callable[..., dict[str, str]],
) -> None:
    """Another course, another scope, or more than a student's own history with its token: 403."""
    answers = {path: await api.get(path, headers=bearer(**grant)) for path in EVERYTHING}
    told = {path: answer.status_code for path, answer in answers.items()}
    assert told == {path: 200 if path in allowed else 403 for path in EVERYTHING}
    for path in told.keys() - set(allowed):
        assert "ask whoever runs Cellpulse" in answers[path].json()["detail"], path


async def test_a_token_does_not_tell_which_other_courses_there_are(
    api: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """A course that exists and one that does not give the same answer to a token for another."""
    headers = bearer("py")
    one = await api.get("/courses/pages/progress", headers=headers)
    none = await api.get("/courses/nowhere/progress", headers=headers)
    assert one.json() == none.json()
    assert one.status_code == 403
