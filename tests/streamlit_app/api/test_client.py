from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import AccessRefusedError, NotKnownError, NumbersUnavailableError
from streamlit_app.api.measures import MeasureQuery

COURSE = "python-101"


@pytest.fixture
def api(api_url: str) -> Iterator[ApiClient]:
    """Return a client with a good token."""
    with httpx.Client(base_url=api_url) as http:
        yield ApiClient(http, "read-token-of-the-instructor")


def test_each_question_has_a_typed_answer(api: ApiClient, made_up: Any) -> None:
    """Courses, progress, students, timeline and history come back as the API's models."""
    made_up.run("Vole", "error", error_name="NameError")
    assert [course.course_id for course in api.courses().courses] == [COURSE]
    assert api.progress(COURSE).errors == 1
    assert api.students(COURSE).students[0].student_id == "Vole"
    assert api.timeline(COURSE).buckets[0].runs == 1
    assert api.events(COURSE, limit=5).events[0].student_id == "Vole"
    assert api.history(COURSE, "Vole", limit=5).events[0].error_name == "NameError"


def test_measures_and_one_exercise_may_be_asked_for(api: ApiClient, made_up: Any) -> None:
    """A measure by student and exercise, its own parameters, and what is of one exercise only."""
    made_up.run("Vole", "error", exercise="1.1")
    made_up.run("Heron", exercise="1.2")
    assert "guessing" in [measure.name for measure in api.measures().measures]
    question = MeasureQuery("student_exercise", "Vole", "1.1", {"most_chars": 5.0})
    rows = api.measure(COURSE, "guessing", question).rows
    assert [(row.student_id, row.exercise, row.value) for row in rows] == [("Vole", "1.1", 1)]
    assert made_up.own == [{"most_chars": "5.0"}]
    assert [each.exercise for each in api.exercises(COURSE).exercises] == ["1.1", "1.2"]
    assert [e.student_id for e in api.events(COURSE, limit=5, exercise="1.2").events] == ["Heron"]
    assert [e.student_id for e in api.events(COURSE, limit=5, student="Vole").events] == ["Vole"]
    assert sum(bucket.runs for bucket in api.timeline(COURSE, exercise="1.1").buckets) == 1
    assert api.error_clusters(COURSE, minutes=100_000, exercise="1.1").clusters == []


def test_a_history_is_paged(api: ApiClient, made_up: Any) -> None:
    """The next page goes on where the one before it ended."""
    for number in range(5):
        made_up.run("Vole", execution_count=number)
    newest = api.history(COURSE, "Vole", limit=3)
    rest = api.history(COURSE, "Vole", limit=3, before=newest.next_before)
    counts = [event.execution_count for event in (*newest.events, *rest.events)]
    assert counts == [4, 3, 2, 1, 0]
    assert rest.next_before is None


@pytest.mark.parametrize(
    "student", ["Zoë 山田?", ".", "..", "a.b", "...", "a;b=c&d#e", "%2e%2e", "\u202ea"]
)
def test_ids_are_one_segment_of_the_path(api: ApiClient, made_up: Any, student: str) -> None:
    """An id with a blank, another script, a question mark or only dots reaches the API whole."""
    made_up.run(student)
    assert len(api.history(COURSE, student, limit=1).events) == 1


@pytest.mark.parametrize(
    ("token", "told"), [("wrong", "Reload the page to sign in"), ("token-of-a-student", "Ask who")]
)
def test_who_is_refused_is_told_the_way_on(api: ApiClient, token: str, told: str) -> None:
    """Signed out, as in another tab, one signs in again; without the right one asks somebody."""
    with pytest.raises(AccessRefusedError, match=told):
        ApiClient(api.http, token).courses()


@pytest.mark.parametrize("course", [".", ".."])
def test_a_course_may_be_named_by_dots(api: ApiClient, made_up: Any, course: str) -> None:
    """A course named like a step upwards in a path has its own numbers."""
    made_up.courses = [course]
    assert api.progress(course).students == 0
    assert api.events(course, limit=1).events == []


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda api: api.progress("unknown"), NotKnownError),
        (lambda api: api.history(COURSE, "nobody", limit=1), NotKnownError),
        (lambda api: ApiClient(api.http, "wrong").courses(), AccessRefusedError),
        (lambda api: ApiClient(api.http, "token-of-a-student").courses(), AccessRefusedError),
    ],
)
def test_a_refusal_becomes_a_sentence(
    api: ApiClient, ask: Callable[[ApiClient], Any], error: type[NumbersUnavailableError]
) -> None:
    """What the API refuses is one error of ours, with a sentence and the cause kept."""
    with pytest.raises(error) as raised:
        ask(api)
    assert str(raised.value).endswith(".")
    assert isinstance(raised.value.__cause__, httpx.HTTPStatusError)


def test_an_api_that_fails_is_away(api: ApiClient, made_up: Any) -> None:
    """A failing API says that the numbers can't be had now."""
    made_up.api_is_away = True
    with pytest.raises(NumbersUnavailableError, match="can't be had right now"):
        api.courses()


def test_an_api_that_nobody_runs_is_away(api: ApiClient) -> None:
    """An address where nobody listens says the same."""
    with (
        httpx.Client(base_url="http://127.0.0.1:1") as nowhere,
        pytest.raises(NumbersUnavailableError, match="can't be had right now"),
    ):
        ApiClient(nowhere, api.token).courses()


def test_an_answer_that_is_not_understood_says_so(api: ApiClient, made_up: Any) -> None:
    """An answer of another shape is told apart from none."""
    made_up.answer_with = {"/api/v1/courses": {"courses": "many"}}
    with pytest.raises(NumbersUnavailableError, match="can't read"):
        api.courses()
