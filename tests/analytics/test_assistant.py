"""An assistant sees the students of their sections, and nobody else, at every address."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from analytics.settings import ApiSettings
from ingest_api.tokens import NO_COURSE, Grant, SignedIn, issue_token
from tests.analytics.conftest import SECRET

#: Bob is in section B; ada, cy and eve are in A.
PLACES = {
    "course_id": "py",
    "student_id": "bob",
    "name": "error_rate",
    "table": "events",
    "mark_id": "1",
    "note_id": "0" * 32,
    "account": "a1",
    "export_id": "0" * 32,
    "token_id": "0" * 32,
}
BODIES = {
    "snooze": {"minutes": 5},
    "mark": {"mark": "going"},
    "thresholds": {},
    "marks": {"text": "explained recursion"},
    "plan": {"start": "2024-03-04T00:00Z", "until": "2024-03-05T00:00Z", "planned": []},
}
#: What it takes no right to ask, and the way out.
OPEN = {
    "/api/v1/sign-in",
    "/api/v1/sign-in/provider",
    "/api/v1/sign-in/provider/answer",
    "/api/v1/password",
    "/api/v1/sign-out",
    "/api/v1/student-page",
    "/healthz",
    "/readyz",
}
#: About no student of any course, or about the assistant.
HARMLESS = {
    "/api/v1/measures",
    "/api/v1/measures/{name}",
    "/api/v1/viewer",
    "/api/v1/courses",
    "/api/v1/courses/{course_id}/attention/thresholds",
    "/api/v1/courses/{course_id}/marks",
}
#: Confined to the only section; the others are refused.
CONFINED = {
    f"/api/v1/courses/{{course_id}}/{name}"
    for name in (
        "progress",
        "students",
        "events",
        "exercises",
        "timeline",
        "class_map",
        "live",
        "class_stream",
        "class_sessions",
        "aliases",
        "attention",
        "plan",
        "error_clusters",
        "measures/{name}",
        "report",
        "code_groups",
    )
}


def assistant(*sections: tuple[str, str], course: str = NO_COURSE) -> dict[str, str]:
    now = time.time()
    signed_in = SignedIn("tess", "t", now, int(now) + 600, sections=sections)
    token = issue_token(SECRET, Grant("read", course, signed_in=signed_in))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def of_a(
    known_class: Any, redis_url: str, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the API over the known class, for an assistant of section A."""
    async with api_of(known_class.settings.model_copy(update={"redis_url": redis_url})) as client:
        client.headers.update(assistant(("py", "A")))
        yield client


async def operations(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Return every operation of the API: method and path with its parameters' names."""
    document = (await client.get("http://api/openapi.json")).json()
    return [
        (method, path)
        for path, methods in document["paths"].items()
        for method in methods
        if path not in OPEN
    ]


async def ask(client: httpx.AsyncClient, method: str, path: str, **params: str) -> httpx.Response:
    body = BODIES.get(path.rpartition("/")[2])
    address = f"http://api{path.format(**PLACES)}"
    asked = {"by": "student", **params} if "/measures/" in path else dict(params)
    if path.endswith("/report"):
        asked |= {"from": "2024-03-04T09:00:30Z", "to": "2024-03-04T09:06:31Z"}
    if path.endswith("/code_groups"):
        asked["exercise"] = "1.2"
    if path.endswith("{table}"):
        asked["snapshot"] = "1"
    sent = {} if method in ("get", "delete") else {"json": body}
    return await client.request(method, address, params=asked, **sent)


async def test_no_address_tells_of_another_section(of_a: httpx.AsyncClient) -> None:
    """Each is confined to the section, or answers 403 and whom to ask; so is a new one."""
    plain = {path for method, path in await operations(of_a) if method == "get"}
    for method, path in await operations(of_a):
        answer = await ask(of_a, method, path)
        allowed = method == "get" and path in CONFINED | HARMLESS
        assert answer.status_code == (200 if allowed else 403), (method, path, answer.text)
        assert "bob" not in answer.text, path
        if not allowed:
            assert "whoever runs Cellpulse" in answer.json()["detail"], path
    assert plain >= CONFINED | HARMLESS


@pytest.mark.parametrize("params", [{"section": "B"}, {"section": ""}, {"section": "a"}])
async def test_another_section_can_t_be_named(
    of_a: httpx.AsyncClient, params: dict[str, str]
) -> None:
    """Nor one that nobody is in, or a section of the same letters."""
    for path in CONFINED:
        answer = await ask(of_a, "get", path, **params)
        assert answer.status_code in (403, 422), (path, answer.text)


async def test_a_student_of_another_section_can_t_be_named(of_a: httpx.AsyncClient) -> None:
    """By a parameter as little as by a path; whether there is such a student is not told."""
    asked = [("events", {}), ("measures/error_rate", {"by": "student"})]
    for path, params in asked:
        answers = [
            await of_a.get(f"/courses/py/{path}", params=params | {"student_id": student})
            for student in ("bob", "dan", "nobody")
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert len({answer.text for answer in answers}) == 1
    for student, status in (("ada", 200), ("bob", 403), ("dan", 403), ("nobody", 403)):
        answer = await of_a.get(f"/courses/py/students/{student}/history")
        assert answer.status_code == status


async def test_the_own_section_is_a_class_of_its_own(of_a: httpx.AsyncClient) -> None:
    """Students, events, map and list are those of the section, also where it is named."""
    for params in ({}, {"section": "A"}):
        found = (await of_a.get("/courses/py/students", params=params)).json()["students"]
        assert [each["student_id"] for each in found] == ["ada", "cy", "eve"]
    events = (await of_a.get("/courses/py/events")).json()["events"]
    assert {event["student_id"] for event in events} == {"ada", "cy"}
    minutes = (await of_a.get("/courses/py/timeline")).json()["buckets"]
    assert sum(minute["events"] for minute in minutes) == len(events)
    shown = (await of_a.get("/courses/py/class_map")).json()
    assert [each["student_id"] for each in shown["students"]] == ["ada", "cy", "eve"]
    stream = (await of_a.get("/courses/py/class_stream")).json()
    assert [each["exercise"] for each in stream["exercises"]] == ["1.2", "1.10"]
    span = {"from": "2024-03-04T00:00:00Z"}
    clusters = (await of_a.get("/courses/py/error_clusters", params=span)).json()["clusters"]
    assert {who["student_id"] for each in clusters for who in each["who"]} == {"ada"}
    span |= {"from": "2024-03-04T08:00:00Z", "to": "2024-03-04T09:06:31Z"}
    report = (await of_a.get("/courses/py/report", params=span)).json()
    assert (report["section"], report["students"], report["here"]) == ("A", 3, 2)
    assert [each["student_id"] for each in report["help"]] == ["eve"]
    of = {who["student_id"] for each in report["clusters"] for who in each["who"]}
    assert of == {"ada"}
    [course] = (await of_a.get("/courses")).json()["courses"]
    assert (course["course_id"], course["students"]) == ("py", 3)
    assert course["sections"] == ["A"]


async def test_no_measure_compares_with_another_section(of_a: httpx.AsyncClient) -> None:
    """Neither with a section that is not the assistant's nor with a course, its own included."""
    for own in ({"against_section": "B"}, {"against": "py"}, {"against": "pages"}):
        answer = await of_a.get("/courses/py/measures/cohort_comparison", params=own)
        assert answer.status_code == 403


async def test_of_several_sections_one_is_named(of_a: httpx.AsyncClient) -> None:
    """Without that the answer says which there are; each of them opens."""
    of_a.headers.update(assistant(("py", "A"), ("py", "B")))
    refused = await of_a.get("/courses/py/class_map")
    assert refused.status_code == 403
    assert "you may see section A and B of this course: add section=A" in refused.json()["detail"]
    for section, students in (("A", 3), ("B", 1)):
        shown = await of_a.get("/courses/py/class_map", params={"section": section})
        assert len(shown.json()["students"]) == students
    [course] = (await of_a.get("/courses")).json()["courses"]
    assert course["students"] == 4
    assert (await of_a.get("/courses/py/students/dan/history")).status_code == 403


async def test_other_courses_stay_closed_or_whole(of_a: httpx.AsyncClient) -> None:
    """A section of one course opens nothing of another; one may be a whole course's instructor."""
    assert (await of_a.get("/courses/pages/students")).status_code == 403
    of_a.headers.update(assistant(("py", "A"), course="pages"))
    assert (await of_a.get("/courses/pages/tables")).status_code == 200
    assert (await of_a.get("/courses/py/tables")).status_code == 403
    seen = (await of_a.get("/courses")).json()["courses"]
    assert [(each["course_id"], each["students"]) for each in seen] == [("pages", 1), ("py", 3)]
    viewer = (await of_a.get("/viewer")).json()
    assert viewer["courses"] == ["pages", "py"]
    assert viewer["sections"] == [{"course_id": "py", "section": "A"}]
