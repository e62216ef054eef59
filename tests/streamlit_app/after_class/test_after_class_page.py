"""The After class page: which session it is about, and what it says."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.class_view.responses import ClassSession
from streamlit_app.after_class.document import document_of
from streamlit_app.after_class.wording import NOTHING_TO_CHANGE
from tests.streamlit_app.after_class.made_up import HOSTILE, NINE, hostile_report, report

COURSE = "python-101"
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(open_alone: Open) -> Open:
    """Return a function that opens the page with a query."""
    return lambda **query: open_alone("after_class", **query)


def session(days: float, students: int) -> ClassSession:
    start = NINE + timedelta(days=days)
    end = start + timedelta(minutes=50)
    return ClassSession(
        started_at=start, ended_at=end, arrived_at=start, students=students, runs=9 * students
    )


def test_it_shows_the_report_of_the_latest_class(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """Not of one student at home after it; the address then names the session."""
    made_up.after_class.met(report())
    made_up.after_class.sessions.insert(0, session(1, 2))
    app = open_page()
    text = text_of(app)
    assert "<dt>students here</dt><dd>27 <small>of 30</small></dd>" in text
    assert "Go to Ådne Ørsted next time: the hand was still up at the end." in text
    assert "合計を求める" in text
    assert "7 more exercises are registered" in text
    assert app.query_params["session"] == NINE.isoformat()
    assert [each.label for each in app.get("download_button")] == [
        "Download as PDF",
        "Download as HTML",
    ]
    assert len(app.get("vega_lite_chart")) == 5
    assert app.selectbox[0].options == [
        "2026-04-14 00:00\N{EN DASH}00:50 · 2 students, 18 runs",
        "2026-04-13 00:00\N{EN DASH}01:30 · 27 students, 1,512 runs",
    ]


def test_an_address_whose_values_were_deleted_is_of_the_whole_course_now(
    open_page: Open, made_up: Any
) -> None:
    """Nothing is asked of a section, or as of a place, that has no name."""
    made_up.after_class.met(report())
    open_page(section="", as_of="")
    [asked] = made_up.after_class.asked
    assert (asked["section"], asked["as_of"]) == (None, None)


def test_another_session_is_chosen_and_stands_in_the_address(open_page: Open, made_up: Any) -> None:
    """The report is that of its time, the last event included, and not as of a place any more."""
    made_up.after_class.met(report())
    other = session(-7, 20)
    made_up.after_class.sessions.append(other)
    app = open_page(as_of="1776040199412-0")
    assert made_up.after_class.asked[-1]["as_of"] == "1776040199412-0"
    app.selectbox[0].set_value(other.started_at.isoformat()).run()
    assert not app.exception
    assert app.query_params["session"] == other.started_at.isoformat()
    assert "as_of" not in app.query_params
    asked = made_up.after_class.asked[-1]
    assert asked["to"] == (other.ended_at + timedelta(milliseconds=1)).isoformat()
    assert asked["as_of"] is None


def test_the_address_of_a_report_outlives_later_events(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """The session's begin and end are those of then, whatever came late or after it."""
    place = "1776040199412-0"
    made_up.after_class.met(report())
    [then] = made_up.after_class.sessions
    made_up.after_class.sessions_then[place] = [then]
    grown = then.model_copy(
        update={
            "started_at": then.started_at - timedelta(minutes=2),
            "ended_at": then.ended_at + timedelta(minutes=9),
        }
    )
    longer = then.model_copy(update={"ended_at": grown.ended_at})
    for now, offered in ((grown, 3), (longer, 2)):
        made_up.after_class.sessions = [session(7, 20), now]
        app = open_page(session=then.started_at.isoformat(), as_of=place)
        assert "27 <small>of 30</small>" in text_of(app)
        asked = made_up.after_class.asked[-1]
        assert asked["to"] == (then.ended_at + timedelta(milliseconds=1)).isoformat()
        assert asked["as_of"] == place
        assert len(app.selectbox[0].options) == offered
        assert "2026-04-13 00:00\N{EN DASH}01:30" in app.selectbox[0].options[-(offered - 1)]
        app.selectbox[0].set_value(now.started_at.isoformat()).run()
    assert app.query_params["as_of"] == place  # of this very session nothing else was chosen


def test_a_session_that_was_not_there_then_is_said(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """It has begun since; the sessions of now are there to choose from, and lead out of then."""
    place = "1776040199412-0"
    made_up.after_class.met(report())
    made_up.after_class.sessions.append(session(-7, 20))
    made_up.after_class.sessions_then[place] = []
    app = open_page(session=NINE.isoformat(), as_of=place)
    assert "There was no session of class then." in text_of(app)
    assert made_up.after_class.asked == []
    assert len(app.selectbox[0].options) == 1
    app.selectbox[0].set_value((NINE - timedelta(days=7)).isoformat()).run()
    assert not app.exception
    assert "as_of" not in app.query_params
    assert "27 <small>of 30</small>" in text_of(app)
    assert len(app.selectbox[0].options) == 2


def test_of_a_chosen_section_the_class_stays_the_same(open_page: Open, made_up: Any) -> None:
    """The section's own session of that day is shown, and as of no place; back again, too."""
    made_up.after_class.met(report())
    made_up.after_class.sessions.insert(0, session(7, 27))
    app = open_page(session=NINE.isoformat(), as_of="1776040199412-0")
    of_b = session(0.01, 12)
    made_up.after_class.sessions = [session(7, 12), of_b]
    app.query_params["section"] = "B"  # as the bar's choice does
    app.run()
    assert not app.exception
    assert app.query_params["session"] == of_b.started_at.isoformat()
    asked = made_up.after_class.asked[-1]
    assert (asked["section"], asked["as_of"]) == ("B", None)
    del app.query_params["section"]
    app.run()
    assert app.query_params["session"] == NINE.isoformat()


def test_a_session_is_found_whose_beginning_what_came_late_has_moved(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """A bookmark, or the open page, names the beginning that it had before."""
    made_up.after_class.met(report())
    [then] = made_up.after_class.sessions
    earlier = then.started_at - timedelta(seconds=22)
    made_up.after_class.sessions = [then.model_copy(update={"started_at": earlier})]
    app = open_page(session=then.started_at.isoformat())
    assert "27 <small>of 30</small>" in text_of(app)
    assert app.query_params["session"] == earlier.isoformat()


def test_a_session_that_is_not_there_is_said(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """Nothing is asked of the API for it."""
    made_up.after_class.met(report())
    assert "There was no session of class then." in text_of(open_page(session="yesterday"))
    assert made_up.after_class.asked == []


def test_before_the_first_class_it_says_when_there_will_be_one(
    open_page: Open, text_of: Callable[[AppTest], str]
) -> None:
    """It is one sentence."""
    assert "After the first class its report is here." in text_of(open_page())


def test_while_the_api_is_away_the_last_report_stays(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str], monkeypatch: Any
) -> None:
    """It is greyed, with its time."""
    monkeypatch.setattr("streamlit_app.after_class.page._EVERY", 0)
    made_up.after_class.met(report(students=27, exercises=[], clusters=[], help=[]))
    app = open_page()
    assert str(NOTHING_TO_CHANGE) in text_of(app)
    made_up.api_is_away = True
    app.run()
    text = text_of(app)
    assert 'data-testid="old"' in text
    assert str(NOTHING_TO_CHANGE) in text


def test_what_people_wrote_is_shown_and_not_read(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """All of it is escaped."""
    made_up.after_class.met(hostile_report())
    text = text_of(open_page())
    assert "<script" not in text
    assert "&lt;/td&gt;&lt;script&gt;" in text
    assert HOSTILE[5] in text


def test_a_session_that_ends_on_another_day_says_on_which() -> None:
    """In the list and in the report; one over midnight too."""
    over_night = report(until=NINE + timedelta(days=1, minutes=90))
    assert "2026-04-13, 00:00 to 2026-04-14 01:30" in document_of(over_night, UTC).when
    assert "2026-04-13, 00:00 to 01:30" in document_of(report(), UTC).when
