"""What admins look after over HTTP: courses, and how long these keep their students."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.analytics.admin.admins import CSV, ROSTER, last_action, last_values
from tests.analytics.conftest import TwoStores


async def test_a_course_is_made_changed_and_listed(admin: httpx.AsyncClient) -> None:
    """It is there before its first event, once, with its title and its time zone."""
    new = {"course_id": "a/b", "title": " Algorithms \n 1 ", "time_zone": "Asia/Tokyo"}
    assert (await admin.post("/admin/courses", json=new)).status_code == 200
    assert await last_action(admin) == ("root", "course made", "a/b", "Algorithms 1, Asia/Tokyo")
    assert await last_values(admin) == {"title": "Algorithms 1", "time_zone": "Asia/Tokyo"}
    again = await admin.post("/admin/courses", json=new)
    assert again.status_code == 409
    assert "there is a course 'a/b' already" in again.json()["detail"]
    untitled = {"title": None, "time_zone": None, "retention_days": None}
    changed = await admin.put("/admin/courses/a%2Fb", json=untitled)
    assert changed.json() == untitled
    changed = await admin.put("/admin/courses/a%2Fb", json={"title": "Algorithms"})
    assert changed.json() == {"title": "Algorithms", "time_zone": None, "retention_days": None}
    assert (await admin.put("/admin/courses/a%2Fb", json={})).json() == changed.json()
    courses = {
        each["course_id"]: each for each in (await admin.get("/admin/courses")).json()["courses"]
    }
    assert courses["a/b"] == {
        "course_id": "a/b",
        "title": "Algorithms",
        "time_zone": None,
        "retention_days": None,
        "pseudonymous": False,
        "enrolled": 0,
        "sections": 0,
        "section_names": [],
        "exercises": 0,
        "registered_at": None,
        "first_event_at": None,
        "last_event_at": None,
    }
    assert courses["py"]["first_event_at"] == "2024-03-04T12:00:00Z"
    assert courses["py"]["last_event_at"] == "2024-03-04T12:05:00Z"
    await admin.put("/admin/courses/a%2Fb", json={"time_zone": "Asia/Tokyo"})
    seen = (await admin.get("/courses")).json()["courses"]
    assert [each["time_zone"] for each in seen if each["course_id"] == "a/b"] == ["Asia/Tokyo"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/admin/courses", {"course_id": "x", "time_zone": "Tokyo"}, 422, "Asia/Tokyo"),
        ("POST", "/admin/courses", {"course_id": "x", "time_zone": "localtime"}, 422, "Asia/Tokyo"),
        ("POST", "/admin/courses", {"course_id": "x", "title": "x" * 501}, 422, "at most 500"),
        ("POST", "/admin/courses", {"course_id": "x", "title": 5}, 422, "valid string"),
        ("POST", "/admin/courses", {"course_id": "a\\b"}, 422, "must not contain"),
        ("POST", "/admin/courses", {"course_id": "語" * 200}, 422, "shorter id"),
        ("POST", "/admin/courses", {"course_id": "x", "retention_days": 1}, 422, "not permitted"),
        ("PUT", "/admin/courses/py", {"retention_days": 0}, 422, "greater than or equal to 1"),
        (
            "PUT",
            "/admin/courses/py",
            {"retention_days": 36_501},
            422,
            "less than or equal to 36500",
        ),
        ("PUT", "/admin/courses/py", {"retention_days": "1"}, 422, "valid integer"),
        ("GET", "/admin/courses/py/retention?days=0", None, 422, "greater than or equal to 1"),
        ("GET", "/admin/courses/py/retention?days=1e3", None, 422, "valid integer"),
        ("GET", "/admin/courses/nowhere/retention", None, 404, "make it first"),
        ("POST", "/admin/courses", {"course_id": "x", "more": 1}, 422, "not permitted"),
        ("PUT", "/admin/courses/nowhere", {"title": "x"}, 404, "make it first"),
        ("PUT", "/admin/courses/%00", {"title": "x"}, 404, "no course can have this id"),
    ],
)
async def test_a_bad_course_is_refused(
    method: str, path: str, body: Any, status: int, words: str, admin: httpx.AsyncClient
) -> None:
    """Each fault of what was sent is a problem that says what to do."""
    answer = await admin.request(method, path, json=body)
    assert answer.status_code == status
    assert words in answer.text


async def test_how_long_students_are_kept_is_looked_at_then_set(
    admin: httpx.AsyncClient, school: TwoStores
) -> None:
    """Looking counts whose time would be over and sets nothing; setting it is noted."""
    await admin.post("/admin/courses", json={"course_id": "old", "title": "Old"})
    roster = "student_id\nold1\nold2\nold3\n"
    await admin.post(ROSTER.format("old"), content=roster, headers=CSV)
    with psycopg.connect(school.settings.postgres_url, autocommit=True) as database:
        for student, days in (("old1", 400), ("old2", 31), ("old3", 1)):
            database.execute(
                "UPDATE enrollments SET enrolled_at = now() - make_interval(days => %s)"
                " WHERE course_id = 'old' AND student_id = %s",
                (days, student),
            )
    address = "/admin/courses/old/retention"
    assert (await admin.get(address)).json() == {"retention_days": None, "due": 0}
    for days, due in ((30, 2), (365, 1), (36_500, 0)):
        looked = await admin.get(address, params={"days": days})
        assert looked.json() == {"retention_days": days, "due": due}
    assert (await admin.get(address)).json() == {"retention_days": None, "due": 0}
    settings = {"title": "Old", "time_zone": None, "retention_days": 30}
    assert (await admin.put("/admin/courses/old", json=settings)).json() == settings
    noted = ("root", "course changed", "old", "Old, the browser's time, students kept 30 days")
    assert await last_action(admin) == noted
    assert await last_values(admin) == settings
    assert (await admin.get(address)).json() == {"retention_days": 30, "due": 2}
    courses = (await admin.get("/admin/courses")).json()["courses"]
    assert [each["retention_days"] for each in courses if each["course_id"] == "old"] == [30]
    # What is not named stays: a title that is changed takes no retention away.
    named = await admin.put("/admin/courses/old", json={"title": "Older"})
    assert named.json() == {"title": "Older", "time_zone": None, "retention_days": 30}
    assert (await last_action(admin))[3] == "Older, the browser's time, students kept 30 days"
    assert (await admin.get(address)).json() == {"retention_days": 30, "due": 2}
    gone = await admin.put("/admin/courses/old", json={"title": "Old", "retention_days": None})
    assert gone.json() == {"title": "Old", "time_zone": None, "retention_days": None}
    assert (await last_action(admin))[3] == "Old, the browser's time, students kept for ever"
    assert (await admin.get(address)).json() == {"retention_days": None, "due": 0}
