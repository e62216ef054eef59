"""What admins look after over HTTP: courses, rosters, notebooks, accounts, what is kept, health."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from redis import Redis

from analytics.api import create_app
from analytics.settings import ApiSettings
from flows.backup.last import note_backup
from flows.course import notebook_zip
from flows.course.notebook_zip import MOST_ENTRIES
from ingest_api.event_log import open_redis
from ingest_api.registered_courses import VERSIONS
from ingest_api.revoked_tokens import REVOKED
from ingest_api.signed_in import SignedOut
from ingest_api.tokens import Grant, SignedIn, issue_token
from tests.analytics.conftest import SECRET, TwoStores

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
CSV = {"Content-Type": "text/csv"}
ZIP = {"Content-Type": "application/zip"}
ROSTER = "/admin/courses/{}/roster"
REGISTRATION = "/admin/courses/{}/registration"


@pytest.fixture(scope="module")
def school(
    postgres_server: Callable[[str], str],
    redis_server_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoStores]:
    """Return stores with course `py`, in which ada has two events, and an API beside a Redis."""
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as database:
        database.execute("CREATE DATABASE school")
    with Redis.from_url(redis_server_url) as redis:
        redis.flushall()
    settings = ApiSettings(
        postgres_url=postgres_server("school"),
        lake_path=str(tmp_path_factory.mktemp("lake")),
        secret=SECRET,
        redis_url=redis_server_url,
        dashboard_url="http://127.0.0.1:1",
    )
    stores = TwoStores(settings)
    ran: dict[str, Any] = {"course_id": "py", "student_id": "ada", "session_id": "a"}
    stores.write(
        stores.log(NOON, status="ok", seq=1, exercise="scratch", **ran),
        stores.log(NOON.replace(minute=5), status="ok", seq=2, **ran),
    )
    yield stores
    stores.close()
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as database:
        database.execute("DROP DATABASE school WITH (FORCE)")


@pytest.fixture(scope="module")
def app(school: TwoStores) -> Iterator[FastAPI]:
    app = create_app(school.settings)
    yield app
    app.state.lake.close()


def header(account: str | None = "root", course: str = "*", student: str | None = None) -> Any:
    """Return the header of somebody who signed in, or of a token that was handed out."""
    now = NOON.timestamp()
    signed_in = None if account is None else SignedIn(account, "t", now, 2**33)
    token = issue_token(SECRET, Grant("read", course, student, signed_in))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def admin(app: FastAPI, redis_server_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that is signed in as the admin root."""
    redis = open_redis(redis_server_url)  # a client belongs to the loop of one test
    app.state.signed_out = SignedOut(redis)
    transport = httpx.ASGITransport(app)
    client = httpx.AsyncClient(
        transport=transport, base_url="http://api/api/v1", headers=header(), timeout=60
    )
    async with client:
        yield client
    await redis.aclose()


async def last_action(admin: httpx.AsyncClient) -> tuple[Any, ...]:
    answer = await admin.get("/admin/actions", params={"limit": 1})
    [action] = answer.json()["actions"]
    return action["who"], action["what"], action["course_id"], action["details"]


async def last_values(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.get("/admin/actions", params={"limit": 1})
    values: dict[str, Any] = answer.json()["actions"][0]["values"]
    return values


EVERY_ADDRESS = [
    ("GET", "/admin/courses"),
    ("POST", "/admin/courses"),
    ("PUT", "/admin/courses/py"),
    ("GET", "/admin/courses/py/retention"),
    ("GET", "/admin/courses/py/stored"),
    ("GET", "/admin/students/ada/stored"),
    ("POST", "/admin/courses/py/roster/preview"),
    ("POST", "/admin/courses/py/roster"),
    ("POST", "/admin/courses/py/hook_tokens"),
    ("POST", "/admin/courses/py/registration/preview"),
    ("POST", "/admin/courses/py/registration"),
    ("GET", "/admin/accounts"),
    ("POST", "/admin/accounts"),
    ("POST", "/admin/accounts/ada/reset"),
    ("DELETE", "/admin/accounts/ada"),
    ("GET", "/admin/tokens"),
    ("POST", "/admin/tokens/t1/revoke"),
    ("GET", "/admin/actions"),
    ("GET", "/admin/health"),
]
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/admin/courses"): {"course_id": "stolen"},
    ("PUT", "/admin/courses/py"): {"title": "stolen"},
    ("POST", "/admin/courses/py/hook_tokens"): {"student_id": "thief"},
    ("POST", "/admin/accounts"): {"account": "thief", "role": "admin"},
}


@pytest.mark.parametrize(
    "who",
    [
        header("ivy", "py"),
        header(None, "py"),
        header(None, "*", "ada"),
        header(None, "py", "ada"),
    ],
)
@pytest.mark.parametrize(("method", "path"), EVERY_ADDRESS)
async def test_nobody_but_an_admin_is_let_in(
    method: str, path: str, who: dict[str, str], admin: httpx.AsyncClient
) -> None:
    """An instructor, a course's token and a student's get a 403 that says whom to ask."""
    sent: Any = {"headers": who}
    if (method, path) in BODIES:
        sent["json"] = BODIES[method, path]
    answer = await admin.request(method, path, **sent)
    assert answer.status_code == 403
    assert "ask one of them" in answer.json()["detail"]


async def test_the_viewer_says_who_is_an_admin(admin: httpx.AsyncClient) -> None:
    """An admin's session and a read token for every course are one; an instructor is none."""
    for who, is_admin in ((header(), True), (header(None), True), (header("ivy", "py"), False)):
        assert (await admin.get("/viewer", headers=who)).json()["is_admin"] is is_admin


async def test_a_course_is_made_changed_and_listed(admin: httpx.AsyncClient) -> None:
    """It is there before its first event, once, with its title and its time zone."""
    new = {"course_id": "a/b", "title": " Algorithms \n 1 ", "time_zone": "Asia/Tokyo"}
    assert (await admin.post("/admin/courses", json=new)).status_code == 200
    assert await last_action(admin) == ("root", "course made", "a/b", "Algorithms 1, Asia/Tokyo")
    assert await last_values(admin) == {"title": "Algorithms 1", "time_zone": "Asia/Tokyo"}
    again = await admin.post("/admin/courses", json=new)
    assert again.status_code == 409
    assert "there is a course 'a/b' already" in again.json()["detail"]
    untitled = {"title": None, "time_zone": None, "retention_days": None}
    changed = await admin.put("/admin/courses/a%2Fb", json=untitled)
    assert changed.json() == untitled
    changed = await admin.put("/admin/courses/a%2Fb", json={"title": "Algorithms"})
    assert changed.json() == {"title": "Algorithms", "time_zone": None, "retention_days": None}
    assert (await admin.put("/admin/courses/a%2Fb", json={})).json() == changed.json()
    courses = {
        each["course_id"]: each for each in (await admin.get("/admin/courses")).json()["courses"]
    }
    assert courses["a/b"] == {
        "course_id": "a/b",
        "title": "Algorithms",
        "time_zone": None,
        "retention_days": None,
        "pseudonymous": False,
        "enrolled": 0,
        "sections": 0,
        "section_names": [],
        "exercises": 0,
        "registered_at": None,
        "first_event_at": None,
        "last_event_at": None,
    }
    assert courses["py"]["first_event_at"] == "2024-03-04T12:00:00Z"
    assert courses["py"]["last_event_at"] == "2024-03-04T12:05:00Z"
    await admin.put("/admin/courses/a%2Fb", json={"time_zone": "Asia/Tokyo"})
    seen = (await admin.get("/courses")).json()["courses"]
    assert [each["time_zone"] for each in seen if each["course_id"] == "a/b"] == ["Asia/Tokyo"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/admin/courses", {"course_id": "x", "time_zone": "Tokyo"}, 422, "Asia/Tokyo"),
        ("POST", "/admin/courses", {"course_id": "x", "title": "x" * 501}, 422, "at most 500"),
        ("POST", "/admin/courses", {"course_id": "x", "title": 5}, 422, "valid string"),
        ("POST", "/admin/courses", {"course_id": "a\\b"}, 422, "must not contain"),
        ("POST", "/admin/courses", {"course_id": "語" * 200}, 422, "shorter id"),
        ("POST", "/admin/courses", {"course_id": "x", "retention_days": 1}, 422, "not permitted"),
        ("PUT", "/admin/courses/py", {"retention_days": 0}, 422, "greater than or equal to 1"),
        (
            "PUT",
            "/admin/courses/py",
            {"retention_days": 36_501},
            422,
            "less than or equal to 36500",
        ),
        ("PUT", "/admin/courses/py", {"retention_days": "1"}, 422, "valid integer"),
        ("GET", "/admin/courses/py/retention?days=0", None, 422, "greater than or equal to 1"),
        ("GET", "/admin/courses/py/retention?days=1e3", None, 422, "valid integer"),
        ("GET", "/admin/courses/nowhere/retention", None, 404, "make it first"),
        ("POST", "/admin/courses", {"course_id": "x", "more": 1}, 422, "not permitted"),
        ("PUT", "/admin/courses/nowhere", {"title": "x"}, 404, "make it first"),
        ("PUT", "/admin/courses/%00", {"title": "x"}, 404, "no course can have this id"),
    ],
)
async def test_a_bad_course_is_refused(
    method: str, path: str, body: Any, status: int, words: str, admin: httpx.AsyncClient
) -> None:
    """Each fault of what was sent is a problem that says what to do."""
    answer = await admin.request(method, path, json=body)
    assert answer.status_code == status
    assert words in answer.text


async def test_how_long_students_are_kept_is_looked_at_then_set(
    admin: httpx.AsyncClient, school: TwoStores
) -> None:
    """Looking counts whose time would be over and sets nothing; setting it is noted."""
    await admin.post("/admin/courses", json={"course_id": "old", "title": "Old"})
    roster = "student_id\nold1\nold2\nold3\n"
    await admin.post(ROSTER.format("old"), content=roster, headers=CSV)
    with psycopg.connect(school.settings.postgres_url, autocommit=True) as database:
        for student, days in (("old1", 400), ("old2", 31), ("old3", 1)):
            database.execute(
                "UPDATE enrollments SET enrolled_at = now() - make_interval(days => %s)"
                " WHERE course_id = 'old' AND student_id = %s",
                (days, student),
            )
    address = "/admin/courses/old/retention"
    assert (await admin.get(address)).json() == {"retention_days": None, "due": 0}
    for days, due in ((30, 2), (365, 1), (36_500, 0)):
        looked = await admin.get(address, params={"days": days})
        assert looked.json() == {"retention_days": days, "due": due}
    assert (await admin.get(address)).json() == {"retention_days": None, "due": 0}
    settings = {"title": "Old", "time_zone": None, "retention_days": 30}
    assert (await admin.put("/admin/courses/old", json=settings)).json() == settings
    noted = ("root", "course changed", "old", "Old, the browser's time, students kept 30 days")
    assert await last_action(admin) == noted
    assert await last_values(admin) == settings
    assert (await admin.get(address)).json() == {"retention_days": 30, "due": 2}
    courses = (await admin.get("/admin/courses")).json()["courses"]
    assert [each["retention_days"] for each in courses if each["course_id"] == "old"] == [30]
    # What is not named stays: a title that is changed takes no retention away.
    named = await admin.put("/admin/courses/old", json={"title": "Older"})
    assert named.json() == {"title": "Older", "time_zone": None, "retention_days": 30}
    assert (await last_action(admin))[3] == "Older, the browser's time, students kept 30 days"
    assert (await admin.get(address)).json() == {"retention_days": 30, "due": 2}
    gone = await admin.put("/admin/courses/old", json={"title": "Old", "retention_days": None})
    assert gone.json() == {"title": "Old", "time_zone": None, "retention_days": None}
    assert (await last_action(admin))[3] == "Old, the browser's time, students kept for ever"
    assert (await admin.get(address)).json() == {"retention_days": None, "due": 0}


async def test_a_roster_is_looked_at_then_enrolled(admin: httpx.AsyncClient) -> None:
    """The preview changes nothing and names what would change; enrolling does just that."""
    first = "student_id,name,section\ns1,Ada,A\ns2,Bob,A\ns3,Cy,B\n"
    address = ROSTER.format("enrol")
    preview = await admin.post(f"{address}/preview", content=first, headers=CSV)
    assert preview.json()["new"] == 3
    assert preview.json()["is_new_course"] is True
    enrolled = await admin.post(address, content=first, headers=CSV)
    assert enrolled.json() == preview.json()
    assert await last_action(admin) == ("root", "students enrolled", "enrol", "3 new, 0 changed")
    assert await last_values(admin) == {"new": 3, "changed": 0}
    second = "student_id,name,section,email\ns1,Ada,B,x\ns2,Bob,A,y\ns4,Dan,,z\n"
    answer = (await admin.post(f"{address}/preview", content=second, headers=CSV)).json()
    assert {name: answer[name] for name in ("new", "changed", "unchanged", "others")} == {
        "new": 1,
        "changed": 1,
        "unchanged": 1,
        "others": 1,
    }
    assert answer["unread"] == ["email"]
    assert answer["faults"] == []
    assert answer["students"][1] == {
        "student_id": "s1",
        "change": "changed",
        "name": "Ada",
        "section": "B",
        "name_before": "Ada",
        "section_before": "A",
        "seat": None,
        "seat_before": None,
    }
    third = "student_id,section,seat\ns1,B10,C4\ns2,B9,\n"
    await admin.post(address, content=third, headers=CSV)
    moved = await admin.post(f"{address}/preview", content="student_id,seat\ns1,C5\n", headers=CSV)
    [student] = moved.json()["students"]
    assert (student["seat"], student["seat_before"]) == ("C5", "C4")
    courses = (await admin.get("/admin/courses")).json()["courses"]
    named = {each["course_id"]: (each["sections"], each["section_names"]) for each in courses}
    assert named["enrol"] == (3, ["B", "B9", "B10"])


async def test_every_bad_line_of_a_roster_is_named_and_nobody_is_enrolled(
    admin: httpx.AsyncClient,
) -> None:
    """Each fault has its line and what to do; the good lines are shown, and not enrolled."""
    roster = "student_id,name\ns1,Ada\n,Bob\ns3\ns1,Eve\ns5,Fay\n"
    address = ROSTER.format("faulty")
    preview = (await admin.post(f"{address}/preview", content=roster, headers=CSV)).json()
    faults = [(fault["line"], fault["reason"].split(": ")[-1]) for fault in preview["faults"]]
    assert faults == [
        (3, "give the student one, or delete the line"),
        (4, "is a field with a comma or a quote in it not quoted?"),
        (5, "keep one"),
    ]
    assert (preview["new"], preview["fault_count"]) == (2, 3)
    refused = await admin.post(address, content=roster, headers=CSV)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["line 3", "line 4", "line 5"]
    courses = (await admin.get("/admin/courses")).json()["courses"]
    assert "faulty" not in {each["course_id"] for each in courses}


async def test_a_roster_of_another_encoding_is_read_when_it_is_named(
    admin: httpx.AsyncClient,
) -> None:
    """Without it the fault says which line can't be read, and what to choose."""
    roster = "student_id,name\ns1,山田\n".encode("shift_jis")
    address = f"{ROSTER.format('kana')}/preview"
    [fault] = (await admin.post(address, content=roster, headers=CSV)).json()["faults"]
    assert fault["line"] == 2
    assert "say which encoding it is in" in fault["reason"]
    named = await admin.post(address, content=roster, headers=CSV, params={"encoding": "shift_jis"})
    assert named.json()["students"][0]["name"] == "山田"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "x"])
async def test_a_file_comes_with_its_own_content_type(kind: str, admin: httpx.AsyncClient) -> None:
    """What a form of another site could send is no file."""
    headers = {"Content-Type": kind}
    for address in (ROSTER, REGISTRATION):
        answer = await admin.post(address.format("py"), content=b"x", headers=headers)
        assert answer.status_code == 415
        assert "Content-Type: " in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "kind", "size"),
    [
        (ROSTER.format("py"), "text/csv", 10_000_001),
        (REGISTRATION.format("py"), "application/zip", 50_000_001),
        ("/admin/courses", "application/json", 1_000_001),
        ("/sign-in", "application/json", 1_000_001),
    ],
)
async def test_a_body_that_is_too_large_is_not_taken(
    path: str, kind: str, size: int, admin: httpx.AsyncClient
) -> None:
    """However it is sent: whole or in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * (size // 10 + 1)

    for content in (b"x" * size, pieces()):
        answer = await admin.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert "at most" in answer.json()["detail"]


def notebook(*cells: tuple[str, list[str]]) -> bytes:
    """Return a notebook of code cells: each its source and its tags."""
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{place}",
                    "metadata": {"tags": tags},
                    "source": source,
                }
                for place, (source, tags) in enumerate(cells)
            ],
        }
    ).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    with io.BytesIO() as whole:
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return whole.getvalue()


async def test_notebooks_are_looked_at_then_registered(
    admin: httpx.AsyncClient, redis_server_url: str
) -> None:
    """The preview changes nothing; registering tells the ingest and retires what is gone."""
    first = notebook(("x = 1", ["exercise:1.1"]), ("assert x", ["exercise:1.1", "check:one"]))
    second = notebook(("y = 1", ["exercise:2.1"]))
    sent = zipped({"py/01.ipynb": first, "py/02.ipynb": second, "py/.x/a.ipynb": b"", "a.txt": b""})
    address = REGISTRATION.format("py")
    preview = (await admin.post(f"{address}/preview", content=sent, headers=ZIP)).json()
    assert preview["notebooks"] == ["py/01.ipynb", "py/02.ipynb"]
    assert [(each["exercise"], each["checks"]) for each in preview["exercises"]] == [
        ("1.1", ["one"]),
        ("2.1", []),
    ]
    assert preview["unmatched"] == ["scratch"]
    with Redis.from_url(redis_server_url) as redis:
        assert not redis.hexists(VERSIONS, "py")
        registered = await admin.post(address, content=sent, headers=ZIP)
        assert registered.json() == preview
        assert redis.hexists(VERSIONS, "py")
    later = zipped({"py/01.ipynb": first})
    changed = (await admin.post(address, content=later, headers=ZIP)).json()
    assert changed["retired"] == [{"exercise": "2.1", "notebook": "py/02.ipynb"}]
    assert changed["new"] == 0
    assert await last_action(admin) == (
        "root",
        "course registered",
        "py",
        "1 notebooks, 1 exercises, 0 new, 1 retired",
    )
    counted = {"notebooks": 1, "exercises": 1, "new": 0, "retired": 1}
    assert await last_values(admin) == counted
    courses = {
        each["course_id"]: each for each in (await admin.get("/admin/courses")).json()["courses"]
    }
    assert courses["py"]["exercises"] == 1
    assert courses["py"]["registered_at"] is not None


def encrypted() -> bytes:
    """Return a zip file whose entry says that it needs a password."""
    whole = bytearray(zipped({"a.ipynb": b"{}"}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip file", "no zip file that can be read"),
        (zipped({"a.ipynb": b"{}"})[:-30], "no zip file that can be read"),
        (encrypted(), "without a password"),
        (zipped({}), "no notebook (*.ipynb) in the zip file"),
        (zipped({"a.txt": b""}), "no notebook (*.ipynb) in the zip file"),
        (zipped({"../a.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"a/../../a.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"/etc/a.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"a\\b.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"a" * 300 + ".ipynb": b"{}"}), "can't be unpacked"),
        (zipped({"a/./b.ipynb": b"{}", "a/b.ipynb": b"{}"}), "is in the zip file twice"),
        (zipped({f"{number}.txt": b"" for number in range(MOST_ENTRIES + 1)}), "2,001 files"),
        (zipped({"a.ipynb": b"{"}), "a.ipynb, line 1, column 2: not JSON"),
        (zipped({"f/a.ipynb": notebook(("x", []))}), "no exercise in these notebooks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "zip",
)
async def test_a_zip_file_that_can_be_no_course_is_refused(
    content: bytes, words: str, admin: httpx.AsyncClient
) -> None:
    """Each is a problem that says what to do, and nothing of it is kept."""
    answer = await admin.post(f"{REGISTRATION.format('no')}/preview", content=content, headers=ZIP)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "/tmp" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("MOST_BYTES", "a notebook may not have more: clear its outputs"),
        ("MOST_UNPACKED_BYTES", "when unpacked: clear the notebooks' outputs"),
    ],
)
async def test_a_zip_file_that_unpacks_to_too_much_is_refused(
    limit: str, words: str, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is measured while it is unpacked, one notebook and all together."""
    monkeypatch.setattr(notebook_zip, limit, 3_000_000)
    bomb = zipped({f"{number}.ipynb": b" " * 1_600_000 for number in range(2)})
    if limit == "MOST_BYTES":
        bomb = zipped({"a.ipynb": b" " * 3_000_001})
    assert len(bomb) < 10_000
    answer = await admin.post(f"{REGISTRATION.format('no')}/preview", content=bomb, headers=ZIP)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_an_account_is_made_reset_and_removed(admin: httpx.AsyncClient) -> None:
    """Its link sets a password once; a reset and a removal end every session of it."""
    asked = {"account": "eva/1", "role": "instructor", "courses": ["py"]}
    link = (await admin.post("/admin/accounts", json=asked)).json()["path"]
    assert await last_action(admin) == ("root", "account made", None, "eva/1, instructor of py")
    assert await last_values(admin) == {**asked, "sections": []}
    assert (await admin.post("/admin/accounts", json=asked)).status_code == 409
    known = (await admin.get("/admin/accounts")).json()
    eva = {
        "account": "eva/1",
        "role": "instructor",
        "courses": ["py"],
        "sections": [],
        "has_password": False,
    }
    assert eva in known["accounts"]
    assert {"admin", "instructor"} <= set(known["roles"])
    code = httpx.URL(link).params["code"]
    chosen = {"code": code, "password": "correct horse battery"}
    session = (await admin.post("/password", json=chosen)).json()
    own = {"Authorization": f"Bearer {session['token']}"}
    assert (await admin.get("/viewer", headers=own)).json()["courses"] == ["py"]
    again = (await admin.post("/admin/accounts/eva%2F1/reset")).json()
    assert again["path"] != link
    assert (await admin.get("/viewer", headers=own)).status_code == 401
    assert (await admin.delete("/admin/accounts/eva%2F1")).json() == {"account": "eva/1"}
    assert await last_action(admin) == ("root", "account removed", None, "eva/1")
    assert await last_values(admin) == {"account": "eva/1"}
    for method, end in (("POST", "/reset"), ("DELETE", "")):
        gone = await admin.request(method, f"/admin/accounts/eva%2F1{end}")
        assert gone.status_code == 404
        assert "there is no account 'eva/1'" in gone.json()["detail"]


async def test_an_assistant_is_made_of_sections_of_one_course(admin: httpx.AsyncClient) -> None:
    """Whoever follows the link sees these sections, and nothing of the whole course."""
    asked = {"account": "ben", "role": "assistant", "courses": ["py"], "sections": ["A", "B"]}
    link = (await admin.post("/admin/accounts", json=asked)).json()["path"]
    assert await last_action(admin) == (
        "root",
        "account made",
        None,
        "ben, assistant of py (section A, B)",
    )
    [ben] = [
        each
        for each in (await admin.get("/admin/accounts")).json()["accounts"]
        if each["account"] == "ben"
    ]
    assert ben == asked | {"has_password": False}
    chosen = {"code": httpx.URL(link).params["code"], "password": "correct horse battery"}
    token = (await admin.post("/password", json=chosen)).json()["token"]
    own = {"Authorization": f"Bearer {token}"}
    viewer = (await admin.get("/viewer", headers=own)).json()
    assert viewer["courses"] == ["py"]
    assert [each["section"] for each in viewer["sections"]] == ["A", "B"]
    assert viewer["is_admin"] is False
    assert (await admin.get("/courses/py/exports", headers=own)).status_code == 403
    assert (await admin.delete("/admin/accounts/ben")).status_code == 200


OF_SECTION = {"account": "x", "role": "assistant", "courses": ["py"], "sections": ["A"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (OF_SECTION | {"sections": []}, "one course and at least one section of it"),
        (OF_SECTION | {"courses": []}, "one course and at least one section of it"),
        (OF_SECTION | {"courses": ["py", "a"]}, "one course and at least one section of it"),
        (OF_SECTION | {"sections": [" "]}, "sections"),
        (OF_SECTION | {"role": "instructor"}, "only an assistant has sections"),
        (OF_SECTION | {"role": "admin"}, "only an assistant has sections"),
        ({"account": "x", "role": "admin", "courses": ["py"]}, "an admin sees every course"),
        ({"account": "x", "role": "instructor"}, "any other role needs at least one"),
        ({"account": "x", "role": "instructor", "courses": ["*"]}, "give the role admin"),
        ({"account": "x", "role": "king"}, "Input should be"),
        ({"account": "a\nb", "role": "admin"}, "must not contain"),
    ],
)
async def test_a_bad_account_is_refused(body: Any, words: str, admin: httpx.AsyncClient) -> None:
    """No account opens more than its role says."""
    answer = await admin.post("/admin/accounts", json=body)
    assert answer.status_code == 422
    assert words in answer.text


async def test_nobody_shuts_themselves_out(admin: httpx.AsyncClient) -> None:
    """An admin can neither reset nor remove the own account."""
    for method, end in (("POST", "/reset"), ("DELETE", "")):
        answer = await admin.request(method, f"/admin/accounts/root{end}")
        assert answer.status_code == 409
        assert "ask another admin" in answer.json()["detail"]


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


async def test_health_says_what_the_command_says(
    admin: httpx.AsyncClient, redis_server_url: str, tmp_path: Path
) -> None:
    """Each part and store has a level and words; what does not answer is told and no error."""
    health = (await admin.get("/admin/health")).json()
    parts = {part["name"]: (part["level"], part["words"]) for part in health["parts"]}
    assert {(part["code"], len(part["values"])) for part in health["parts"]} == {
        ("ok", 0),
        ("down", 0),
    }
    rooms = {room["name"]: (room["code"], set(room["values"])) for room in health["rooms"]}
    assert rooms["database"] == ("used", {"used_bytes"})
    assert rooms["disk"] == ("used_of", {"used_bytes", "limit_bytes"})
    assert (health["backup"]["code"], health["backup"]["values"]) == ("never", {})
    assert parts["redis"] == ("well", "ok")
    assert parts["worker"] == ("bad", "down")
    assert parts["dashboard"] == ("bad", "down")
    assert "ingest" not in parts
    assert health["ok"] is False
    assert health["words"].startswith("not all is well")
    assert {"memory", "database", "disk"} == {room["name"] for room in health["rooms"]}
    assert health["events"]["lost"] == 0
    assert health["backup"]["level"] == "watch"
    with Redis.from_url(redis_server_url) as redis:
        note_backup(redis, datetime.now(UTC) - timedelta(hours=30), tmp_path)
    backup = (await admin.get("/admin/health")).json()["backup"]
    assert backup["code"] == "made"
    assert 30 * 3_600 <= backup["values"]["age_seconds"] < 31 * 3_600
    assert (backup["level"], backup["words"]) == ("well", "the last one was made 30.0 hours ago")


async def test_a_token_is_listed_without_itself_and_revoked(
    admin: httpx.AsyncClient, redis_server_url: str
) -> None:
    """The list has its id and whose it is; revoking it is told to the ingest and noted."""
    address = "/admin/courses/py/hook_tokens"
    made = await admin.post(address, json={"student_id": "ada", "days": 2})
    listed = await admin.get("/admin/tokens")
    assert made.json()["token"] not in listed.text
    assert listed.json()["next_before"] is None
    token = listed.json()["tokens"][0]
    token_id = token.pop("token_id")
    assert token.pop("issued_at") < token.pop("expires_at")
    assert token == {
        "scope": "ingest",
        "course_id": "py",
        "student_id": "ada",
        "revoked_at": None,
    }
    for _ in range(2):
        revoked = await admin.post(f"/admin/tokens/{token_id}/revoke")
        assert revoked.json() == {"token_id": token_id}
    assert (await admin.get("/admin/tokens")).json()["tokens"][0]["revoked_at"] is not None
    with Redis.from_url(redis_server_url) as redis:
        assert redis.sismember(REVOKED, token_id)
    details = f"{token_id[:8]}, ingest, of one student"
    assert await last_action(admin) == ("root", "token revoked", "py", details)
    assert await last_values(admin) == {
        "token": token_id[:8],
        "scope": "ingest",
        "every_course": False,
        "of_one_student": True,
    }
    unknown = await admin.post("/admin/tokens/nothing/revoke")
    assert unknown.status_code == 404
    assert "no token with this id" in unknown.json()["detail"]


async def test_tokens_come_in_pages_newest_first(
    admin: httpx.AsyncClient, school: TwoStores
) -> None:
    """Each once, also those of the same moment, and while further ones are handed out."""
    with psycopg.connect(school.settings.postgres_url, autocommit=True) as database:
        database.execute("DELETE FROM issued_tokens")
        database.execute(
            "INSERT INTO issued_tokens (token_id, scope, course_id, issued_at) "
            "SELECT 't-' || n, 'read', 'py', timestamptz '2024-03-04 12:00Z' "
            "+ make_interval(secs => n / 2) FROM generate_series(0, 6) AS n"
        )
    seen, query = [], {"limit": "3"}
    while True:
        page = (await admin.get("/admin/tokens", params=query)).json()
        seen += [each["token_id"] for each in page["tokens"]]
        if page["next_before"] is None:
            break
        assert len(page["tokens"]) == 3
        query["before"] = page["next_before"]
        await admin.post("/admin/courses/py/hook_tokens", json={"student_id": "late"})
    assert seen == [f"t-{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert len((await admin.get("/admin/tokens")).json()["tokens"]) == 9


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "greater than or equal to 1"),
        ("limit=1001", "less than or equal to 1000"),
        ("limit=x", "valid integer"),
        ("before=", "match pattern"),
        ("before=t-1", "match pattern"),
        ("before=99999999999999999-x", "match pattern"),
        ("before=1-%00", "match pattern"),
    ],
)
async def test_a_page_of_tokens_that_can_t_be_is_refused(
    query: str, words: str, admin: httpx.AsyncClient
) -> None:
    """It says which parameter is wrong."""
    answer = await admin.get(f"/admin/tokens?{query}")
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize(
    ("course", "body", "status", "words"),
    [
        ("py", b"", 422, "Field required"),
        ("py", b"{", 422, "JSON decode error"),
        ("py", b"[]", 422, "valid dictionary"),
        ("py", b'"ada"', 422, "valid dictionary"),
        ("py", b"{}", 422, "Field required"),
        ("py", b'{"student_id": 5}', 422, "valid string"),
        ("py", b'{"student_id": ""}', 422, "student_id"),
        ("py", b'{"student_id": "a\\u0000b"}', 422, "student_id"),
        ("py", b'{"student_id": "a\\\\b"}', 422, "student_id"),
        ("py", b'{"student_id": "ada", "days": 0}', 422, "greater than or equal to 1"),
        ("py", b'{"student_id": "ada", "days": 367}', 422, "less than or equal to 366"),
        ("py", b'{"student_id": "ada", "days": 1.5}', 422, "valid integer"),
        ("py", b'{"student_id": "ada", "days": null}', 422, "valid integer"),
        ("py", b'{"student_id": "ada", "scope": "read"}', 422, "not permitted"),
        ("*", b'{"student_id": "ada"}', 422, "for one course"),
        ("%00", b'{"student_id": "ada"}', 404, "no course can have this id"),
        ("a%5Cb", b'{"student_id": "ada"}', 404, "no course can have this id"),
        ("py", b"\xff\xfe", 422, "JSON decode error"),
    ],
)
async def test_a_bad_request_for_a_hooks_token_is_refused(
    course: str, body: bytes, status: int, words: str, admin: httpx.AsyncClient
) -> None:
    """Each fault is a problem that names it, and no token is noted as handed out."""
    before = (await admin.get("/admin/tokens")).json()
    answer = await admin.post(
        f"/admin/courses/{course}/hook_tokens",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text
    assert (await admin.get("/admin/tokens")).json() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/admin/courses"), ("GET", "/admin/actions"), ("GET", "/admin/accounts")],
)
async def test_postgres_that_is_away_is_a_503(
    method: str, path: str, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> None:
    """It says so, and when to try again."""
    settings = ApiSettings(
        postgres_url="postgresql://127.0.0.1:1/x", lake_path="nowhere", secret=SECRET
    )
    async with api_of(settings) as client:
        answer = await client.request(method, path, json=BODIES.get((method, path)))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
