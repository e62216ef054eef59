"""`GET /courses/{course_id}/students`: where each student is now."""

import httpx

NOTHING = {
    "display_name": None,
    "section": None,
    "last_seen_at": None,
    "active": False,
    "notebook": None,
    "exercise": None,
    "last_status": None,
    "runs": 0,
    "errors": 0,
    "error_rate": None,
    "error_streak": 0,
    "lost_events": 0,
}


async def test_every_student_has_a_row_with_the_state_after_the_last_event(
    api: httpx.AsyncClient,
) -> None:
    """Rows hold place, runs, errors, streak and losses; eve, who did nothing, has one as well."""
    answer = (await api.get("/courses/py/students")).json()
    assert answer["students"] == [
        {
            "student_id": "ada",
            "display_name": "Ada Lovelace",
            "section": "A",
            "last_seen_at": "2024-03-04T09:03:30Z",
            "active": False,
            "notebook": "01-start.ipynb",
            "exercise": "1.10",
            "last_status": "error",
            "runs": 6,
            "errors": 3,
            "error_rate": 0.5,
            "error_streak": 2,
            "lost_events": 0,
        },
        {
            "student_id": "bob",
            "display_name": None,
            "section": "B",
            "last_seen_at": "2024-03-04T09:05:30Z",
            "active": False,
            "notebook": "01-start.ipynb",
            "exercise": "1.10",
            "last_status": "ok",
            "runs": 2,
            "errors": 1,
            "error_rate": 0.5,
            "error_streak": 0,
            "lost_events": 2,
        },
        NOTHING
        | {
            "student_id": "cy",
            "section": "A",
            "last_seen_at": "2024-03-04T09:00:30Z",
            "last_status": "ok",
            "runs": 1,
            "error_rate": 0.0,
        },
        NOTHING
        | {
            "student_id": "dan",
            "last_seen_at": "2024-03-04T09:06:30Z",
            "notebook": "10-end.ipynb",
            "exercise": "0.5",
            "last_status": "ok",
            "runs": 1,
            "error_rate": 0.0,
        },
        NOTHING | {"student_id": "eve", "section": "A"},
    ]


async def test_students_stand_in_natural_order(api: httpx.AsyncClient) -> None:
    """Student s2 is before s10."""
    answer = (await api.get("/courses/sorted/students")).json()
    assert [student["student_id"] for student in answer["students"]] == ["s1", "s2", "s10"]
