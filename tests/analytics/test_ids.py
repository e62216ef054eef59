"""Ids in paths: any id that an event may carry can be asked for."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

IDS = [
    "a/b",
    "a/students/b",
    "x/progress",
    "/",
    "//a//",
    'it\'s "quoted"; DROP TABLE courses --',
    "100 %",
    "%2F",
    "a+b c",
    "..",
    ".",
    "?a=b&c#d",
    "\N{SNAKE}\N{ZERO WIDTH JOINER}\N{SNAKE}",
    "Größe\N{NO-BREAK SPACE}1",
    "$course_id",
    "*",
    "x" * 200,
]
START = datetime(2024, 3, 4, tzinfo=UTC)


def encoded(text: str) -> str:
    return quote(text, safe="").replace(".", "%2E")


async def test_odd_ids_work_in_every_path_and_with_a_token_of_their_own(
    stores: Any,
    api_of: Callable[..., httpx.AsyncClient],
    bearer: Callable[..., dict[str, str]],
) -> None:
    """Slashes, quotes, emoji, spaces, dots and percent signs give the answer of just that id."""
    pairs = list(zip(IDS, reversed(IDS), strict=True))
    stores.write(
        *(
            stores.log(START, course_id=course, student_id=student, exercise=course, status="error")
            for course, student in pairs
        )
    )
    async with api_of(stores.settings) as api:
        for course, student in pairs:
            headers = bearer(course)
            for path in ("progress", "students", "events", "exercises", "timeline"):
                answer = await api.get(f"/courses/{encoded(course)}/{path}", headers=headers)
                assert answer.status_code == 200, (course, path)
                assert answer.json()["course_id"] == course
                if path in ("progress", "exercises"):
                    assert [e["exercise"] for e in answer.json()["exercises"]] == [course]
                if path in ("students", "events"):
                    assert [s["student_id"] for s in answer.json()[path]] == [student]
            path = f"/courses/{encoded(course)}/students/{encoded(student)}/history"
            answer = await api.get(path, headers=bearer(course, student))
            assert answer.status_code == 200, (course, student)
            assert answer.json()["student_id"] == student
            assert len(answer.json()["events"]) == 1


@pytest.mark.parametrize("path", ["students", "students/c/d/history"])
async def test_a_slash_that_was_decoded_on_the_way_still_works(
    path: str, api: httpx.AsyncClient
) -> None:
    """Behind a proxy that turns %2F into a slash, ids with one are found as well."""
    encoded_answer = await api.get(f"/courses/a%2Fb/{path.replace('c/d', 'c%2Fd')}")
    decoded_answer = await api.get(f"/courses/a/b/{path}")
    assert decoded_answer.json()["course_id"] == encoded_answer.json()["course_id"] == "a/b"


async def test_a_student_may_be_called_measures(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """The addresses of measures take nothing away from a student or a course of that name."""
    stores.write(stores.log(START, course_id="measures", student_id="measures", status="ok"))
    async with api_of(stores.settings) as api:
        answer = await api.get("/courses/measures/students/measures/history")
        assert len(answer.json()["events"]) == 1
        assert (await api.get("/courses/measures/progress")).json()["runs"] == 1
        answer = await api.get("/courses/measures/measures/progress")
        assert answer.json()["measure"]["name"] == "progress"
