"""Instructors' marks on the pages: set in one step, undone, and on every time axis."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import streamlit_app.app
from analytics.attention.examples import ATTENTION
from analytics.class_marks.responses import ClassMark
from streamlit_app.class_view.charts import class_stream
from streamlit_app.page_parts import charts
from streamlit_app.page_parts.frames import history_frame, marks_frame, runs_frame, stream_frame
from streamlit_app.page_parts.palette import DARK, LIGHT, Palette

NOW = datetime.now(UTC)
#: The field of a new mark, while names are shown.
FIELD = "class_mark_text/python-101/False"


def _mark(minutes: float, text: str = "explained recursion") -> ClassMark:
    return ClassMark(
        mark_id=str(minutes),
        at=NOW - timedelta(minutes=minutes),
        text=text,
        set_at=NOW,
        set_by="grace",
    )


def _charts(made_up: Any, marks: pd.DataFrame, colours: Palette) -> dict[str, dict[str, Any]]:
    made_up.run("Vole", at=NOW - timedelta(minutes=30))
    made_up.run("Vole", at=NOW)
    minutes = runs_frame(made_up.timeline().buckets, 60)
    stream = stream_frame(made_up.class_stream())
    stream = pd.concat([stream.assign(start=NOW - timedelta(minutes=30)), stream.assign(start=NOW)])
    return {
        "minutes": charts.runs_per_minute(minutes, colours, marks).to_dict(),
        "stream": class_stream(stream, colours, marks).to_dict(),
        "student": charts.student_runs(history_frame(made_up.of("Vole")), colours, marks).to_dict(),
    }


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_a_mark_is_a_line_and_its_text_on_every_time_axis(made_up: Any, colours: Palette) -> None:
    """Whatever the chart is of; a mark outside of its times is not drawn."""
    marks = marks_frame([_mark(10), _mark(300, "long ago")])
    for name, spec in _charts(made_up, marks, colours).items():
        _, line, _, text = spec["layer"]
        assert line["mark"]["type"] == "rule", name
        assert text["encoding"]["text"]["field"] == "text", name
        [rows] = [
            rows for rows in spec["datasets"].values() if rows and set(rows[0]) == {"time", "text"}
        ]
        assert [row["text"] for row in rows] == ["explained recursion"], name


def test_without_a_mark_a_chart_is_as_it_was(made_up: Any) -> None:
    """There is no empty layer."""
    for marks in (marks_frame([]), marks_frame([_mark(300)])):
        charts_of = _charts(made_up, marks, LIGHT)
        assert charts_of["minutes"]["mark"]["type"] == "bar"
        assert len(charts_of["stream"]["layer"]) == 2
        made_up.clear()


def test_a_mark_is_set_in_one_step_and_undone(made_up: Any, open_alone: Any, text_of: Any) -> None:
    """What was typed is marked; undo takes it back, and undo of that sets it where it was."""
    made_up.run("Vole")
    app = open_alone("live")
    app.text_input(key=FIELD).input("  explained <b>loops</b> ")
    next(each for each in app.button if each.label == "Mark").click().run()
    [mark] = made_up.noted
    assert mark.text == "explained <b>loops</b>"
    assert "explained &lt;b&gt;loops&lt;/b&gt;" in text_of(app)
    # A widget's words are Markdown: none of them is somebody's.
    words = [word for each in app.button for word in (each.label, each.help or "")]
    assert not any("loops" in word for word in words)
    app.button(key="note_undo").click().run()
    assert made_up.noted == []
    assert "Removed: explained" in text_of(app)
    app.button(key="note_undo").click().run()
    [again] = made_up.noted
    assert (again.at, again.text) == (mark.at, mark.text)


@pytest.mark.usefixtures("open_alone")
def test_what_was_marked_names_nobody_while_names_are_hidden(made_up: Any, text_of: Any) -> None:
    """Neither what was set before; nor is an alias set in the place of a name, for good."""
    made_up.run("s1")
    made_up.names["s1"] = "Ada Lovelace"
    app = AppTest.from_file(streamlit_app.app.__file__, default_timeout=30).run()
    app.text_input(key=FIELD).input("helped Ada Lovelace")
    next(each for each in app.button if each.label == "Mark").click().run()
    assert "Marked at" in text_of(app)
    app.text_input(key=FIELD).input("Ada again")
    app.query_params["projector"] = "1"
    app.run()
    assert "Ada" not in text_of(app)
    assert not [each for each in app.text_input if "Ada" in each.value]
    [mark] = made_up.noted
    app.button(key=f"remove_{mark.mark_id}").click().run()
    assert "Removed: helped" in text_of(app)
    assert "Ada" not in text_of(app)
    assert "note_undo" not in {each.key for each in app.button}


def test_what_a_colleague_set_again_is_not_set_twice(
    made_up: Any, open_alone: Any, text_of: Any
) -> None:
    """Of two who removed the same mark one undoes it: there is nothing left to undo."""
    made_up.run("Vole")
    made_up.noted = [mark] = [_mark(5)]
    app = open_alone("live")
    app.button(key="remove_5").click().run()
    assert "Removed: " in text_of(app)
    made_up.noted = [mark.model_copy(update={"mark_id": "again"})]
    app.run()
    assert "Removed: " not in text_of(app)
    assert "note_undo" not in {each.key for each in app.button}


def test_a_mark_is_removed_from_the_list(made_up: Any, open_alone: Any, text_of: Any) -> None:
    """The list has who set each; one of last week is not listed."""
    made_up.run("Vole")
    made_up.noted = [_mark(7 * 24 * 60, "last week"), _mark(5)]
    app = open_alone("live")
    text = text_of(app)
    assert "by grace" in text
    assert "last week" not in text
    app.button(key="remove_5").click().run()
    assert [each.text for each in made_up.noted] == ["last week"]


def test_a_student_of_whatever_name_has_buttons_of_their_own(made_up: Any, open_alone: Any) -> None:
    """Both what was noted and a student called “note” can be undone."""
    made_up.run("note")
    [ada] = ATTENTION.students
    made_up.needy = [ada.model_copy(update={"student_id": "note"})]
    app = open_alone("live")
    next(each for each in app.button if each.label == "Mark").click().run()
    app.button(key="snooze_note").click().run()
    assert not app.exception
    app.button(key="undo_note").click().run()
    app.button(key="note_undo").click().run()
    assert not app.exception
    assert (made_up.snoozes, made_up.noted) == ({}, [])


def test_a_mark_that_is_refused_says_why(made_up: Any, open_alone: Any, text_of: Any) -> None:
    """Nothing is set, which is said where it was tried; what was typed is there to try again."""
    made_up.run("Vole")
    app = open_alone("live")
    made_up.api_is_away = True
    app.text_input(key=FIELD).input("x")
    next(each for each in app.button if each.label == "Mark").click().run()
    assert made_up.noted == []
    made_up.api_is_away = False
    text = text_of(app.run())
    assert text.count('data-testid="notice"') == 1
    assert text.index('data-testid="notice"') < text.index("Who needs a person")
    assert app.text_input(key=FIELD).value == "x"
    next(each for each in app.button if each.label == "Mark").click().run()
    assert [each.text for each in made_up.noted] == ["x"]
    assert 'data-testid="notice"' not in text_of(app)
    assert app.text_input(key=FIELD).value == ""
