"""Which exercise an event belongs to, by its course's registration."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from ingest_api.course_content import (
    OUTSIDE,
    CourseContent,
    ExerciseFinder,
    NotebookCells,
    read_content,
)
from ingest_api.events import EXTRA_CAP, ProgressEvent

SHA = "0" * 64
RUN = {"course_id": "py", "student_id": "s1", "status": "ok"}
CONTENT = CourseContent(
    exercises=["1.1", "hw1/q1", "hw2/q1", "Intro"],
    notebooks=[
        NotebookCells(
            path="1.ipynb",
            cell_ids={"c1": 0, "example": OUTSIDE, "twice": 0},
            sources={SHA: 0},
            names={"1.1": 0},
        ),
        NotebookCells(path="hw1.ipynb", cell_ids={"twice": 1}, names={"q1": 1}),
        NotebookCells(path="hw2.ipynb", names={"q1": 2, "Intro": 3}),
        NotebookCells(path="a/n.ipynb", cell_ids={"n": 0}),
        NotebookCells(path="b/n.ipynb", cell_ids={"n": 1}),
    ],
    checks={"c": 0},
)
BY = {by: {"exercise_by": by} for by in ("nbgrader", "otter", "okpy", "tag", "heading")}


def _resolved(**fields: Any) -> ProgressEvent:
    return ExerciseFinder(CONTENT).resolve(ProgressEvent.model_validate(RUN | fields))


@pytest.mark.parametrize(
    ("fields", "exercise"),
    [
        # By the cell, whatever the client says, also in a file of another name.
        ({"cell_id": "c1", "notebook": "w/1.ipynb"}, "1.1"),
        ({"cell_id": "c1", "notebook": "1-Copy1.ipynb", "exercise": "x"}, "1.1"),
        ({"cell_id": "example", "exercise": "1.1", **BY["tag"]}, None),
        ({"cell_id": "twice", "notebook": "x/hw1.ipynb"}, "hw1/q1"),
        ({"cell_id": "twice"}, None),
        ({"cell_id": "n", "notebook": "course/b/n.ipynb"}, "hw1/q1"),
        # By the code as it was handed out.
        ({"cell_id": "?", "code_sha256": SHA}, "1.1"),
        ({"cell_id": "?", "code_sha256": "1" * 64}, None),
        # By a mark of the cell itself, in the notebook's own words.
        ({"cell_id": "?", "exercise": "q1", "notebook": "hw2.ipynb", **BY["okpy"]}, "hw2/q1"),
        ({"cell_id": "?", "exercise": "q1", "notebook": "hw9.ipynb", **BY["okpy"]}, None),
        ({"cell_id": "?", "exercise": "hw2/q1", **BY["tag"]}, "hw2/q1"),
        ({"cell_id": "?", "exercise": "1.1"}, None),
        # A client without cells: its word counts.
        ({"exercise": "1.1"}, "1.1"),
        ({"exercise": "Intro"}, "Intro"),
        ({"exercise": "unknown"}, None),
        ({"exercise": ""}, ""),
        # A heading counts only where the notebook's cells have no ids.
        ({"cell_id": "?", "exercise": "Intro", "notebook": "hw2.ipynb", **BY["heading"]}, "Intro"),
        ({"cell_id": "?", "exercise": "1.1", "notebook": "1.ipynb", **BY["heading"]}, None),
        ({"cell_id": "?", "exercise": "Intro", "notebook": "my.ipynb", **BY["heading"]}, None),
        # A check by its name, wherever it was run; a name that is not registered by its cell.
        ({"cell_id": "?", "type": "check_result", "check_name": "c", "passed": True}, "1.1"),
        ({"cell_id": "example", "type": "check_result", "check_name": "c", "passed": True}, "1.1"),
        ({"cell_id": "c1", "type": "check_result", "check_name": "?", "passed": True}, "1.1"),
        ({"type": "help_requested", "exercise": "1.1"}, "1.1"),
        ({"type": "session_started"}, None),
    ],
)
def test_an_event_gets_its_registered_exercise(
    fields: dict[str, Any], exercise: str | None
) -> None:
    """The cell says where a run belongs, then its code, then a mark of its own; else it is out."""
    event = _resolved(**fields)
    assert event.exercise == exercise
    reported = fields.get("exercise")
    kept = (event.extra or {}).get("reported_exercise")
    assert kept == (reported if reported and reported != exercise else None)


def test_a_heading_of_a_student_is_never_counted_into_the_one_above() -> None:
    """A cell that a student adds below a registered heading is outside of all exercises."""
    event = _resolved(cell_id="new", notebook="1.ipynb", exercise="1.1", exercise_by="heading")
    assert event.exercise is None
    assert event.extra == {"exercise_by": "heading", "reported_exercise": "1.1"}


def test_what_has_no_room_is_named_as_cut() -> None:
    """Where the unknown fields fill their room, the reported name goes, and `truncated` says so."""
    extra = {"long": "x" * (EXTRA_CAP - 40)}
    event = _resolved(cell_id="example", exercise="y" * 100, **extra)
    assert (event.exercise, event.extra, event.truncated) == (None, extra, ["extra"])


def test_an_event_that_is_right_is_not_touched() -> None:
    """What the client reported right stays the very same event."""
    event = ProgressEvent.model_validate(RUN | {"cell_id": "c1", "exercise": "1.1"})
    assert ExerciseFinder(CONTENT).resolve(event) is event


_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "cell_id": st.sampled_from(["c1", "example", "twice", "n", "?", ""]),
        "notebook": st.sampled_from(["1.ipynb", "hw1.ipynb", "x/hw2.ipynb", "n.ipynb", "/", ""]),
        "exercise": st.sampled_from(["1.1", "q1", "Intro", "unknown", ""]),
        "exercise_by": st.sampled_from([*BY, "else", 3, None]),
        "code_sha256": st.sampled_from([SHA, "1" * 64]),
        "room": st.text(max_size=8).map(lambda text: text * 2_000),
    },
)


@given(_FIELDS)
def test_resolving_keeps_the_contract(fields: dict[str, Any]) -> None:
    """The outcome is an event of the contract, of a registered exercise or none, and is stable."""
    event = _resolved(**fields)
    assert not event.exercise or event.exercise in CONTENT.exercises
    again = ProgressEvent.model_validate_json(event.model_dump_json(exclude_none=True))
    assert again == event
    rest = {"exercise", "extra", "truncated"}
    sent = ProgressEvent.model_validate(RUN | fields)
    assert event.model_dump(exclude=rest) == sent.model_dump(exclude=rest)
    assert (sent.extra or {}).items() <= (event.extra or {}).items()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"exercises": 3, "notebooks": []}',
        '{"format": 2, "exercises": [], "notebooks": []}',
        '{"exercises": [], "notebooks": [{"path": "n", "names": {"a": 0}}]}',
    ],
)
def test_a_copy_that_is_broken_is_refused(text: str) -> None:
    """A copy of a newer format, or one that is inconsistent, is an error and no wrong answer."""
    with pytest.raises(ValueError, match=r"."):
        read_content(text)


def _publish(redis: Redis, version: str, content: str) -> None:
    redis.hset("progress-events:course-contents", "py", content)
    redis.hset("progress-events:course-versions", "py", version)


def test_the_ingest_notices_a_registration(
    ingest: Any, redis_client: Redis, wait_until: Callable[..., None]
) -> None:
    """Without one, events stay as they are; after one they are resolved, and stay so."""

    def logged(**fields: Any) -> Any:
        assert ingest.post(RUN | fields).status_code == 202
        [(_, entry)] = redis_client.xrevrange("progress-events:log", count=1)
        return json.loads(entry["event"])

    event = logged(cell_id="c1", exercise="anything")
    assert (event["exercise"], "extra" in event) == ("anything", False)
    _publish(redis_client, "1", CONTENT.model_dump_json())
    wait_until(lambda: logged(cell_id="c1", exercise="x")["exercise"] == "1.1", "it", 5)
    event = logged(cell_id="example", exercise="x")
    assert ("exercise" in event, event["extra"]) == (False, {"reported_exercise": "x"})
    assert logged(course_id="other", exercise="x")["exercise"] == "x"
    _publish(redis_client, "2", "{")
    _publish(
        redis_client, "3", CONTENT.model_copy(update={"exercises": ["new"] * 4}).model_dump_json()
    )
    wait_until(lambda: logged(cell_id="c1")["exercise"] == "new", "the next version", 5)
    redis_client.delete("progress-events:course-versions")
    wait_until(lambda: logged(exercise="x").get("exercise") == "x", "the loss", 5)


def test_an_ingest_that_starts_knows_the_courses(
    serve_ingest: Any, redis_url: str, redis_client: Redis
) -> None:
    """The first event that a new ingest takes is resolved already."""
    _publish(redis_client, "1", CONTENT.model_dump_json())
    ingest = serve_ingest(redis_url)
    assert ingest.post(RUN | {"cell_id": "c1"}).status_code == 202
    [(_, entry)] = redis_client.xrange("progress-events:log")
    assert json.loads(entry["event"])["exercise"] == "1.1"
