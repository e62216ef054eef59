"""What admins look up over HTTP: what is stored about whom."""

import httpx

from tests.analytics.conftest import TwoStores


async def test_what_is_stored_about_a_student_is_told(admin: httpx.AsyncClient) -> None:
    """By course: since when, how many events, sessions, and in which stores."""
    answer = (await admin.get("/admin/students/ada/stored")).json()
    [course] = answer["courses"]
    assert (course["course_id"], course["events"], course["sessions"]) == ("py", 2, 1)
    assert course["first_event_at"] == "2024-03-04T12:00:00Z"
    rows = {(each["store"], each["part"]): each["rows"] for each in course["stores"]}
    assert rows["lake", "events"] == 2
    assert rows["postgres", "student_states"] == 1
    assert rows["influxdb", "events"] is None
    nobody = (await admin.get("/admin/students/nobody/stored")).json()
    assert nobody == {"student_id": "nobody", "courses": []}


async def test_what_is_stored_of_a_course_is_told(
    admin: httpx.AsyncClient, school: TwoStores
) -> None:
    """Counts by store, and bytes once the lake has files of it."""
    school.lake.maintain(30)
    answer = (await admin.get("/admin/courses/py/stored")).json()
    assert (answer["events"], answer["students"]) == (2, 1)
    lake = answer["stores"][0]
    assert (lake["store"], lake["part"], lake["rows"]) == ("lake", "events", 2)
    assert lake["size_bytes"] > 0
    assert (await admin.get("/admin/courses/nowhere/stored")).status_code == 404
