"""Statements are valid, follow the profile, and tell who is the same but not who it is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from flows.log.logged_event import LoggedEvent
from flows.xapi.identity import Identity, derived_key
from flows.xapi.statements import Statements, may_complete
from flows.xapi.vocabulary import ERROR_NAME, PROFILE_VERSION, STATUS, VERBS
from ingest_api.events import ProgressEvent, StoredEvent

Make = Callable[..., LoggedEvent]
Statement = dict[str, Any]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOME = "https://cellpulse.example.org/cs1"
STATEMENTS = Statements(Identity(HOME, "k" * 64))


@pytest.fixture
def said(event: Make) -> Callable[..., list[Statement]]:
    """Return a function that gives the statements of an event with some fields."""

    def say(*, completes: bool = False, **fields: Any) -> list[Statement]:
        return STATEMENTS.of(event(0, **fields).event, completes=completes)

    return say


def stored(sent: list[dict[str, Any]]) -> list[StoredEvent]:
    """Return the events that the ingest would take, each once."""
    events: dict[UUID, StoredEvent] = {}
    for data in sent:
        try:
            event = StoredEvent.accept(ProgressEvent.model_validate(data), NOW)
        except ValidationError:
            continue
        events.setdefault(event.event_id, event)
    return list(events.values())


def said_of(history: list[StoredEvent]) -> list[tuple[StoredEvent, Statement]]:
    """Return each statement of a history beside its event."""
    solved: set[tuple[str, str, str | None]] = set()
    found = []
    for event in history:
        exercise = (event.course_id, event.student_id, event.exercise)
        completes = may_complete(event) and exercise not in solved
        if completes:
            solved.add(exercise)
        found += [(event, s) for s in STATEMENTS.of(event, completes=completes)]
    return found


@settings(max_examples=25)
@given(st.data())
def test_every_statement_of_any_history_is_valid(
    sent_events: SearchStrategy[dict[str, Any]],
    faults_by_ralph: Callable[[Statement], str],
    profile_faults: Callable[[Statement], list[str]],
    data: st.DataObject,
) -> None:
    """Ralph's models and the profile take it, ids are unique, agents are one to a student."""
    history = stored(data.draw(st.lists(sent_events, min_size=1, max_size=4)))
    found = said_of(history)
    for _, statement in found:
        assert faults_by_ralph(statement) == ""
        assert profile_faults(statement) == []
        assert "version" not in statement
        assert statement["timestamp"].endswith("Z")
    ids = [statement["id"] for _, statement in found]
    assert len(set(ids)) == len(ids)
    agents = {(event.student_id, s["actor"]["account"]["name"]) for event, s in found}
    assert len({student for student, _ in agents}) == len(agents)
    assert len({name for _, name in agents}) == len(agents)
    assert said_of(history) == found


@pytest.mark.parametrize(
    ("fields", "verbs"),
    [
        ({"status": "error"}, ["attempted"]),
        ({"type": "check_result", "check_name": "c", "passed": True}, ["passed"]),
        ({"type": "check_result", "check_name": "c", "passed": False}, ["failed"]),
        ({"type": "help_requested"}, ["asked"]),
        ({"type": "session_started"}, ["initialized"]),
        ({"type": "session_ended"}, ["terminated"]),
        ({"type": "help_resolved"}, []),
        ({"type": "heartbeat"}, []),
    ],
)
def test_each_event_says_what_it_is(
    said: Callable[..., list[Statement]], fields: dict[str, Any], verbs: list[str]
) -> None:
    """Each type of event has its verb, or says nothing."""
    assert [s["verb"]["id"] for s in said(**fields)] == [VERBS[verb] for verb in verbs]


def test_a_run_is_about_its_exercise_or_else_the_course(
    said: Callable[..., list[Statement]],
) -> None:
    """Outside of exercises, also with an exercise without a name, it is about the course."""
    [run] = said(exercise="1.1 a/b", duration_ms=1_234.5678)
    assert run["object"]["id"] == f"{HOME}/courses/demo/exercises/1.1%20a%2Fb"
    assert run["object"]["definition"]["name"] == {"und": "1.1 a/b"}
    assert run["context"]["contextActivities"]["grouping"][0]["id"] == f"{HOME}/courses/demo"
    assert run["context"]["contextActivities"]["category"][0]["id"] == PROFILE_VERSION
    assert run["result"] == {"duration": "PT1.235S", "extensions": {STATUS: "ok"}}
    [longest] = said(duration_ms=2**53 - 1)
    assert longest["result"]["duration"] == "P104249991DT32340.991S"
    for exercise in ("", None):
        [run] = said(exercise=exercise)
        assert run["object"]["id"] == f"{HOME}/courses/demo"
        assert "grouping" not in run["context"]["contextActivities"]


@pytest.mark.parametrize(
    ("points", "possible", "score"),
    [
        (None, None, None),
        (None, 2, None),
        (0.5, 2, {"scaled": 0.25, "raw": 0.5, "min": 0.0, "max": 2.0}),
        (3, 2, {"scaled": 1.0, "raw": 3.0, "min": 0.0}),
        (0, 2, {"scaled": 0.0, "raw": 0.0, "min": 0.0, "max": 2.0}),
        (1, 0, {"raw": 1.0, "min": 0.0}),
        (1, None, {"raw": 1.0, "min": 0.0}),
    ],
)
def test_points_are_a_score(
    said: Callable[..., list[Statement]],
    points: float | None,
    possible: float | None,
    score: dict[str, float] | None,
) -> None:
    """Without points there is no score, and with more than the highest there is no highest."""
    fields: dict[str, Any] = {"points": points, "points_possible": possible}
    [check] = said(type="check_result", check_name="c", passed=True, exercise="1.1", **fields)
    assert check["result"] == {"success": True} | ({"score": score} if score else {})
    assert check["object"]["id"] == f"{HOME}/courses/demo/exercises/1.1/checks/c"
    [parent] = check["context"]["contextActivities"]["parent"]
    assert parent["id"] == f"{HOME}/courses/demo/exercises/1.1"


def test_a_check_without_exercise_or_name_is_the_courses(
    said: Callable[..., list[Statement]],
) -> None:
    """It is about a check of the course, and a name that is empty is none."""
    [check] = said(type="check_result", check_name="", passed=False)
    assert check["object"]["id"] == f"{HOME}/courses/demo/checks/"
    assert "name" not in check["object"]["definition"]
    assert "parent" not in check["context"]["contextActivities"]


def test_what_solves_an_exercise_says_so_under_the_exercises_own_id(
    said: Callable[..., list[Statement]],
) -> None:
    """Whichever check it was, the statement that it is solved has the same id."""
    first, second = (
        said(completes=True, type="check_result", check_name=name, passed=True, exercise="1.1")
        for name in ("a", "b")
    )
    assert first[0]["id"] != second[0]["id"]
    assert first[1]["id"] == second[1]["id"]
    assert first[1]["verb"]["id"] == VERBS["completed"]
    assert first[1]["result"] == {"completion": True}
    assert first[1]["object"]["id"] == f"{HOME}/courses/demo/exercises/1.1"


def test_nothing_that_a_student_wrote_or_is_called_is_told(
    said: Callable[..., list[Statement]],
) -> None:
    """No text of the student's, no path, and neither the student's nor the session's own id."""
    names = ("student_id", "notebook", "cell_id", "code", "output", "error_message", "help_message")
    secret: dict[str, Any] = {name: f"leak-{name}" for name in (*names, "hook_version", "room")}
    secret |= {"session_id": "leak-session", "seq": 1, "code_sha256": "0a" * 32}
    for kind in ("cell_run", "help_requested", "session_started", "check_result"):
        more = {"check_name": "c", "passed": True} if kind == "check_result" else {}
        text = json.dumps(said(type=kind, exercise="1.1", completes=True, **secret, **more))
        assert "leak" not in text
        assert "0a0a" not in text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NameError", "NameError"),
        ("json.decoder.JSONDecodeError", "json.decoder.JSONDecodeError"),
        ("Exception: Ann did it", None),
        ("cannot find symbol ann", None),
        ("", None),
    ],
)
def test_an_errors_name_is_told_only_if_it_is_one(
    said: Callable[..., list[Statement]], name: str, told: str | None
) -> None:
    """A client that sends a whole message in its place gives no extension."""
    [run] = said(status="error", error_name=name)
    assert run["result"]["extensions"].get(ERROR_NAME) == told


def test_a_time_from_the_future_is_when_it_was_received(
    said: Callable[..., list[Statement]],
) -> None:
    """A client's clock that runs ahead does not date a statement; one with a zone is kept."""
    [run] = said(occurred_at="2026-03-02T11:00:00Z")
    assert run["timestamp"] == "2026-03-02T09:00:00.000000Z"
    [run] = said(occurred_at="2026-03-02T09:30:00.25+01:00")
    assert run["timestamp"] == "2026-03-02T08:30:00.250000Z"


def test_a_student_is_the_same_agent_in_every_course(said: Callable[..., list[Statement]]) -> None:
    """The registration tells the courses apart; another key or home page gives other ids."""
    [one], [other] = said(), said(course_id="other")
    assert one["actor"] == other["actor"]
    assert one["context"]["registration"] != other["context"]["registration"]
    for identity in (Identity(HOME, "j" * 64), Identity("https://other.example.org", "k" * 64)):
        assert identity.agent("s1") != one["actor"]


def test_statements_of_two_installations_have_different_ids(event: Make) -> None:
    """An event that two installations imported is two statements in the store that they share."""
    logged = event(0).event
    other = Statements(Identity("https://other.example.org", "k" * 64))
    assert STATEMENTS.of(logged)[0]["id"] != other.of(logged)[0]["id"]
    assert STATEMENTS.of(logged)[0]["id"] != str(logged.event_id)
    assert UUID(STATEMENTS.of(logged)[0]["id"]).version == 5


def test_the_derived_key_goes_with_the_secret() -> None:
    """It is the same each time, another for another secret, and long enough."""
    assert derived_key("s" * 32) == derived_key("s" * 32) != derived_key("t" * 32)
    assert len(derived_key("s" * 32)) >= 32


def test_a_faulty_statement_is_found_out(
    said: Callable[..., list[Statement]],
    faults_by_ralph: Callable[[Statement], str],
    profile_faults: Callable[[Statement], list[str]],
) -> None:
    """Both judges of the other tests say no when they should."""
    [run] = said(exercise="1.1")
    assert faults_by_ralph(run | {"actor": {"objectType": "Agent"}})
    assert profile_faults(run | {"result": {"extensions": {STATUS: "fine"}}})
    assert profile_faults(run | {"verb": {"id": VERBS["completed"]}})
