"""`connect()` with the API's address and a token: a copy of what the token may read."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import httpx
import pytest
import uvicorn

from analytics.api import create_app
from analytics.errors import LakeUnavailableError
from analytics.lake.connection import connect
from analytics.tables import answers as tables
from analytics.tables import routes as tables_routes
from ingest_api.tokens import Grant, issue_token
from tests.analytics.conftest import SECRET


def token(course: str, student: str | None = None) -> str:
    return issue_token(SECRET, Grant("read", course, student))


@pytest.fixture(scope="module")
def address(known_class: Any) -> Iterator[str]:
    """Serve the API over the known class, on a free port."""
    app = create_app(known_class.settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    # Connections wait in the socket until the server takes them.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_a_copy_has_the_rows_of_the_lake_itself(known_class: Any, address: str) -> None:
    """Every view has the same rows of the course, and measures the same numbers."""
    settings = known_class.settings
    with (
        connect(settings.postgres_url, settings.lake_path) as lake,
        connect(address, token=token("py")) as copy,
    ):
        for view in (
            *("events", "rollup_student_exercise", "rollup_course_minute"),
            *("enrollments", "sessions", "exercises"),
        ):
            query = f"FROM {view} WHERE course_id = 'py' ORDER BY ALL"
            assert copy.sql(query).fetchall() == lake.sql(query).fetchall()
            assert copy.sql(f"FROM {view}").types == lake.sql(f"FROM {view}").types
        # One row a key, of which the lake has one a batch.
        keys = "SELECT count(DISTINCT (student_id, exercise)), count(*) > $1 FROM {}"
        [(rows,)] = copy.sql("SELECT count(*) FROM rollup_student_exercise").fetchall()
        found = lake.execute(
            keys.format("lake.rollup_student_exercise WHERE course_id = 'py'"), [rows]
        )
        assert found.fetchall() == [(rows, True)]
        measure = "FROM error_quotient('py', by := 'student') ORDER BY ALL"
        assert copy.sql(measure).fetchall() == lake.sql(measure).fetchall()
        [(snapshot, _, position)] = copy.sql("FROM read_from").fetchall()
        assert [(snapshot, position)] == lake.sql(
            "SELECT snapshot, position FROM read_from"
        ).fetchall()


def test_a_copy_has_nothing_that_the_token_does_not_open(address: str) -> None:
    """With a token of one course there is no row of another, nor a student of it.

    Nor since when somebody is in another one.
    """
    with connect(address, token=token("py")) as copy:
        for view in ("events", "courses", "enrollments"):
            assert copy.sql(f"SELECT DISTINCT course_id FROM {view}").fetchall() == [("py",)]
        students = copy.sql("SELECT student_id FROM students ORDER BY 1").fetchall()
        elsewhere = (
            "FROM students JOIN enrollments USING (student_id) WHERE first_seen_at <> enrolled_at"
        )
        assert copy.sql(elsewhere).fetchall() == []
    assert students == [("ada",), ("bob",), ("cy",), ("dan",), ("eve",)]


def test_a_token_of_every_course_copies_every_course(address: str) -> None:
    """All courses are there, each student once."""
    with connect(address, token=token("*")) as copy:
        assert copy.sql("SELECT count(*) FROM courses").fetchall() == [(4,)]
        assert copy.sql("SELECT count(*), count(DISTINCT student_id) FROM students").fetchall() == [
            (10, 10)
        ]


def test_many_events_come_in_several_files(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More events than one file holds arrive whole and once."""
    monkeypatch.setattr(tables, "EVENTS_LIMIT", 100)
    with connect(address, token=token("pages")) as copy:
        assert copy.sql("SELECT count(*), count(DISTINCT event_id) FROM events").fetchall() == [
            (257, 257)
        ]


def test_a_copy_is_of_the_snapshot_that_was_asked_for(known_class: Any, address: str) -> None:
    """`as_of` pins a copy as it pins the lake."""
    settings = known_class.settings
    with connect(settings.postgres_url, settings.lake_path) as lake:
        [(first,)] = lake.sql(
            "SELECT min(snapshot_id) FROM lake.snapshots() WHERE snapshot_id > 1"
        ).fetchall()
        query = f"SELECT count(*) FROM lake.events AT (VERSION => {first}) WHERE course_id = 'py'"
        expected = lake.sql(query).fetchall()
    with connect(address, token=token("py"), as_of=first) as copy:
        assert copy.sql("SELECT count(*) FROM events").fetchall() == expected == [(7,)]


@pytest.mark.parametrize(
    ("course", "student", "says"),
    [("py", "ada", "one student's own"), ("nobody", None, "no course that this token opens")],
)
def test_a_token_that_opens_too_little_is_told_so(
    course: str, student: str | None, says: str, address: str
) -> None:
    """The API's own words say what is wrong with the token."""
    with pytest.raises(LakeUnavailableError, match=says):
        connect(address, token=token(course, student))


def test_a_wrong_token_address_or_snapshot_is_one_clear_error(address: str) -> None:
    """Each of them is told in one line what to do."""
    with pytest.raises(LakeUnavailableError, match="token"):
        connect(address)
    with pytest.raises(LakeUnavailableError, match="refuses"):
        connect(address, token="nonsense")
    with pytest.raises(LakeUnavailableError, match="does not answer"):
        connect("http://127.0.0.1:1", token="x")
    with pytest.raises(LakeUnavailableError, match="no snapshot number 1000000"):
        connect(address, token=token("py"), as_of=1_000_000)


async def test_a_table_that_is_not_there_is_named_with_those_that_are(
    api: httpx.AsyncClient,
) -> None:
    """The 404 for a wrong table lists the right ones, and a bad time is a 422."""
    wrong = await api.get("/courses/py/tables/passwords", params={"snapshot": 1})
    assert wrong.status_code == 404
    assert "rollup_student_exercise" in wrong.json()["detail"]
    bad = await api.get("/courses/py/tables", params={"as_of": "yesterday"})
    assert bad.status_code == 422
    assert (await api.get("/courses/nowhere/tables")).status_code == 404


async def test_no_file_is_left_behind(
    api: httpx.AsyncClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an answer, or an error, the server's temporary folder is empty."""
    monkeypatch.setattr(tables_routes.tempfile, "tempdir", str(tmp_path))
    listed = (await api.get("/courses/py/tables")).json()
    params = {"snapshot": listed["as_of"]["snapshot"]}
    answer = await api.get("/courses/py/tables/events", params=params)
    assert answer.status_code == 200
    (tmp_path.parent / "e.parquet").write_bytes(answer.content)
    [(count,)] = duckdb.sql(f"SELECT count(*) FROM '{tmp_path.parent / 'e.parquet'}'").fetchall()
    assert {"name": "events", "rows": count}.items() <= listed["tables"][0].items()
    await api.get("/courses/py/tables/nothing", params=params)
    assert list(tmp_path.iterdir()) == []
