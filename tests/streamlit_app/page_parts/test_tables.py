from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from analytics.responses import StudentState
from streamlit_app.class_view.tables import stream_table, students_now
from streamlit_app.exercise.exercise_table import exercise_table
from streamlit_app.page_parts.wording import (
    NEVER,
    NOT_STARTED,
    age,
    ago,
    duration,
    file_name,
    percent,
    where,
)
from streamlit_app.student.tables import class_table, history_table

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MESSAGE = "name 'x' is not defined\nmore"


def _rows(table: str) -> list[list[str]]:
    body = ET.fromstring(table).find(".//tbody")
    assert body is not None
    return [["".join(cell.itertext()) for cell in row] for row in body]


def test_the_class_has_one_row_a_student_by_name(made_up: Any) -> None:
    """Students stand in the order of their names, so that rows stay where they are."""
    for student in ("wren", "Heron", "Vole"):
        made_up.run(student, "error", at=NOW - timedelta(seconds=20))
    rows = _rows(class_table(made_up.states(), "c", NOW))
    assert rows[0] == ["Heron", "1.1", "error", "1", "1", "100%", "20 s ago"]
    assert [row[0] for row in rows] == ["Heron", "Vole", "wren"]


@pytest.mark.parametrize("notebook", ["a/02.x.ipynb", "02.x.IPYNB", "02.x", None])
def test_a_notebook_is_called_without_folder_and_ending(notebook: str | None) -> None:
    """Whatever case the ending has; what has none stays."""
    assert file_name(notebook) == ("02.x" if notebook else "")


def test_a_name_leads_to_the_student_in_the_same_course(made_up: Any) -> None:
    """The link holds course and student, whatever is in their names."""
    made_up.run("Zoë & <co>")
    link = ET.fromstring(class_table(made_up.states(), "a b", NOW)).find(".//tbody//a")
    assert link is not None
    assert link.get("href") == "student?course=a+b&student=Zo%C3%AB+%26+%3Cco%3E"
    assert link.text == "Zoë & <co>"


def test_who_is_enrolled_only_has_not_started() -> None:
    """A student of the roster who was never seen has a row that says so, and the id as a hint."""
    student = StudentState(
        student_id="s1",
        display_name='Zoë "Z"',
        section="A",
        last_seen_at=None,
        active=False,
        notebook=None,
        exercise=None,
        last_status=None,
        runs=0,
        errors=0,
        error_rate=None,
        error_streak=0,
        lost_events=0,
    )
    table = class_table([student], "c", NOW)
    [row] = _rows(table)
    assert (row[0], row[-1]) == ('Zoë "Z"', "not started")
    link = ET.fromstring(table).find(".//tbody//a")
    assert link is not None
    assert link.get("title") == "s1, A"


@pytest.mark.parametrize(("errors", "tinted"), [(2, False), (3, True)])
def test_a_long_streak_of_errors_stands_out(made_up: Any, errors: int, tinted: bool) -> None:
    """From three errors in a row on, a row is tinted."""
    for _ in range(errors):
        made_up.run("Vole", "error")
    assert ("cp-tint" in class_table(made_up.states(), "c", NOW)) is tinted


def test_exercises_say_what_solved_rests_on(made_up: Any) -> None:
    """Where no check was ever reported, 'solved' is marked as the weaker evidence it is."""
    made_up.run("Vole", exercise="1.1")
    made_up.run("Vole", exercise="1.2")
    made_up.run("Vole", None, type="check_result", passed=True, exercise="1.2")
    table = exercise_table(made_up.exercises())
    assert table.count("cp-weak") == 1
    first, second = _rows(table)
    assert first == ["1.1", "01_values", "1", "ran only 1", "0", "0%"]
    assert second == ["1.2", "01_values", "1", "1", "0", "0%"]


def test_where_the_class_is_now_is_a_table_too(made_up: Any) -> None:
    """Who can't see the chart hears how many are at each exercise; nobody anywhere is no share."""
    for student, exercise in (("Vole", "1.1"), ("Heron", "1.2"), ("Ibis", "1.2")):
        made_up.run(student, exercise=exercise)
    stream = made_up.class_stream()
    rows = [["1.1", "1", "33%"], ["1.2", "2", "67%"]]
    assert _rows(stream_table(stream)) == rows
    told = "where all 3 are<span>1.1 <b>1</b></span><span>1.2 <b>2</b></span>"
    assert told in students_now(stream)
    alone = [each for each in stream.exercises if each.students[-1] == 1]
    assert "where 1 is<span>" in students_now(stream.model_copy(update={"exercises": alone}))
    gone = [each.model_copy(update={"students": [0]}) for each in stream.exercises]
    empty = stream.model_copy(update={"exercises": gone})
    assert _rows(stream_table(empty)) == [["1.1", "0", NEVER], ["1.2", "0", NEVER]]


def test_a_history_shows_times_in_the_instructors_zone(made_up: Any) -> None:
    """Each run has time, place, outcome, length, pause before it, error; no heartbeat is shown."""
    made_up.run("Vole", at=NOW - timedelta(seconds=70))
    made_up.run(
        "Vole",
        "error",
        at=NOW,
        duration_ms=1_234,
        error_name="NameError",
        error_message=MESSAGE,
    )
    made_up.run("Vole", None, type="heartbeat", at=NOW)
    table = history_table(made_up.of("Vole"), ZoneInfo("Asia/Tokyo"), lambda *_: None)
    first_line = "NameError name 'x' is not defined"
    assert _rows(table) == [
        ["24 Nov 18:00:00", "1.1", "error", "1.2 s", "1 min", first_line + MESSAGE],
        ["24 Nov 17:58:50", "1.1", "ran", "", "", ""],
    ]
    assert f"</summary><p>{escape(MESSAGE)}</p></details>" in table


def test_a_message_that_is_shown_whole_opens_to_nothing(made_up: Any) -> None:
    """A longer one opens to all of it."""
    for message in ("short", "long " * 40):
        made_up.run("Vole", "error", error_name="E", error_message=message)
    table = history_table(made_up.of("Vole"), UTC, lambda *_: None)
    assert "<span><b>E</b> short</span>" in table
    assert table.count("<details") == 1
    assert f"<p>{('long ' * 40).strip()}</p>" in table


def test_what_a_student_wrote_is_only_text(made_up: Any) -> None:
    """Markup in a message, a name or an exercise stays text."""
    evil = "<img src=x onerror=alert(1)>\"'"
    made_up.run(evil, "error", error_name=evil, error_message=evil, exercise=evil)
    tables = [
        class_table(made_up.states(), evil, NOW),
        exercise_table(made_up.exercises()),
        history_table(made_up.of(evil), UTC, lambda *_: 'http://j/?a="'),
    ]
    for table in tables:
        assert "<img" not in table
        assert evil in "".join(ET.fromstring(table).itertext())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_600, "1 h"),
        (200_000, "2 days"),
    ],
)
def test_ages_are_said_as_coarsely_as_one_needs(seconds: int, said: str) -> None:
    """Seconds, then minutes, hours and days; how long ago it was says the same, and that it is."""
    then = NOW - timedelta(seconds=seconds)
    assert (age(then, NOW), ago(then, NOW)) == (said, f"{said} ago")


def test_of_whom_was_never_seen_it_is_said_so() -> None:
    """There is no age of what never was."""
    assert ago(None, NOW) == str(NOT_STARTED)


def test_shares_lengths_and_places_are_said_in_short() -> None:
    """A share is a percentage, a length has a unit, a place is the exercise or the notebook."""
    assert [percent(0.256), percent(None)] == ["26%", NEVER]
    assert [duration(12.4), duration(1_500), duration(None)] == ["12 ms", "1.5 s", ""]
    assert [where("2.1", "a/b.ipynb"), where(None, "a/b.ipynb"), where(None, None)] == [
        "2.1",
        "b",
        "",
    ]
