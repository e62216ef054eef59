"""`GET /courses`: which courses there are."""

from collections.abc import Callable

import httpx

SEEN_LAST = {
    "py": "2024-03-04T09:06:30Z",
    "pages": "2024-03-04T10:00:00.156000Z",
    "sorted": None,
    "a/b": None,
}


async def test_every_course_is_listed_with_its_students_and_its_latest_event(
    api: httpx.AsyncClient,
) -> None:
    """Courses stand in order, each with title, all its students and the time of its last event."""
    answer = (await api.get("/courses")).json()
    assert answer["courses"] == [
        {
            "course_id": course,
            "title": title,
            "students": students,
            "last_event_at": SEEN_LAST[course],
            "time_zone": None,
            "pseudonymous": False,
            "sections": ["A", "B"] if course == "py" else [],
        }
        for course, title, students in (
            ("a/b", "a/b", 1),
            ("pages", "pages", 1),
            ("py", "Programming 1", 5),
            ("sorted", "sorted", 3),
        )
    ]


async def test_a_token_for_one_course_lists_that_course_only(
    api: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """A course that the token does not cover is not in the list."""
    answer = (await api.get("/courses", headers=bearer("py"))).json()
    assert [course["course_id"] for course in answer["courses"]] == ["py"]


async def test_a_token_for_a_course_that_is_not_there_yet_lists_none(
    api: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """Before a course's first event its list is empty, not an error."""
    answer = (await api.get("/courses", headers=bearer("next year"))).json()
    assert answer["courses"] == []
