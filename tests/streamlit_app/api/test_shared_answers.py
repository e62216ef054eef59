"""Answers that several open pages share, and those that are asked for ahead."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from streamlit_app.api import shared
from streamlit_app.api.aliases import AliasBook
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import AccessRefusedError, NumbersUnavailableError
from streamlit_app.api.shared import SharedAnswers

COURSE = "python-101"
TOKEN = "read-token-of-the-instructor"


def _fail() -> int:
    raise NumbersUnavailableError("away")


def test_who_asks_meanwhile_gets_the_same_answer() -> None:
    """While the first waits for an answer, nobody else asks."""
    answers, asked, goes_on = SharedAnswers(), threading.Semaphore(0), threading.Event()

    def ask() -> object:
        asked.release()
        assert goes_on.wait(60)
        return object()

    with ThreadPoolExecutor(5) as threads:
        found = [threads.submit(answers.within(3_600), "who", ask) for _ in range(5)]
        assert asked.acquire(timeout=60)
        goes_on.set()
        assert len({id(each.result(60)) for each in found}) == 1
    assert not asked.acquire(blocking=False)


def test_what_is_too_old_or_another_question_is_asked() -> None:
    """An answer does for so long; a failure is told to all who waited for it."""
    answers = SharedAnswers()
    assert answers.within(3_600)("who", lambda: 1) == 1
    assert answers.within(3_600)("who", lambda: 2) == 1
    assert answers.within(3_600)("what", lambda: 3) == 3
    assert answers.within(0)("who", lambda: 4) == 4
    for _ in range(2):
        with pytest.raises(NumbersUnavailableError, match="away"):
            answers.within(3_600)("where", _fail)


def test_what_was_asked_for_ahead_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One page takes it; what failed then or is old by now is asked for again."""
    answers = SharedAnswers()
    answers.ask_ahead("who", lambda: 1)
    assert answers.take("who", lambda: 2) == 1
    assert answers.take("who", lambda: 2) == 2
    with pytest.raises(NumbersUnavailableError):
        answers.ask_ahead("who", _fail)
    assert answers.take("who", lambda: 3) == 3
    answers.ask_ahead("who", lambda: 4)
    monkeypatch.setattr(shared, "AHEAD_SECONDS", 0.0)
    assert answers.take("who", lambda: 5) == 5


def test_nothing_is_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looked at a course long ago leaves nothing behind."""
    answers = SharedAnswers()
    answers.ask_ahead("who", lambda: 1)
    monkeypatch.setattr(shared, "LONGEST_SECONDS", 0.0)
    answers.ask_ahead("what", lambda: 2)
    assert answers.take("who", lambda: 3) == 3


@pytest.fixture
def http(api_url: str) -> Iterator[httpx.Client]:
    """Return a connection to the made-up API."""
    with httpx.Client(base_url=api_url) as client:
        yield client


def test_only_the_same_question_of_the_same_viewer_is_shared(
    http: httpx.Client, made_up: Any
) -> None:
    """Not that of another token, of another section, of another course, or with other names."""
    made_up.run("Vole")
    through = SharedAnswers().within(3_600)
    api = ApiClient(http, TOKEN, through=through)
    first = api.progress(COURSE)
    assert api.progress(COURSE) is first
    assert api.class_map(COURSE).students[0].student_id == "Vole"
    book = AliasBook(api.aliases, "en")
    projected = ApiClient(http, TOKEN, aliases_shown=book, through=through)
    assert projected.class_map(COURSE).students[0].student_id != "Vole"
    of_section = ApiClient(http, TOKEN, "B", through=through)
    assert of_section.progress(COURSE) is not first
    with pytest.raises(AccessRefusedError):
        ApiClient(http, "wrong", through=through).progress(COURSE)
    made_up.run("Vole")
    assert api.progress(COURSE).runs == 1
    assert ApiClient(http, TOKEN).progress(COURSE).runs == 2
