"""`GET /courses/{course_id}/timeline`: what the class did over time."""

from typing import Any

import httpx
import pytest

TIMELINE = "/courses/py/timeline"


def counts(answer: Any) -> list[tuple[str, int, int, int]]:
    return [(b["start"][11:16], b["runs"], b["errors"], b["events"]) for b in answer["buckets"]]


async def test_buckets_hold_what_happened_in_them_and_quiet_ones_are_zero(
    api: httpx.AsyncClient,
) -> None:
    """Each minute from 8:59 to 9:08 has its runs, errors and events."""
    span = {"from": "2024-03-04T08:59:00Z", "to": "2024-03-04T09:08:00Z"}
    answer = (await api.get(TIMELINE, params=span)).json()
    assert answer["bucket_seconds"] == 60
    assert counts(answer) == [
        ("08:59", 0, 0, 0),
        ("09:00", 3, 1, 3),
        ("09:01", 2, 1, 2),
        ("09:02", 0, 0, 1),
        ("09:03", 3, 2, 3),
        ("09:04", 0, 0, 1),
        ("09:05", 1, 0, 1),
        ("09:06", 1, 0, 1),
        ("09:07", 0, 0, 0),
    ]
    assert answer["buckets"][0]["start"] == "2024-03-04T08:59:00Z"


async def test_by_default_it_is_the_3_hours_up_to_the_latest_event(
    api: httpx.AsyncClient,
) -> None:
    """The last bucket is the minute of the latest event, the first one 179 minutes before."""
    buckets = counts((await api.get(TIMELINE)).json())
    assert len(buckets) == 180
    assert buckets[0] == ("06:07", 0, 0, 0)
    assert buckets[-1] == ("09:06", 1, 0, 1)
    assert sum(events for *_, events in buckets) == 12


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"bucket": "5m", "from": "2024-03-04T09:00Z"}, [("09:00", 8, 4, 10), ("09:05", 2, 0, 2)]),
        ({"bucket": "1h", "from": "2024-03-04T09:59Z"}, [("09:00", 10, 4, 12)]),
        ({"bucket": "1440m", "from": "2024-03-04T09:00Z"}, [("00:00", 10, 4, 12)]),
        ({"bucket": "24h", "from": "2024-03-04T09:00Z"}, [("00:00", 10, 4, 12)]),
        ({"bucket": "2m", "from": "2024-03-04T09:05Z"}, [("09:04", 1, 0, 2), ("09:06", 1, 0, 1)]),
        (
            {"bucket": "2h", "to": "2024-03-04T10:00:00Z"},
            [("06:00", 0, 0, 0), ("08:00", 10, 4, 12)],
        ),
        ({"from": "2024-03-04T10:06:00+01:00"}, [("09:06", 1, 0, 1)]),
        ({"from": "2024-03-04T09:06:00"}, [("09:06", 1, 0, 1)]),
        ({"from": "2024-03-04T09:06:59"}, [("09:06", 1, 0, 1)]),
        ({"from": "2024-03-04T09:07:00"}, []),
        ({"from": "2024-03-04T09:05:00", "to": "2024-03-04T09:05:01"}, [("09:05", 1, 0, 1)]),
    ],
)
async def test_buckets_can_be_longer_and_lie_anywhere(
    parameters: dict[str, str], expected: list[Any], api: httpx.AsyncClient
) -> None:
    """Whole buckets around the asked time are returned, aligned to multiples of their length."""
    assert counts((await api.get(TIMELINE, params=parameters)).json()) == expected


async def test_a_course_without_events_has_no_buckets(api: httpx.AsyncClient) -> None:
    """Without a latest event there is no span of time to show."""
    answer = (await api.get("/courses/sorted/timeline")).json()
    assert answer["buckets"] == []


async def test_2000_buckets_are_the_most(api: httpx.AsyncClient) -> None:
    """2,000 minutes are answered, one more is refused with what to do."""
    until = "2024-03-05T09:20:00Z"
    fits = await api.get(TIMELINE, params={"from": "2024-03-04T00:00:00Z", "to": until})
    too_many = await api.get(TIMELINE, params={"from": "2024-03-03T23:59:00Z", "to": until})
    assert len(fits.json()["buckets"]) == 2000
    assert too_many.status_code == 422
    assert "2000 buckets" in too_many.json()["detail"]


async def test_one_exercise_has_its_own_timeline(api: httpx.AsyncClient) -> None:
    """Only what was done in the exercise counts, up to the latest event in it."""
    buckets = counts((await api.get(TIMELINE, params={"exercise": "1.2"})).json())
    assert len(buckets) == 180
    assert [bucket for bucket in buckets if bucket[3]] == [
        ("09:00", 2, 1, 2),
        ("09:01", 2, 1, 2),
        ("09:02", 0, 0, 1),
        ("09:04", 0, 0, 1),
    ]
    assert buckets[-1][0] == "09:04"
    assert (await api.get(TIMELINE, params={"exercise": "9.9"})).json()["buckets"] == []
