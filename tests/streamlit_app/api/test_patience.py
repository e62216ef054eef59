"""How long an answer is waited for, by kind of question, and when the API is silent."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.api.patience import (
    LIFE_SECONDS,
    LONG_SECONDS,
    SILENT_SECONDS,
    SLOW_SECONDS,
    TIMEOUT_SECONDS,
    PatientClient,
)

COURSE = "python-101"
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Api:
    """An API that answers with 404, or not at all, and notes how long each question would wait."""

    def __init__(self) -> None:
        self.is_silent = False
        self.is_busy = False
        self.waits: list[tuple[str, float]] = []
        self.now = 1_000.0
        self.http = PatientClient(
            "http://api", clock=lambda: self.now, transport=httpx.MockTransport(self._answer)
        )

    def ask(self, path: str, wait: float = TIMEOUT_SECONDS) -> float:
        """Ask, and return how long an answer was waited for at most; 0 if it was not asked."""
        try:
            self.http.get(path, timeout=wait)
        except httpx.ReadTimeout:
            assert self.is_silent or self.is_busy
        return next((waited for asked, waited in reversed(self.waits) if asked == path), 0.0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        wait = request.extensions["timeout"]["read"]
        self.waits.append((request.url.path, wait))
        if self.is_silent or (self.is_busy and request.url.path != "/healthz"):
            raise httpx.ReadTimeout("it accepted the connection and says nothing", request=request)
        return httpx.Response(404)


@pytest.fixture
def api() -> Iterator[Api]:
    """Return an API that answers."""
    api = Api()
    yield api
    api.http.close()


def test_after_a_question_without_answer_the_next_ones_wait_less(api: Api) -> None:
    """Until one is answered, or for some seconds: then one waits as long as ever."""
    api.is_silent = True
    assert api.ask("/a") == TIMEOUT_SECONDS
    assert api.ask("/b") < TIMEOUT_SECONDS
    api.is_silent = False
    assert api.ask("/c") < TIMEOUT_SECONDS
    assert api.ask("/d") == TIMEOUT_SECONDS
    api.is_silent = True
    assert api.ask("/e") == TIMEOUT_SECONDS
    api.now += SILENT_SECONDS
    assert api.ask("/f") == TIMEOUT_SECONDS


def test_a_busy_api_is_not_taken_for_a_silent_one(api: Api) -> None:
    """It tells that it lives, so the next question gets all of its time."""
    api.is_busy = True
    assert api.ask("/a") == TIMEOUT_SECONDS
    assert api.ask("/b") == TIMEOUT_SECONDS


def test_before_a_long_wait_the_api_has_to_show_that_it_lives(api: Api) -> None:
    """Else silence is found out about as late as work is done; and work is never cut."""
    assert api.ask("/report", LONG_SECONDS) == LONG_SECONDS
    assert api.waits[0] == ("/healthz", LIFE_SECONDS)
    api.is_silent = True
    api.waits.clear()
    assert api.ask("/report", LONG_SECONDS) == 0
    assert api.waits == [("/healthz", LIFE_SECONDS)]


@pytest.mark.parametrize(
    ("question", "wait"),
    [
        (lambda asking: asking.progress(COURSE), TIMEOUT_SECONDS),
        (lambda asking: asking.at(MOMENT).progress(COURSE), SLOW_SECONDS),
        (lambda asking: asking.report(COURSE, start=MOMENT, until=MOMENT), SLOW_SECONDS),
        (lambda asking: asking.own_data(COURSE, "s01"), LONG_SECONDS),
    ],
)
def test_each_kind_of_question_has_its_time(
    api: Api, question: Callable[[ApiClient], object], wait: float
) -> None:
    """The past of a large class, and files, take longer than what a page asks all the time."""
    with pytest.raises(NumbersUnavailableError):
        question(ApiClient(api.http, "token"))
    assert api.waits[-1][1] == wait
