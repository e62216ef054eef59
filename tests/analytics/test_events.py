"""`GET /courses/{course_id}/events`: what the class did, paged."""

from typing import Any

import httpx
import pytest

EVENTS = "/courses/py/events"
PAGES = "/courses/pages/events"


async def test_the_whole_classs_events_come_newest_first(api: httpx.AsyncClient) -> None:
    """Each event names its student; the order is the log's, over all students."""
    answer = (await api.get(EVENTS, params={"limit": 7})).json()
    assert [(e["student_id"], e["type"], e.get("exercise")) for e in answer["events"]] == [
        ("dan", "cell_run", "0.5"),
        ("bob", "cell_run", "1.10"),
        ("bob", "check_result", "1.2"),
        ("ada", "cell_run", "1.10"),
        ("ada", "cell_run", "1.10"),
        ("ada", "cell_run", "1.10"),
        ("ada", "check_result", "1.2"),
    ]
    assert answer["next_before"] == answer["events"][-1]["position"]


async def test_an_event_is_the_one_of_the_students_history(api: httpx.AsyncClient) -> None:
    """The class's list and a student's history tell the same of an event."""
    events: list[dict[str, Any]] = (await api.get(EVENTS)).json()["events"]
    history = (await api.get("/courses/py/students/ada/history")).json()["events"]
    of_ada = [event for event in events if event["student_id"] == "ada"]
    assert of_ada == [{"student_id": "ada", **event} for event in history]


@pytest.mark.parametrize("limit", [257, 256, 43])
async def test_pages_lead_to_the_first_event_without_gap_or_repeat(
    limit: int, api: httpx.AsyncClient
) -> None:
    """Following next_before gives each event once, also where 100 share one millisecond."""
    cells: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = (await api.get(PAGES, params={"limit": limit, **before})).json()
        assert 0 < len(page["events"]) <= limit
        cells += [event["cell_id"] for event in page["events"]]
        if page["next_before"] is None:
            break
        before = {"before": page["next_before"]}
    assert cells == [str(number) for number in reversed(range(257))]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"student_id": "bob"}, [("bob", "1.10"), ("bob", "1.2"), ("bob", "1.2")]),
        ({"student_id": "bob", "exercise": "1.10"}, [("bob", "1.10")]),
        ({"exercise": "0.5"}, [("dan", "0.5")]),
        ({"exercise": ""}, [("cy", None)]),
        ({"exercise": "9.9"}, []),
    ],
)
async def test_only_one_students_or_exercises_events_may_be_asked_for(
    asked: dict[str, str], expected: list[Any], api: httpx.AsyncClient
) -> None:
    """A student, an exercise or both leave out the rest; '' is outside exercises."""
    answer = (await api.get(EVENTS, params=asked)).json()
    assert [(e["student_id"], e.get("exercise")) for e in answer["events"]] == expected


async def test_a_student_who_is_not_there_is_a_404(api: httpx.AsyncClient) -> None:
    """Events of nobody are not the same as no events."""
    assert (await api.get(EVENTS, params={"student_id": "nobody"})).status_code == 404
