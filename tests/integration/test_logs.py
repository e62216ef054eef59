"""What the processes log: an event can be followed by its id, and nothing secret is ever named."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from streamlit_app.sign_in.gate import COOKIE
from tests.integration.conftest import SECRET

CODE = "the_answer_of_a_student_to_1_1 = 42"


def lines(pipeline: Any, process: str) -> list[dict[str, Any]]:
    """Return a process's log; every line of it is a JSON object."""
    text = (pipeline.folder / f"{process}.log").read_text()
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "process", "logger", "message"} <= line.keys() for line in found)
    assert {line["process"] for line in found} <= {process}
    return found


def about(pipeline: Any, process: str, **wanted: str) -> list[dict[str, Any]]:
    """Return the lines of a process's log that are about something."""
    return [line for line in lines(pipeline, process) if wanted.items() <= line.items()]


def test_an_event_can_be_followed_from_the_notebook_to_the_answer(shared_pipeline: Any) -> None:
    """By its id from the request to its place and each store, by the question's id to the API."""
    event_id, request, question = str(uuid4()), uuid4().hex, uuid4().hex
    event = {"course_id": shared_pipeline.course, "student_id": "s1", "status": "ok"}
    posted = httpx.post(
        f"{shared_pipeline.ingest}/student-progress",
        json={**event, "event_id": event_id},
        headers=shared_pipeline.bearer() | {"X-Request-ID": request},
    )
    [position] = posted.json()["positions"]
    assert posted.headers["x-request-id"] == request
    [accepted] = about(shared_pipeline, "ingest", event_id=event_id)
    assert (accepted["message"], accepted["position"]) == ("accepted", position)
    assert accepted["request_id"] == request

    def stores() -> set[str]:
        stored = about(shared_pipeline, "worker", event_id=event_id, position=position)
        return {line["store"] for line in stored}

    shared_pipeline.wait_until(lambda: stores() == {"influxdb", "postgres", "lake"}, "the stores")
    progress = f"{shared_pipeline.api}/api/v1/courses/{shared_pipeline.course}/progress"
    reader = shared_pipeline.bearer("read") | {"X-Request-ID": question}
    answer = httpx.get(progress, headers=reader, timeout=30)
    assert answer.json()["runs"] == 1
    assert answer.headers["x-request-id"] == question
    [line] = about(shared_pipeline, "api", request_id=question)
    assert line["message"].startswith("GET /api/v1/courses/{course_id}/progress: 200 in ")


@pytest.mark.parametrize("sent", ["two words", "x" * 65, "a\tb", "<script>", "é"])
def test_a_request_id_that_could_spoil_a_log_is_replaced(shared_pipeline: Any, sent: str) -> None:
    """Only short plain ids are taken over; another one is made instead, and answered."""
    headers = {"X-Request-ID": sent.encode("latin-1")}
    answered = httpx.get(f"{shared_pipeline.ingest}/healthz", headers=headers)
    assert answered.headers["x-request-id"] not in (sent, "")
    assert answered.headers["x-request-id"].isalnum()


def test_no_log_names_a_token_a_password_or_a_students_code(with_dashboard: Any) -> None:
    """Whatever is sent, well or wrongly, with tokens where they do not belong: no log has it."""
    pipeline = with_dashboard
    course = f"course-{uuid4().hex}"
    event = {"course_id": course, "student_id": "s1", "status": "error", "code": CODE}
    writer = pipeline.bearer("ingest", course=course)
    reader = pipeline.bearer("read", course=course)
    tokens = {headers["Authorization"].split()[1] for headers in (writer, reader)}
    posts = [event, {**event, "status": CODE}, {**event, "seq": CODE}, CODE, [event, CODE]]
    for body in posts:
        for headers in (writer, reader, {"Authorization": "Bearer wrong-and-long-enough-to-see"}):
            httpx.post(f"{pipeline.ingest}/student-progress", json=body, headers=headers)
    pipeline.publish({**event, "status": CODE})
    pipeline.publish(event)
    for token in tokens:
        for address in (pipeline.ingest, pipeline.api, pipeline.dashboard):
            httpx.get(f"{address}/?token={token}&course={CODE}", timeout=30)
            httpx.get(f"{address}/%00{token}", headers={"Cookie": f"{COOKIE}={token}"}, timeout=30)
        live = pipeline.ingest.replace("http", "ws") + "/ws/dashboard"
        for query in (f"?token={token}", f"?course_id=other&token={token}", f"?after={token}"):
            with pytest.raises(InvalidStatus):
                connect(live + query)
    pipeline.wait_until(lambda: _runs(pipeline, course, reader) >= 2, "the lake")

    secrets = {SECRET, CODE, *tokens, "wrong-and-long-enough-to-see"}
    secrets |= {token.rpartition(".")[2] for token in tokens}
    for log in pipeline.folder.glob("*.log"):
        text = log.read_text()
        assert not [secret for secret in secrets if secret in text], log.name
    for process in ("ingest", "worker", "api", "relay", "dashboard"):
        assert process == "dashboard" or lines(pipeline, process)


def _runs(pipeline: Any, course: str, reader: dict[str, str]) -> int:
    address = f"{pipeline.api}/api/v1/courses/{course}/progress"
    answer = httpx.get(address, headers=reader, timeout=30)
    return int(answer.json()["runs"]) if answer.is_success else 0
