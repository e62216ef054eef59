"""`GET /courses/{course_id}/students/{student_id}/history`: a student's events, paged."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

HISTORY = "/courses/py/students/ada/history"
PAGES = "/courses/pages/students/p/history"


async def test_events_come_newest_first_with_their_fields(api: httpx.AsyncClient) -> None:
    """The student's own events in reverse order of the log, each with what was sent."""
    answer = (await api.get(HISTORY)).json()
    assert answer["next_before"] is None
    assert [(e["type"], e["exercise"], e["status"], e["seq"]) for e in answer["events"]] == [
        ("cell_run", "1.10", "error", 7),
        ("cell_run", "1.10", "error", 6),
        ("cell_run", "1.10", "interrupted", 5),
        ("check_result", "1.2", None, 4),
        ("cell_run", "1.2", "ok", 3),
        ("cell_run", "1.2", "error", 2),
        ("cell_run", "1.2", "ok", 1),
    ]
    first_run = answer["events"][-1]
    assert first_run["occurred_at"] == "2024-03-04T09:00:30Z"
    assert first_run["duration_ms"] == 10.0
    assert first_run["session_id"] == "a"
    assert answer["events"][-2]["error_name"] == "NameError"
    assert answer["events"][3]["passed"] is True


async def test_every_field_of_an_event_comes_back(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Nothing that was stored is lost or changed on the way to the history."""
    sent: dict[str, Any] = {
        "event_id": "0199470f-6f94-7cc2-a6d5-3b1f0f4e6f11",
        "type": "check_result",
        "session_id": "kernel 1",
        "seq": 2**53 - 1,
        "notebook": "ordner/übung \N{SNAKE}.ipynb",
        "cell_id": "c",
        "exercise": "e",
        "execution_count": 5,
        "status": "ok",
        "error_name": "E",
        "error_message": "line 1\nline 2",
        "duration_ms": 1.5,
        "code_sha256": "0" * 64,
        "code_lines": 2,
        "code_chars": 30,
        "code": "print('\\t')\n",
        "output": "\t",
        "check_name": "n",
        "passed": False,
        "points": 0.5,
        "points_possible": 2,
        "help_message": "?",
        "hook_version": "0.1.0",
        "extra": {"nested": [1, {"a": None}], "text": 'a "quoted" \N{SNAKE}'},
        "truncated": ["code"],
    }
    moment = datetime(2024, 3, 4, 9, 0, 0, 123456, tzinfo=UTC)
    stores.write(stores.log(moment, course_id="c", student_id="s", **sent))
    async with api_of(stores.settings) as api:
        answer = (await api.get("/courses/c/students/s/history")).json()
    time = "2024-03-04T09:00:00.123456Z"
    assert answer["events"] == [
        {
            **sent,
            "position": f"{round(moment.timestamp() * 1000)}-0",
            "occurred_at": time,
            "received_at": time,
        }
    ]


@pytest.mark.parametrize("limit", [1000, 257, 256, 100, 43])
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


async def test_a_page_has_100_events_unless_asked_otherwise(api: httpx.AsyncClient) -> None:
    """The default limit is 100."""
    assert len((await api.get(PAGES)).json()["events"]) == 100


@pytest.mark.parametrize(("before", "count"), [("0-0", 0), ("9999999999999999-999999", 7)])
async def test_before_may_lie_outside_of_the_history(
    before: str, count: int, api: httpx.AsyncClient
) -> None:
    """A position before the first event gives none, one after the last gives all."""
    page = (await api.get(HISTORY, params={"before": before})).json()
    assert len(page["events"]) == count
    assert page["next_before"] is None


async def test_a_page_of_what_was_done_has_no_heartbeats(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """They take no place of what a page of the dashboard shows; all others get them too."""
    moments = [datetime(2024, 3, 4, 9, minute, tzinfo=UTC) for minute in range(4)]
    types = ("cell_run", "heartbeat", "cell_run", "heartbeat")
    stores.write(
        *(
            stores.log(
                moment,
                course_id="c",
                student_id="s",
                type=each,
                status="ok" if each == "cell_run" else None,
            )
            for moment, each in zip(moments, types, strict=True)
        )
    )
    async with api_of(stores.settings) as api:
        path = "/courses/c/students/s/history"
        everything = (await api.get(path, params={"limit": 2})).json()
        done = (await api.get(path, params={"limit": 2, "heartbeats": "false"})).json()
    assert [each["type"] for each in everything["events"]] == ["heartbeat", "cell_run"]
    assert everything["next_before"] is not None
    assert [each["type"] for each in done["events"]] == ["cell_run", "cell_run"]
    assert done["next_before"] is None


async def test_an_enrolled_student_without_events_has_an_empty_history(
    api: httpx.AsyncClient,
) -> None:
    """Nothing done yet is an empty list, not an unknown student."""
    response = await api.get("/courses/py/students/eve/history")
    assert response.status_code == 200
    assert response.json()["events"] == []
