"""Notes about a student, and a student's times at work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from analytics.queries.query import load_query
from flows.stores import notes
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

NOTES: Final = "/courses/py/students/z%2F%C3%BC/notes"
NOW: Final = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)


@pytest.fixture
def client(stores: Any, api_of: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    """Return a client of an API with one student."""
    stores.write(stores.log(NOW, course_id="py", student_id="z/ü", status="ok"))
    return api_of(stores.settings)


def texts(answer: httpx.Response, kind: str = "notes") -> list[str]:
    assert answer.status_code == 200, answer.text
    return [note["text"] for note in answer.json()[kind]]


async def test_notes_are_kept_removed_and_brought_back(
    client: httpx.AsyncClient, stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest first, with who and when; after a while what was removed is gone for good."""
    assert texts(await client.get(NOTES)) == []
    await client.post(NOTES, json={"text": " First\n<b>line</b> ", "by": "Grace"})
    answer = await client.post(NOTES, json={"text": "Second"})
    assert texts(answer) == ["Second", "First\n<b>line</b>"]
    second, first = answer.json()["notes"]
    assert (first["by"], second["by"]) == ("Grace", None)
    age = datetime.now(UTC) - datetime.fromisoformat(first["at"])
    assert timedelta(0) <= age < timedelta(minutes=5)
    one = f"{NOTES}/{first['note_id']}"
    removed = await client.delete(one)
    assert (texts(removed), texts(removed, "removed")) == (["Second"], ["First\n<b>line</b>"])
    assert texts(await client.post(f"{one}/restore")) == ["Second", "First\n<b>line</b>"]
    await client.delete(one)
    monkeypatch.setattr(notes, "KEPT", timedelta(0))
    assert (await client.post(f"{one}/restore")).status_code == 404
    assert (await client.delete(f"{NOTES}/{'0' * 32}")).status_code == 404
    with stores.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT text FROM student_notes").fetchall()
    assert kept == [("Second",)]


async def test_there_are_only_so_many_notes(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is refused with what to do."""
    monkeypatch.setattr(notes, "MOST_NOTES", 1)
    await client.post(NOTES, json={"text": "x"})
    refused = await client.post(NOTES, json={"text": "y"})
    assert refused.status_code == 409
    assert "remove one first" in refused.json()["detail"]


async def test_a_bad_note_is_refused(client: httpx.AsyncClient) -> None:
    """Nothing, too much, or what PostgreSQL can't hold."""
    bad: list[Any] = ["", " \n", "x" * 2_001, "a\0b", 7, None]
    for text in bad:
        assert (await client.post(NOTES, json={"text": text})).status_code == 422, text
        assert texts(await client.get(NOTES)) == [], text


async def test_a_students_token_opens_no_notes(
    api: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """Neither the own ones nor others'; the own times at work it does."""
    own = bearer("py", "ada")
    path = "/courses/py/students/ada"
    assert (await api.get(f"{path}/sittings", headers=own)).status_code == 200
    assert (await api.get("/courses/py/students/bob/sittings", headers=own)).status_code == 403
    assert (await api.get(f"{path}/notes", headers=own)).status_code == 403
    refused = await api.post(f"{path}/notes", json={"text": "x"}, headers=own)
    assert refused.status_code == 403
    assert (await api.get("/courses/py/students/nobody/notes")).status_code == 404


def test_a_break_of_an_hour_begins_a_new_sitting(lake: MemoryLake) -> None:
    """Each has its runs, its time at work and what was solved in it for the first time."""

    def at(minute: float, **fields: Any) -> dict[str, Any]:
        time = NOW + timedelta(minutes=minute)
        return {"student_id": "ada", "exercise": "1", "status": "ok", "occurred_at": time} | fields

    passed = {"type": "check_result", "check_name": "a", "passed": True, "status": None}
    lake.write(
        [
            at(0, notebook="b.ipynb"),
            at(1, status="error", notebook="a.ipynb"),
            at(11, **passed),
            at(71, exercise=None),
            at(73, **passed),
            at(74, exercise="10", **passed),
            at(74, exercise="2", **passed),
            at(74, student_id="bob", **passed),
        ]
    )
    rows = load_query("student_sittings").rows(
        lake.connection, course_id=COURSE, student_id="ada", row_limit=10
    )
    names = ("runs", "errors", "work_seconds", "notebooks", "exercises", "solved")
    assert [[row[name] for name in names] for row in rows] == [
        [1, 0, 180, [], 3, ["2", "10"]],
        [2, 1, 360, ["a.ipynb", "b.ipynb"], 1, ["1"]],
    ]
    assert rows[0]["started_at"] == NOW + timedelta(minutes=71)
