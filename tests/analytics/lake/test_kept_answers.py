"""Kept answers: never an older one than is asked for, and never somebody else's."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from analytics.lake import kept_answers
from analytics.lake.asked_lake import oldest_of
from analytics.lake.kept_answers import KeptAnswers
from tests.analytics.conftest import NINE_O_CLOCK
from tests.analytics.test_assistant import assistant


class Committed:
    """What is committed, and how often it was read."""

    def __init__(self) -> None:
        self.state: str | None = "1"
        self.reads = 0
        self.read = threading.Condition()

    def now(self) -> str | None:
        """Return what is committed."""
        return self.state

    def ask(self) -> tuple[str | None, str]:
        """Return the answer: the state, and how often it was read."""
        with self.read:
            self.reads += 1
            self.read.notify_all()
        return self.state, f"{self.state}/{self.reads}"


@pytest.fixture
def committed() -> Committed:
    return Committed()


@pytest.fixture
def kept(committed: Committed, monkeypatch: pytest.MonkeyPatch) -> KeptAnswers:
    monkeypatch.setattr(kept_answers, "KEPT_SECONDS", 3_600.0)
    return KeptAnswers(committed.now)


def test_an_answer_is_given_again_until_something_is_committed(
    kept: KeptAnswers, committed: Committed
) -> None:
    """Each question has its own; where it is not known what is committed, it is read anew."""
    assert [kept.answer("q", committed.ask) for _ in range(3)] == ["1/1"] * 3
    assert kept.answer("other", committed.ask) == "1/2"
    committed.state = "2"
    assert [kept.answer("q", committed.ask) for _ in range(2)] == ["2/3"] * 2
    assert kept.answer("other", committed.ask) == "2/4"
    committed.state = None
    assert [kept.answer("q", committed.ask) for _ in range(2)] == ["None/5", "None/6"]


def test_what_is_committed_while_it_is_read_is_not_missed(
    kept: KeptAnswers, committed: Committed
) -> None:
    """The answer counts as of the state before the reading."""

    def ask() -> tuple[str | None, str]:
        before = committed.state
        committed.state = "2"
        return before, "read meanwhile"

    assert kept.answer("q", ask) == "read meanwhile"
    assert kept.answer("q", committed.ask) == "2/1"


def test_whoever_is_content_with_an_older_answer_gets_it_at_once(
    kept: KeptAnswers, committed: Committed
) -> None:
    """One that is not older than that; whoever wants it anew has it read."""
    assert kept.answer("q", committed.ask) == "1/1"
    committed.state = "2"
    assert kept.answer("q", committed.ask, oldest=3_600) == "1/1"
    assert kept.answer("q", committed.ask, oldest=1e-9) == "2/2"
    assert kept.answer("q", committed.ask, oldest=None) == "2/3"


def test_an_answer_that_gets_old_is_read_anew_before_it_is_too_old(
    kept: KeptAnswers, committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a thread of its own: who asks in the second half of its time does not wait."""
    clock = [0.0]
    monkeypatch.setattr(kept_answers.time, "monotonic", lambda: clock[0])
    assert kept.answer("q", committed.ask, oldest=10) == "1/1"
    clock[0] = 5.0
    assert kept.answer("q", committed.ask, oldest=10) == "1/1"
    assert committed.reads == 1
    clock[0] = 6.0
    assert kept.answer("q", committed.ask, oldest=10) == "1/1"
    with committed.read:
        assert committed.read.wait_for(lambda: committed.reads == 2, 30)


def test_an_error_of_reading_ahead_is_told_to_who_needs_the_answer(
    kept: KeptAnswers, committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept answer is given as long as it is new enough, then the error."""
    clock = [0.0]
    monkeypatch.setattr(kept_answers.time, "monotonic", lambda: clock[0])
    failed = threading.Event()

    def fail() -> tuple[str | None, str]:
        failed.set()
        raise LookupError("gone")

    assert kept.answer("q", committed.ask, oldest=10) == "1/1"
    clock[0] = 6.0
    assert kept.answer("q", fail, oldest=10) == "1/1"
    assert failed.wait(30)
    clock[0], committed.state = 11.0, "2"
    with pytest.raises(LookupError):
        kept.answer("q", fail, oldest=10)


def test_few_answers_are_kept_and_not_for_long(
    committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest ones go first; after their time all do."""
    clock = [0.0]
    monkeypatch.setattr(kept_answers.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(kept_answers, "MOST_KEPT", 3)
    kept = KeptAnswers(committed.now)
    for question in range(10):
        kept.answer(question, committed.ask)
    assert list(kept._kept) == [7, 8, 9]
    clock[0] = kept_answers.KEPT_SECONDS + 0.1
    assert kept.answer(9, committed.ask) == "1/11"
    assert list(kept._kept) == [9]


@pytest.mark.parametrize(
    ("header", "oldest"),
    [
        (None, 0.0),
        ("", 0.0),
        ("max-age=1", 1.0),
        ("Max-Age=2, foo", 2.0),
        ("max-age=-1", 0.0),
        ("max-age=1e9", 0.0),
        ("s-max-age=5", 0.0),
        ("max-age=99999999999999999999", 0.0),
        ("no-cache", None),
        ("max-age=1, no-cache", None),
        ("no-store", None),
    ],
)
def test_a_request_says_how_old_its_answer_may_be(header: str | None, oldest: float | None) -> None:
    """What can't be read asks for nothing."""
    assert oldest_of(header) == oldest


@pytest.fixture
def kept_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep answers for longer than a slow machine takes for a test."""
    monkeypatch.setattr(kept_answers, "KEPT_SECONDS", 3_600.0)


async def _progress(api: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    answer = await api.get("/courses/c/progress", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("kept_long")
async def test_every_commit_is_seen_at_once(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Of either store and of master data; only `max-age` is content with what was before."""
    fields: dict[str, Any] = {"course_id": "c", "student_id": "s", "exercise": "e", "status": "ok"}

    def run(minute: int) -> Any:
        return stores.log(NINE_O_CLOCK + timedelta(minutes=minute), **fields)

    stores.write(run(0))
    async with api_of(stores.settings) as api:
        first = await _progress(api)
        assert await _progress(api) == first
        assert await _progress(api, **{"Cache-Control": "no-cache"}) != first
        second = run(1)
        stores.postgres.apply([second], second.position)
        stores.lake.apply([second], second.position)
        old = await _progress(api, **{"Cache-Control": "max-age=3600"})
        assert (old["runs"], old["as_of"]["position"]) == (1, first["as_of"]["position"])
        new = await _progress(api)
        assert (new["runs"], new["as_of"]["position"]) == (2, second.position)
        with psycopg.connect(stores.settings.postgres_url) as connection:
            connection.execute("INSERT INTO students VALUES ('t', now())")
            connection.execute(
                "INSERT INTO enrollments (course_id, student_id, enrolled_at) "
                "VALUES ('c', 't', now())"
            )
        assert (await _progress(api))["students"] == 2


@pytest.mark.usefixtures("kept_long")
async def test_a_kept_answer_is_given_to_nobody_with_other_rights(
    known_class: Any, redis_url: str, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Whoever asked before, at each address an assistant has what alone they would have."""
    recent = {"Cache-Control": "max-age=3600"}
    of = {section: assistant(("py", section)) | recent for section in ("A", "B")}
    async with api_of(known_class.settings.model_copy(update={"redis_url": redis_url})) as api:

        async def found(what: str, headers: dict[str, str]) -> dict[str, Any]:
            answer = await api.get(f"/courses/py/{what}", headers=headers)
            assert answer.status_code == 200, answer.text
            kept: dict[str, Any] = answer.json()
            return kept

        for what in ("students", "class_map", "events", "progress", "live"):
            whole = await found(what, recent)
            parts = {section: await found(what, headers) for section, headers in of.items()}
            assert whole != parts["A"] != parts["B"] != whole
            assert "bob" not in str(parts["A"])
            assert "ada" not in str(parts["B"])
            for section, headers in of.items():
                assert await found(what, headers) == parts[section]  # it was kept
            assert await found(what, recent) == whole
            refused = await api.get(f"/courses/py/{what}", headers=of["A"], params={"section": "B"})
            assert refused.status_code == 403, refused.text
        for nobody in ("Bearer none", ""):
            headers = {"Authorization": nobody} | recent
            assert (await api.get("/courses/py/students", headers=headers)).status_code == 401
        own = (await api.get("/courses", headers=of["A"])).json()["courses"]
        assert [each["students"] for each in own] == [3]
        assert len((await api.get("/courses", headers=recent)).json()["courses"]) > 1
