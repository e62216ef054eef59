"""What is answered as of a place in the log is what was answered when the log stood there."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.attention.rule import LESSON_MINUTES
from analytics.queries.query import load_query
from flows.log.logged_event import LoggedEvent, position_from_ns
from flows.stores.folds import CurrentState, SessionState
from ingest_api.events import ProgressEvent, StoredEvent
from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

#: The questions of the Live page, each with what it asks beside the place and the moment.
QUESTIONS: Final[dict[str, dict[str, Any]]] = {
    "class_progress": {"section": None},
    "exercise_progress": {"section": None, "student_id": None},
    "class_map": {"exercises": ["1.2", "1.1", "none"]},
    "class_stream": {
        "exercises": ["1.2", "1.1"],
        "bucket_seconds": 60,
        "start": None,
        "until": None,
        "bucket_limit": 500,
    },
    "timeline": {
        "exercise": None,
        "bucket_seconds": 60,
        "start": None,
        "until": None,
        "bucket_limit": 500,
    },
    "lesson_events": {"lesson_minutes": LESSON_MINUTES},
    "error_clusters": {"until": None, "exercise": None, "row_limit": 500},
}


def _received() -> st.SearchStrategy[list[Event]]:
    """Return histories in order of arrival: some events arrive long after they happened."""
    late = st.lists(st.sampled_from([0, 0, 0, 5, 300, 4_000]), min_size=30, max_size=30)
    sequences = st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 12)), min_size=30, max_size=30
    )
    return st.builds(_in_order_of_arrival, histories(30), late, sequences)


def _in_order_of_arrival(
    events: Sequence[Event], late: Sequence[int], sequences: Sequence[tuple[str | None, int]]
) -> list[Event]:
    seen: set[tuple[str, str, int]] = set()
    arrived = []
    for event, seconds, (session, seq) in zip(events, late, sequences, strict=False):
        one = event | {"received_at": event["occurred_at"] + timedelta(seconds=seconds)}
        key = (event["student_id"], session or "", seq)
        if session is not None and key not in seen:  # the ingest takes a number once
            seen.add(key)
            one |= {"session_id": session, "seq": seq}
        arrived.append(one)
    return sorted(arrived, key=lambda each: each["received_at"])


def _keep_state(lake: MemoryLake, events: Sequence[Event]) -> None:
    """Write what PostgreSQL's writer keeps of these events, by its own folds."""
    states: dict[str, CurrentState] = {}
    sessions: dict[tuple[str, str], SessionState] = {}
    for number, fields in enumerate(events, 1):
        given = {"course_id": COURSE} | {k: v for k, v in fields.items() if k != "received_at"}
        stored = StoredEvent.accept(ProgressEvent.model_validate(given), fields["received_at"])
        logged = LoggedEvent(position_from_ns(number * 1_000_000), stored)
        student = stored.student_id
        states[student] = states.get(student, CurrentState.before(logged)).after(logged)
        if stored.session_id is not None:
            key = (student, stored.session_id)
            sessions[key] = sessions.get(key, SessionState.before(logged)).after(logged)
    lake.connection.execute("DELETE FROM master.student_states; DELETE FROM master.sessions")
    for student, state in states.items():
        lake.connection.execute(
            "INSERT INTO master.student_states BY NAME SELECT unnest($row)",
            {
                "row": {"course_id": COURSE, "student_id": student}
                | {name: getattr(state, name) for name in CurrentState.__slots__}
            },
        )
    for (student, session), known in sessions.items():
        lake.connection.execute(
            "INSERT INTO master.sessions (course_id, student_id, session_id, lost_events) "
            "VALUES (?, ?, ?, ?)",
            [COURSE, student, session, known.lost_events],
        )


def _answers(lake: MemoryLake, now: Any, as_of: int | None) -> dict[str, list[dict[str, Any]]]:
    start = now - timedelta(minutes=60)
    everybody = {"section": None, "student_id": None}
    ask = partial(dict, course_id=COURSE, now=now, as_of=as_of, start=start, **everybody)
    return {
        name: load_query(name).rows(lake.connection, **(ask() | asked))
        for name, asked in QUESTIONS.items()
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=_received(), data=st.data())
def test_at_any_moment_the_past_is_what_was_live_then(
    lake: MemoryLake, events: list[Event], data: st.DataObject
) -> None:
    """Whatever came after the moment, and whatever the stores keep of now, changes nothing."""
    cut = data.draw(st.integers(0, len(events)), label="events by then")
    seconds = data.draw(st.integers(0, 400), label="seconds after the last of them")
    after = events[cut - 1]["received_at"] if cut else BEGIN - timedelta(days=1)
    now = after + timedelta(seconds=seconds)
    if cut < len(events):
        now = min(now, events[cut]["received_at"] - timedelta(microseconds=1))
    lake.clear()
    lake.know("courses", course_id=COURSE, first_seen_at=BEGIN)
    lake.know("enrollments", course_id=COURSE, student_id="early", enrolled_at=BEGIN)
    lake.write(events[:cut])
    _keep_state(lake, events[:cut])
    if now < BEGIN:
        lake.connection.execute("DELETE FROM master.enrollments WHERE student_id = 'early'")
    live = _answers(lake, now, None)
    lake.know("enrollments", course_id=COURSE, student_id="early", enrolled_at=BEGIN)
    lake.write(events[cut:])
    _keep_state(lake, events)
    later = now + timedelta(microseconds=1)
    lake.know("enrollments", course_id=COURSE, student_id="late", enrolled_at=later)
    past = _answers(lake, now, cut * 1_000_000)
    for name, rows in live.items():
        assert past[name] == rows, name


@pytest.mark.parametrize("as_of", [None, 3_000_000])
def test_what_was_erased_of_a_session_that_goes_on_is_not_lost(
    lake: MemoryLake, as_of: int | None
) -> None:
    """Its numbers begin after the last one that went; those that lack since then are lost."""
    whose = {"student_id": "ada", "session_id": "s"}
    lake.know("courses", course_id=COURSE, first_seen_at=BEGIN)
    lake.write({"status": "ok", "seq": seq, "occurred_at": BEGIN} | whose for seq in (4, 5, 8))
    lake.know("sessions", course_id=COURSE, **whose, erased_seq=3, lost_events=2)
    [found] = load_query("class_progress").rows(
        lake.connection, course_id=COURSE, section=None, now=BEGIN, as_of=as_of
    )
    assert found["lost_events"] == 2


ADDRESSES: Final = ("progress", "class_map", "class_stream", "timeline", "events")


async def _ask(api: httpx.AsyncClient, what: str, as_of: str | None = None) -> dict[str, Any]:
    answer = await api.get(f"/courses/py/{what}", params={} if as_of is None else {"as_of": as_of})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_past_moment_is_answered_as_it_was(api: httpx.AsyncClient) -> None:
    """At 9:02 ada had not solved 1.2, dan had not come, and bob's losses were unknown."""
    then = "2024-03-04T09:02:00Z"
    progress = await _ask(api, "progress", then)
    assert (progress["students"], progress["active_students"]) == (3, 3)
    assert (progress["runs"], progress["errors"], progress["lost_events"]) == (5, 2, 0)
    assert progress["as_of"]["position"] < (await _ask(api, "progress"))["as_of"]["position"]
    shown = await _ask(api, "class_map", then)
    assert shown["now"].startswith("2024-03-04T09:02:00")
    assert {each["student_id"]: each["states"] for each in shown["students"]} == {
        "ada": "r",
        "bob": "f",
        "cy": ".",
    }
    assert [sum(each["runs"]) for each in shown["students"]] == [3, 1, 1]
    assert len((await _ask(api, "class_stream", then))["steps"]) == 2
    assert sum(each["runs"] for each in (await _ask(api, "timeline", then))["buckets"]) == 5
    events = (await _ask(api, "events", then))["events"]
    assert len(events) == 5
    assert max(event["received_at"] for event in events) < then
    by_position = await _ask(api, "events", events[0]["position"])
    assert by_position["events"] == events


async def test_a_page_of_the_past_goes_on_where_it_ended(api: httpx.AsyncClient) -> None:
    """Of `before` and `as_of` the earlier one counts."""
    then = "2024-03-04T09:02:00Z"
    page = (await api.get("/courses/py/events", params={"as_of": then, "limit": 3})).json()
    rest = (
        await api.get("/courses/py/events", params={"as_of": then, "before": page["next_before"]})
    ).json()
    everything = (await _ask(api, "events", then))["events"]
    assert page["events"] + rest["events"] == everything


@pytest.mark.parametrize("what", ADDRESSES)
async def test_as_of_a_time_to_come_is_now(api: httpx.AsyncClient, what: str) -> None:
    """Nothing is left out of it, and nothing else than now is told."""
    now, to_come = await _ask(api, what), await _ask(api, what, "2199-01-01T00:00:00Z")
    for answer in (now, to_come):
        answer.pop("as_of")
        answer.pop("now", None)
    assert to_come == now


@pytest.mark.parametrize("what", ADDRESSES)
async def test_before_the_first_event_there_is_nothing(api: httpx.AsyncClient, what: str) -> None:
    """The answer is of the known form, and empty."""
    answer = await _ask(api, what, "2024-03-04T08:00:00Z")
    for part in ("exercises", "steps", "buckets", "events", "students"):
        assert not answer.get(part)


@pytest.mark.parametrize("what", ADDRESSES)
async def test_what_is_no_moment_is_refused(api: httpx.AsyncClient, what: str) -> None:
    """The problem says what would be one."""
    answer = await api.get(f"/courses/py/{what}", params={"as_of": "last week"})
    assert answer.status_code == 422
    assert "'as_of' must be a time" in answer.json()["detail"]
