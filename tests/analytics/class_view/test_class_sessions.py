"""`GET /courses/{course_id}/class_sessions`: when the class met."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from analytics.queries.query import load_query
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

NINE: Final = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


def run(minute: float, student: str = "s", **fields: Any) -> dict[str, Any]:
    at = NINE + timedelta(minutes=minute)
    return {"student_id": student, "status": "ok", "occurred_at": at, **fields}


def sessions(lake: MemoryLake, **asked: Any) -> list[tuple[float, float, int, int]]:
    rows = load_query("class_sessions").rows(
        lake.connection,
        course_id=COURSE,
        **{"section": None, "as_of": None, "row_limit": 10} | asked,
    )

    def minute(moment: datetime) -> float:
        return (moment - NINE) / timedelta(minutes=1)

    return [
        (minute(row["started_at"]), minute(row["ended_at"]), row["students"], row["runs"])
        for row in rows
    ]


def test_half_an_hour_without_anybody_at_work_parts_two_sessions(lake: MemoryLake) -> None:
    """Another student's run is enough to go on; they are counted once a session."""
    lake.write([run(0), run(20, "t"), run(50), run(81, "t"), run(81.5, "t")])
    assert sessions(lake) == [(81, 81.5, 1, 2), (0, 50, 2, 3)]
    assert sessions(lake, row_limit=1) == [(81, 81.5, 1, 2)]


def test_a_check_and_a_raised_hand_are_work_and_an_open_notebook_is_not(lake: MemoryLake) -> None:
    """A heartbeat through the night does not join two lessons."""
    check = {"type": "check_result", "check_name": "a", "passed": True, "status": None}
    hand = {"type": "help_requested", "status": None}
    beats = [run(at, type="heartbeat", status=None) for at in range(40, 400, 20)]
    lake.write([run(0), run(20, **check), run(40, **hand), *beats, run(400)])
    assert sessions(lake) == [(400, 400, 1, 1), (0, 40, 1, 1)]


def test_as_of_a_place_in_the_log_the_rest_has_not_happened(lake: MemoryLake) -> None:
    """What arrived later changes nothing about an answer of then."""
    lake.write([run(0), run(5), run(2)])
    assert sessions(lake, as_of=2_000_000) == [(0, 5, 1, 2)]
    assert sessions(lake, as_of=0) == []


async def test_the_sessions_of_a_class(api: httpx.AsyncClient, bearer: Any) -> None:
    """The known class met once; a student's token does not see it, and no other course is known."""
    answer = (await api.get("/courses/py/class_sessions")).json()
    assert answer["sessions"] == [
        {
            "started_at": "2024-03-04T09:00:30Z",
            "ended_at": "2024-03-04T09:06:30Z",
            "students": 4,
            "runs": 10,
        }
    ]
    assert (await api.get("/courses/sorted/class_sessions")).json()["sessions"] == []
    then = {"as_of": answer["sessions"][0]["started_at"]}
    past = (await api.get("/courses/py/class_sessions", params=then)).json()
    assert [each["runs"] for each in past["sessions"]] == [3]
    assert (await api.get("/courses/none/class_sessions")).status_code == 404
    assert (await api.get("/courses/py/class_sessions", params={"as_of": "x"})).status_code == 422
    headers = bearer(course="py", student="ada")
    assert (await api.get("/courses/py/class_sessions", headers=headers)).status_code == 403
