"""A pseudonymous course, from its roster to its end: no store holds an id or a name of anybody."""

import gzip
import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from redis import Redis

from flows.pseudonyms.names import Names
from flows.stores.lake import LakeWriter
from ingest_api.names_in_texts import CONTENTS
from tests.integration.places import places_of

KEY = "a-key-that-only-these-tests-know-of"
#: Id and name of each student; nothing else here has any of these words.
CLASS = {"zoe-7f3a91": "Zoë Quennell", "ivo_22.aa": "Ivo Brandqvist", "kim@school": "Kim Ōtsuka"}
ZOE = next(iter(CLASS))
KIM = "Kim Ōtsuka (kim@school)"
WORDS = (*CLASS, "Quennell", "Brandqvist", "Ōtsuka")
COURSE = "/courses/demo"


def run(student: str, seq: int, **fields: Any) -> dict[str, Any]:
    """Return a run that names its student wherever a client could."""
    return {
        "course_id": "demo",
        "student_id": student,
        "status": "error",
        "session_id": f"{student}/kernel",
        "seq": seq,
        "notebook": f"home/{student}/a.ipynb",
        "exercise": "1.1",
        "error_name": "FileNotFoundError",
        "error_message": f"nothing at /home/{student.upper()}/a.csv",
        "code": f"open('/home/{student}/a.csv')",
        "duration_ms": seq / 4,
        "machine": {"owner": student},
        **fields,
    }


def is_even(here: Any) -> bool:
    done = here.cellpulse("status", "--json")
    return all(store["lag_events"] == 0 for store in json.loads(done.stdout)["stores"])


def token_of(here: Any, student: str, scope: str = "ingest") -> dict[str, str]:
    done = here.cellpulse("token", "--scope", scope, "--course", "demo", "--student", student)
    assert done.returncode == 0, done.stderr
    return {"Authorization": f"Bearer {done.stdout.strip()}"}


def post(here: Any, headers: dict[str, str], *events: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{here.ingest}/student-progress", json=list(events), headers=headers)


def ask(here: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
    bearer = headers or here.bearer("read")
    answer = httpx.request(method, f"{here.api}/api/v1{path}", json=body, headers=bearer)
    assert answer.status_code == 200, answer.text
    return answer


def names_of(here: Any) -> dict[str, str | None]:
    """Return whom an instructor sees on the Live page: ids and names."""
    students = ask(here, "GET", f"{COURSE}/students").json()["students"]
    return {each["student_id"]: each["display_name"] for each in students}


@pytest.fixture
def hidden_class(idle_pipeline: Any, tmp_path: Path, wait_until: Callable[..., None]) -> Any:
    """Return the platform with a pseudonymous course in which everybody has worked."""
    here = idle_pipeline
    here.logging["CELLPULSE_PSEUDONYM_KEY"] = KEY
    here.start("relay", "worker", "api")
    done = here.cellpulse("course", "pseudonymous", "--course", "demo")
    assert done.returncode == 0, done.stderr
    roster = tmp_path / "roster.csv"
    lines = [f"{student},{name},A" for student, name in CLASS.items()]
    roster.write_text("\n".join(["student_id,name,section", *lines]), "utf-8")
    enrolled = here.cellpulse("enroll", str(roster), "--course", "demo")
    assert f"new: {ZOE} (name Zoë Quennell, section A)" in enrolled.stdout
    again = here.cellpulse("enroll", str(roster), "--course", "demo")
    assert "0 students new, 0 changed, 3 as they were" in again.stdout
    with Redis.from_url(here.redis_url) as redis:
        wait_until(lambda: redis.hexists(CONTENTS, "demo"), "the edge's copy of the names")
    here.start("ingest")
    for student, name in CLASS.items():
        own = token_of(here, student)
        events = [run(student, seq) for seq in (1, 2, 3)]
        hand = run(student, 4, type="help_requested", help_message=f"{name} and {KIM}")
        assert post(here, own, *events, hand).status_code == 202
    wait_until(lambda: is_even(here), "all stores at the log's end")
    wait_until(lambda: names_of(here) == CLASS, "the names")
    return here


def use_every_page(here: Any) -> None:
    """Do what instructors and students do about somebody, by the real id."""
    zoe = f"{COURSE}/students/{ZOE}"
    ask(here, "POST", f"{COURSE}/attention/{ZOE}/mark", {"mark": "going"})
    ask(here, "POST", f"{COURSE}/attention/{ZOE}/snooze", {"minutes": 5})
    ask(here, "POST", f"{zoe}/notes", {"text": "helped with paths"})
    history = ask(here, "GET", f"{zoe}/history").json()
    assert (history["student_id"], len(history["events"])) == (ZOE, 4)
    events = ask(here, "GET", f"{COURSE}/events?student_id={ZOE}").json()["events"]
    assert {event["student_id"] for event in events} == {ZOE}
    listed = ask(here, "GET", f"{COURSE}/attention").json()
    everybody = [*listed["students"], *listed["snoozed"], *listed["helped"]]
    asked = {each["student_id"]: each["help_message"] for each in everybody}
    # Whoever is named twice, by name and by id, has two.
    assert asked == {each: f"{each} and kim@school (kim@school)" for each in CLASS}
    assert "Quennell" in ask(here, "GET", f"{COURSE}/aliases").text
    code = own_page_code(here)
    session = httpx.post(f"{here.api}/api/v1/student-page", json={"code": code}).json()
    assert session["viewer"]["student_id"] == ZOE
    own = {"Authorization": f"Bearer {session['token']}"}
    assert ask(here, "GET", f"{zoe}/overview", **own).json()["display_name"] == CLASS[ZOE]
    assert ask(here, "GET", f"{zoe}/preferences", **own).json()["recording"]
    told = ask(here, "GET", f"{zoe}/history", **own).json()["events"]
    assert f"{ZOE} and somebody (somebody)" in {each["help_message"] for each in told}
    ask(here, "PUT", f"{zoe}/preferences", {"recording": True, "code": False}, **own)
    ask(here, "POST", f"{zoe}/deletion", **own)
    [wish] = ask(here, "GET", "/deletion_requests", **here.bearer("read", "*")).json()["requests"]
    assert wish["student_id"] == ZOE
    courses = ask(here, "GET", "/admin/courses", **here.bearer("read", "*")).json()["courses"]
    assert [each["pseudonymous"] for each in courses if each["course_id"] == "demo"] == [True]
    other = httpx.get(f"{here.api}/api/v1{COURSE}/students/kim%40school/overview", headers=own)
    assert other.status_code == 403
    data = zipfile.ZipFile(io.BytesIO(ask(here, "GET", f"{zoe}/data", **own).content))
    assert json.loads(data.read("name.json"))["display_name"] == CLASS[ZOE]
    assert len(data.read("events.jsonl").splitlines()) == 4


def own_page_code(here: Any) -> str:
    asked = {"course_id": "demo", "student_id": ZOE}
    link = httpx.post(f"{here.ingest}/student-page", json=asked, headers=token_of(here, ZOE))
    assert link.status_code == 200, link.text
    return str(httpx.URL(link.json()["link"]).params["code"])


def researchers_see(here: Any, tmp_path: Path) -> set[str]:
    """Return the ids of students in the tables that a notebook gets from the API."""
    snapshot = ask(here, "GET", f"{COURSE}/tables").json()["as_of"]["snapshot"]
    file = tmp_path / "events.parquet"
    table = ask(here, "GET", f"{COURSE}/tables/events?snapshot={snapshot}")
    file.write_bytes(table.content)
    rows = duckdb.read_parquet(str(file)).project("student_id").distinct().fetchall()
    return {str(student) for (student,) in rows}


def in_backup(folder: Path, words: Iterable[str]) -> list[str]:
    """Return which of these words a backup has, compressed files opened."""
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            found += [f"{file.name}: {word}" for word in words if word.encode() in text]
    return found


@pytest.mark.timeout(600)
def test_no_store_names_anybody_and_instructors_see_names(
    hidden_class: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """Whatever is done in the class by real ids, no byte of log, stores and backup has one."""
    here = hidden_class
    use_every_page(here)
    assert post(here, token_of(here, ZOE), run("kim@school", 9)).status_code == 403
    here.publish(run(ZOE, 9))
    with Redis.from_url(here.redis_url, decode_responses=True) as redis:
        wait_until(lambda: redis.xlen("progress-events:rejected") == 1, "what was set aside")
        [(_, aside)] = redis.xrange("progress-events:rejected")
    assert "POST /student-progress" in aside["reason"]
    LakeWriter(here.postgres_url, here.lake_path).maintain(30)
    assert places_of(here, WORDS) == []
    seen = researchers_see(here, tmp_path)
    assert len(seen) == 3
    assert all(each.startswith("p-") for each in seen)

    backup = tmp_path / "backup"
    done = here.cellpulse("backup", str(backup))
    assert "the key and the names of pseudonymous courses are not in it" in done.stdout
    assert in_backup(backup, (*WORDS, CONTENTS)) == []  # and no sealed copy of the names
    names = here.folder / "names.db"
    assert stat.S_IMODE(names.stat().st_mode) == 0o600
    assert all(word.encode() in names.read_bytes() for word in WORDS)
    wait_until(lambda: ZOE not in here.cellpulse("looked-at", "--student", ZOE).stderr, "the look")
    assert here.cellpulse("audit").returncode == 0


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("nobody_reads")
def test_a_student_is_erased_by_the_real_id_and_the_course_can_be_closed(
    hidden_class: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """The name goes too, the others keep theirs; closed for good it names nobody."""
    here, names = hidden_class, here_names(hidden_class)
    file = tmp_path / "copy.zip"
    asked = ("disclose", "--student", ZOE, "--course", "demo", "--out", str(file))
    assert here.cellpulse(*asked).returncode == 0
    pseudonym = next(each for each, who in names.of_course("demo").items() if who.student_id == ZOE)
    done = here.cellpulse("forget", "--student", ZOE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 name" in done.stdout
    assert places_of(here, (*WORDS, pseudonym)) == []
    assert ZOE.encode() not in (here.folder / "names.db").read_bytes()
    wait_until(lambda: set(names_of(here)) == {*CLASS} - {ZOE}, "the others")
    assert here.cellpulse("audit").returncode == 0
    assert here.cellpulse("forget", "--student", ZOE).returncode == 2

    kim = token_of(here, "kim@school")
    closed = here.cellpulse("course", "pseudonymous", "--course", "demo", "--anonymous")
    assert closed.returncode == 0, closed.stderr
    wait_until(lambda: post(here, kim, run("kim@school", 9)).status_code == 403, "the end")
    wait_until(lambda: not any(names_of(here).values()), "no names")
    assert len(names_of(here)) == 2
    assert names.of_course("demo") == {}
    with Redis.from_url(here.redis_url) as redis:
        assert not redis.hexists(CONTENTS, "demo")
    refused = here.cellpulse("forget", "--student", "kim@school", "--course", "demo")
    assert "anonymous for good" in refused.stderr


def here_names(here: Any) -> Names:
    return Names(f"sqlite:///{here.folder / 'names.db'}")


@pytest.mark.timeout(300)
def test_what_is_not_done_in_such_a_course_is_said_in_a_line(
    idle_pipeline: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """It has to be said before anything is known of anybody, and with the key."""
    here = idle_pipeline
    here.start("ingest", "relay", "worker")
    make = ("course", "pseudonymous", "--course")

    def refused(*arguments: str) -> str:
        done = here.cellpulse(*arguments)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        return str(done.stderr)

    assert "CELLPULSE_PSEUDONYM_KEY is not set" in refused(*make, "later")
    here.logging["CELLPULSE_PSEUDONYM_KEY"] = KEY
    here.post(run("ada", 1))
    assert "has events or students already" in refused(*make, "demo")
    wait_until(lambda: is_even(here), "all stores at the log's end")
    assert "has events or students already" in refused(*make, "demo")
    token_for = ("token", "--scope", "ingest", "--student", "ada", "--course")
    assert here.cellpulse(*token_for, "told").returncode == 0
    assert "tokens of students" in refused(*make, "told")
    here.publish({"course_id": "aside", "student_id": "ada", "status": "fine"})
    wait_until(lambda: "aside" in here.cellpulse("rejected", "list").stdout, "it")
    assert "was set aside" in refused(*make, "aside")
    assert "is not pseudonymous" in refused(*make, "demo", "--anonymous")

    assert here.cellpulse(*make, "hid").returncode == 0
    assert "pseudonymous already" in refused(*make, "hid")
    assert "for one course" in refused(*token_for, "*")
    assert "nothing is imported" in refused(
        "import", str(tmp_path), "--format", "progsnap2", "--course", "hid"
    )
    here.logging["CELLPULSE_PSEUDONYM_KEY"] = "another key, which is long enough"
    assert "is not the key" in refused(*make, "second")
    assert "is not the key" in refused(*token_for, "hid")
