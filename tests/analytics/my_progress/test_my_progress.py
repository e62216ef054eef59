"""What the API tells a student: of the student alone, as the class map and the list have it."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from analytics.api import create_app
from analytics.attention.responses import Reason
from analytics.my_progress.answers import without_few_others
from ingest_api.event_log import LOG, REJECTED
from ingest_api.preferences import Preferences, read_preferences

ADA = "/courses/py/students/ada"


@pytest.fixture
async def own(
    known_class: Any, redis_url: str, bearer: Callable[..., dict[str, str]]
) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the API with the token of ada in course py, and a Redis."""
    app: FastAPI = create_app(known_class.settings.model_copy(update={"redis_url": redis_url}))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://api/api/v1",
        headers=bearer("py", "ada"),
        timeout=60,
    ) as client:
        yield client
    app.state.lake.close()


async def test_a_student_sees_how_far_the_exercises_are(api: httpx.AsyncClient) -> None:
    """The states are those of the class map's row, in the order of the course."""
    answer = (await api.get(f"{ADA}/overview")).json()
    states = [
        (each["exercise"], each["state"], each["failed_runs"]) for each in answer["exercises"]
    ]
    assert states == [("1.2", "solved", 0), ("1.10", "failing", 2), ("0.5", "not_started", 0)]
    assert (answer["display_name"], answer["section"]) == ("Ada Lovelace", "A")
    assert (answer["course_title"], answer["exercise"]) == ("Programming 1", "1.10")
    assert answer["time_zone"] is None
    assert (answer["hand"], answer["reasons"], answer["code_sent_at"]) == (None, [], None)
    unknown = await api.get("/courses/py/students/nobody/overview")
    assert unknown.status_code == 404


async def test_only_the_student_sets_what_is_recorded(
    own: httpx.AsyncClient, redis_client: Redis, bearer: Callable[..., dict[str, str]]
) -> None:
    """The wish is kept where the ingest reads it; an instructor may read it and not change it."""
    assert (await own.get(f"{ADA}/preferences")).json() == {"recording": True, "code": True}
    wish = {"recording": True, "code": False}
    assert (await own.put(f"{ADA}/preferences", json=wish)).json() == wish
    assert read_preferences(redis_client, "py", "ada") == Preferences(code=False)
    assert (await own.put(f"{ADA}/preferences", json={"code": False})).status_code == 422
    instructor = bearer("py")
    assert (await own.get(f"{ADA}/preferences", headers=instructor)).json() == wish
    for method, path in (("PUT", "preferences"), ("POST", "deletion"), ("DELETE", "deletion")):
        refused = await own.request(method, f"{ADA}/{path}", json=wish, headers=instructor)
        assert refused.status_code == 403
        assert "only the student" in refused.json()["detail"]


async def test_the_copy_is_the_students_alone(
    own: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """It has what nobody else is told: tokens, looks, what was set aside."""
    for headers in (bearer("py"), bearer("*")):
        refused = await own.get(f"{ADA}/data", headers=headers)
        assert refused.status_code == 403
        assert "only the student" in refused.json()["detail"]


async def test_the_copy_has_what_no_store_has_yet(
    own: httpx.AsyncClient, redis_client: Redis, known_class: Any
) -> None:
    """What is in the log only, and what was set aside, is in it too; others' is not."""
    later = datetime(2024, 3, 5, 9, tzinfo=UTC)
    for student in ("ada", "bob"):
        logged = known_class.log(later, course_id="py", student_id=student, status="ok")
        redis_client.xadd(LOG, {"event": logged.event.to_json()}, id=logged.position)
        raw = f'{{"course_id": "py", "student_id": "{student}", "status": "odd"}}'
        redis_client.xadd(REJECTED, {"raw": raw, "reason": "no such status", "source": "channel"})
    redis_client.xadd(REJECTED, {"raw": "ada?", "reason": "no JSON", "source": "channel"})
    answer = await own.get(f"{ADA}/data")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    assert [event["seq"] for event in events[:-1]] == [1, 2, 3, 4, 5, 6, 7]
    assert events[-1]["position"] == f"{round(later.timestamp() * 1000)}-0"
    [set_aside] = json.loads(files["set_aside.json"])
    assert (set_aside["reason"], "odd" in set_aside["what"]) == ("no such status", True)
    master = json.loads(files["master_data.json"])
    assert [row["display_name"] for row in master["enrollments"]] == ["Ada Lovelace"]
    assert [row["exercise"] for row in json.loads(files["summary.json"])["exercises"]]
    assert "student ada in course py" in files["README.txt"]
    assert "bob" not in "".join(files.values())


async def test_without_redis_there_are_no_wishes(api: httpx.AsyncClient) -> None:
    """An API that was not told of Redis says so; the rest goes on."""
    answer = await api.get(f"{ADA}/preferences")
    assert answer.status_code == 503
    assert "CELLPULSE_REDIS_URL" in answer.json()["detail"]


def test_of_few_others_nothing_is_told() -> None:
    """A comparison with fewer than five others is left out, in the words and in the numbers."""
    text = "same NameError 6 times in 4 minutes; 1 of 3 others had it"
    values = {"runs": 6, "others_had": 1, "others": 3}
    few = Reason(
        code="same_error", text=text, since=datetime.now(UTC), values=values, positions=["1-0"]
    )
    told = without_few_others(few)
    assert (told.text, told.values) == ("same NameError 6 times in 4 minutes", {"runs": 6})
    many = few.model_copy(update={"values": {**values, "others": 5}})
    assert without_few_others(many) == many
    idle = few.model_copy(update={"text": "no run for 9 minutes while 2 of 3 others are at work"})
    assert without_few_others(idle).text == "no run for 9 minutes"
