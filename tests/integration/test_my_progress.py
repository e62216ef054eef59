"""A student's own page, from the notebook's link to the file with everything: real processes."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

DELETION = "/api/v1/courses/{course_id}/students/{student_id}/deletion"
#: What a student's session may ask the API for, with the student's own id in the address.
OWN = {
    ("get", "/api/v1/courses/{course_id}/students/{student_id}/history"),
    ("get", "/api/v1/courses/{course_id}/students/{student_id}/overview"),
    ("get", "/api/v1/courses/{course_id}/students/{student_id}/data"),
    *(
        (method, "/api/v1/courses/{course_id}/students/{student_id}/preferences")
        for method in ("get", "put")
    ),
    *((method, DELETION) for method in ("get", "post", "delete")),
}
#: What tells of nobody: what measures mean, who asks, the way in and out, and whether it lives.
OF_NOBODY = {
    ("get", "/api/v1/measures"),
    ("get", "/api/v1/measures/{name}"),
    ("get", "/api/v1/viewer"),
    *(("post", f"/api/v1/{path}") for path in ("sign-in", "password", "student-page", "sign-out")),
    *(("post", f"/api/v1/sign-in/{path}") for path in ("provider", "provider/answer")),
    ("get", "/healthz"),
    ("get", "/readyz"),
}
#: A whole class's, or a student's own with further parameters.
MEASURE = ("get", "/api/v1/courses/{course_id}/measures/{name}")
#: Instructors write them for each other.
NOTES = "/api/v1/courses/{course_id}/students/{student_id}/notes"
PAGES = ("replay", "admin", "exercise", "student", "measures", "student?student=bob", "any", "me/x")
BODY = {"recording": True, "code": True, "minutes": 5, "mark": "going"}
#: What an address of the ingest needs beside whose it is.
NEEDED: dict[str, dict[str, str]] = {
    "/student-progress": {"status": "ok"},
    "/student-notice": {"version": "v1"},
}
#: Seconds for an answer: a loaded machine needs more than the five that are usual.
PATIENT = 60


@pytest.fixture
def taught(watched_pipeline: Any) -> Any:
    """Return the pipeline with a dashboard; ada has failed, solved one and raised a hand."""
    pipeline = watched_pipeline
    ada = of(pipeline, "ada") | {"session_id": session_id(pipeline)}
    one: dict[str, Any] = {"exercise": "1.1", "notebook": "01.ipynb", **ada}
    two: dict[str, Any] = {"exercise": "1.2", "notebook": "01.ipynb", **ada}
    failing: dict[str, Any] = {"status": "error", "error_name": "NameError"}
    events = [
        {"status": "ok", "seq": 1, "duration_ms": 3.0, **one},
        {"type": "check_result", "check_name": "c1", "passed": True, "points": 2, "seq": 2}
        | {"points_possible": 3}
        | one,
        *(
            {"seq": seq, "error_message": "name 'x' is not defined", **failing} | two
            for seq in (3, 4)
        ),
        {"type": "help_requested", "help_message": "please", "seq": 5, **two},
    ]
    pipeline.post(events)
    pipeline.post(
        [of(pipeline, "bob") | {"status": "ok", "exercise": "1.1", "code": "secret of bob"}] * 3
    )
    pipeline.wait_until(lambda: pipeline.runs_by_api() == 6, "the lake")
    return pipeline


def of(pipeline: Any, student: str) -> dict[str, str]:
    """Return what says whose an event is."""
    return {"course_id": pipeline.course, "student_id": student}


def session_id(pipeline: Any) -> str:
    """Return the id of ada's session, which no other class has."""
    return f"a-{pipeline.course}"


def link_for(pipeline: Any, student: str = "ada") -> str:
    answer = httpx.post(
        f"{pipeline.ingest}/student-page",
        json=of(pipeline, student),
        headers=pipeline.bearer(student=student),
    )
    link: str = answer.json()["link"]
    return link


def session_of(pipeline: Any) -> dict[str, str]:
    """Follow the link as a browser does, and return the header with the session's token."""
    with httpx.Client() as browser:
        link = link_for(pipeline)
        form = browser.get(link)
        assert "Open my page" in form.text
        code = {"code": httpx.URL(link).params["code"]}
        opened = browser.post(f"{pipeline.dashboard}/open", data=code)
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        again = browser.post(f"{pipeline.dashboard}/open", data=code)
        assert again.status_code == 403
        assert "%cellpulse me" in again.text
        return {"Authorization": f"Bearer {browser.cookies['cellpulse_read']}"}


def test_a_student_gets_nothing_of_others(taught: Any) -> None:
    """Every address of the API, the ingest and the dashboard refuses what is not the student's."""
    student = session_of(taught)
    _every_address_of_the_api(taught, student)
    for path, operations in (
        httpx.get(f"{taught.ingest}/openapi.json", timeout=PATIENT).json()["paths"].items()
    ):
        if "security" in next(iter(operations.values())):
            answer = httpx.post(
                f"{taught.ingest}{path}",
                json=of(taught, "bob") | NEEDED.get(path, {}),
                headers=student,
                timeout=PATIENT,
            )
            assert answer.status_code == 403, path
            answer = httpx.post(
                f"{taught.ingest}{path}",
                json=of(taught, "bob") | NEEDED.get(path, {}),
                headers=taught.bearer(student="ada"),
                timeout=PATIENT,
            )
            assert answer.status_code == 403, path
    token = student["Authorization"].removeprefix("Bearer ")
    socket = f"{taught.ingest.replace('http', 'ws')}/ws/dashboard?course_id={taught.course}"
    for way in ({"subprotocols": ["cellpulse.v1", token]}, {"additional_headers": student}):
        with pytest.raises(InvalidStatus) as refused, connect(socket, **way):
            pass
        assert refused.value.response.status_code in (401, 403)
    cookies = {"cellpulse_read": token}
    with httpx.Client(cookies=cookies, base_url=taught.dashboard, timeout=PATIENT) as browser:
        for page in PAGES:
            answer = browser.get(f"/{page}", headers={"Accept": "text/html"})
            assert (answer.status_code, "for instructors" in answer.text) == (403, True), page
        assert browser.get("/").status_code == 200


def _every_address_of_the_api(taught: Any, student: dict[str, str]) -> None:
    paths = httpx.get(f"{taught.api}/openapi.json", timeout=PATIENT).json()["paths"]
    known = {(method, path) for path, operations in paths.items() for method in operations}
    assert known >= OWN | OF_NOBODY | {MEASURE}

    def ask(method: str, path: str, whose: str, **query: str) -> httpx.Response:
        named = {
            "course_id": taught.course,
            "student_id": whose,
            "name": "error_rate",
            "table": "events",
        }
        address = re.sub(r"{(\w+)}", lambda found: named.get(found[1], "1"), path)
        body = BODY if method in ("put", "post") else None
        if path.endswith("/preferences") and body:
            body = {"recording": True, "code": True}
        return httpx.request(
            method,
            taught.api + address,
            params={"snapshot": "1", **query} if path.endswith("{table}") else query,
            json=body,
            headers=student,
            timeout=PATIENT,
        )

    for method, path in known - OF_NOBODY - {MEASURE}:
        answer = ask(method, path, "bob")
        assert answer.status_code == 403, (method, path, answer.text)
        assert "secret of bob" not in answer.text
    for method, path in OWN:
        answer = ask(method, path, "ada")
        assert answer.status_code == 200, (method, path, answer.text)
        assert b"bob" not in answer.content
    assert ask("delete", DELETION, "ada").status_code == 200  # whichever came first
    for by in ("course", "exercise", "student", "student_exercise", "run"):
        for query in ({}, {"student_id": "bob"}):
            assert ask(*MEASURE, "ada", by=by, **query).status_code == 403
    assert ask("get", NOTES, "ada").status_code == 403
    own = ask(*MEASURE, "ada", by="student", student_id="ada")
    assert [row["student_id"] for row in own.json()["rows"]] == ["ada"]
    other_course = f"{taught.api}/api/v1/courses/other/students/ada/history"
    assert httpx.get(other_course, headers=student, timeout=PATIENT).status_code == 403


def test_a_student_is_not_told_who_comes(taught: Any) -> None:
    """That somebody comes stands on the own page and in the copy; which instructor does not."""
    course = f"{taught.api}/api/v1/courses/{taught.course}"
    instructor = taught.bearer("read")
    marked = httpx.post(
        f"{course}/attention/ada/mark",
        json={"mark": "going", "by": "grace"},
        headers=instructor,
        timeout=PATIENT,
    )
    assert marked.status_code == 200, marked.text
    student = session_of(taught)
    own = f"{course}/students/ada"
    overview = httpx.get(f"{own}/overview", headers=student, timeout=PATIENT).json()
    assert (overview["mark"]["mark"], overview["mark"]["by"]) == ("going", None)
    copy = httpx.get(f"{own}/data", headers=student, timeout=PATIENT)
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        master = json.loads(archive.read("master_data.json"))
        assert [row["mark"] for row in master["attention_marks"]] == ["going"]
        assert b"grace" not in b"".join(archive.read(name) for name in archive.namelist())
    refused = httpx.get(f"{own}/data", headers=instructor, timeout=PATIENT)
    assert (refused.status_code, "only the student" in refused.text) == (403, True)


def test_a_students_page_closes_with_the_token_that_opened_it(watched_pipeline: Any) -> None:
    """So does a link that nobody has followed yet; a new token opens the page anew."""
    here = watched_pipeline
    own = ("--scope", "ingest", "--course", here.course, "--student", "ada")
    token = here.cellpulse("token", *own).stdout.strip()
    ada, bob = session_of(here), link_for(here, "bob")
    unused = httpx.URL(link_for(here)).params["code"]

    def status(session: dict[str, str]) -> int:
        viewer = f"{here.api}/api/v1/viewer"
        return httpx.get(viewer, headers=session, timeout=PATIENT).status_code

    def opened(code: str) -> int:
        address = f"{here.api}/api/v1/student-page"
        return httpx.post(address, json={"code": code}, timeout=PATIENT).status_code

    assert status(ada) == 200
    done = here.cellpulse("token", "revoke", token)
    assert done.returncode == 0, done.stderr
    assert (status(ada), opened(unused)) == (401, 403)
    assert opened(httpx.URL(bob).params["code"]) == 200
    assert status(session_of(here)) == 200


def test_a_student_walks_through_the_own_page(
    taught: Any, open_browser: Callable[[], AbstractContextManager[Browser]]
) -> None:
    """On a phone: how far, what instructors see, switches that hold, the file, and the wish."""
    expect.set_options(timeout=30_000)
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(link_for(taught))
        page.get_by_role("button", name="Open my page").click()
        _reads_how_far(page)
        _switches(page, taught)
        _downloads(page, taught)
        _asks_for_deletion(page, taught)
        page.get_by_role("link", name="Sign out").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Password")).to_be_visible()


def _reads_how_far(page: Page) -> None:
    rows = page.get_by_test_id("own-exercises").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("solved")
    expect(rows.nth(0)).to_contain_text("2 of 3")
    expect(rows.nth(1)).to_contain_text("latest 2 runs failed")
    expect(page.get_by_test_id("strip")).to_contain_text("1 / 2")
    seen = page.get_by_test_id("seen")
    expect(seen).to_contain_text("your hand is up")
    expect(seen).to_contain_text("number 1 in the queue")
    expect(seen).to_contain_text("never sent")
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError")
    expect(page.get_by_test_id("facts")).to_be_visible()
    expect(page.locator("canvas, .vega-embed svg").first).to_be_visible()
    everything = page.locator("body").inner_text()
    assert "bob" not in everything
    assert "Live" not in everything
    overflow = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not overflow


def _switches(page: Page, taught: Any) -> None:
    page.get_by_text("Send my code and its output", exact=True).click()
    address = f"{taught.api}/api/v1/courses/{taught.course}/students/ada/preferences"
    headers = taught.bearer("read")

    def is_off() -> bool:
        return httpx.get(address, headers=headers).json() == {"recording": True, "code": False}

    taught.wait_until(is_off, "the switch")
    page.reload()
    expect(page.get_by_role("switch", name=re.compile("Send my code"))).not_to_be_checked()


def _downloads(page: Page, taught: Any) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything about me").click()
    content = download.value.path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
        assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
        assert json.loads(archive.read("preferences.json")) == {"recording": True, "code": False}
        master = json.loads(archive.read("master_data.json"))
        assert [row["session_id"] for row in master["sessions"]] == [session_id(taught)]
        assert not any("note" in table for table in master)
        assert b"bob" not in b"".join(archive.read(name) for name in archive.namelist())
        names = archive.namelist()
    out = taught.folder / "ada.zip"
    whose = ("--student", "ada", "--course", taught.course)
    done = taught.cellpulse("disclose", *whose, "--out", str(out))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == names


def _asks_for_deletion(page: Page, taught: Any) -> None:
    page.get_by_role("button", name="Ask for everything to be deleted").click()
    page.get_by_role("button", name="No, keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "nobody asks" in taught.cellpulse("forget", "--list").stdout
    page.get_by_role("button", name="Ask for everything to be deleted").click()
    page.get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_test_id("deletion-asked")).to_be_visible()
    assert "ada" in taught.cellpulse("forget", "--list").stdout
    address = f"{taught.api}/api/v1/deletion_requests"
    asked = httpx.get(address, headers=taught.bearer("read", "*")).json()["requests"]
    assert [(each["course_id"], each["student_id"]) for each in asked] == [(taught.course, "ada")]
    assert httpx.get(address, headers=taught.bearer("read")).status_code == 403
    page.get_by_role("button", name="Don't delete").click()
    expect(page.get_by_role("button", name="Ask for everything to be deleted")).to_be_visible()
    assert "nobody asks" in taught.cellpulse("forget", "--list").stdout
