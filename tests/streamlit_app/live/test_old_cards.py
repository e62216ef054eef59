"""What fails alone on the Live page is called old in its own card, with its time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from streamlit_app import session
from streamlit_app.class_view.view import RUNS_A_MINUTE
from streamlit_app.live import page
from tests.streamlit_app.made_up_class import COURSE, READ_TOKEN

WAY = f"""
from streamlit_app.live import page
page._over_time({COURSE!r})
"""
ROWS = f"""
from datetime import UTC, datetime
import streamlit as st
from streamlit_app.live import page
from streamlit_app.live.feed.start import FeedStart
st.session_state[page._IS_OLD] = False
st.query_params["projector"] = "1"
start = FeedStart({COURSE!r}, [], "0-0", datetime(2026, 9, 14, 9, 0, 7, tzinfo=UTC))
page._every_run({COURSE!r}, start, {{}}, "drawing", None)
"""


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str) -> Callable[[str], Any]:
    """Return a function that draws a part of the page, whose numbers are never young."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: READ_TOKEN)
    monkeypatch.setattr(page, "_STREAM_SECONDS", 0)
    return lambda script: AppTest.from_string(script, default_timeout=30)


def _answer_strangely(made_up: Any, name: str) -> None:
    made_up.answer_with[f"/api/v1/courses/{COURSE}/{name}"] = {}


def test_the_class_s_way_says_from_when_it_is(
    made_up: Any, drawn: Callable[[str], Any], text_of: Any
) -> None:
    """Where it alone can't be had, and why it is not there where it never was."""
    made_up.run("Vole")
    app = drawn(WAY).run()
    assert 'data-testid="old-card"' not in text_of(app)
    _answer_strangely(made_up, "class_stream")
    text = text_of(app.run())
    assert text.count('data-testid="old-card"') == 1
    assert "What you see is from " in text
    never = text_of(drawn(WAY).run())
    assert 'data-testid="notice"' in never
    made_up.answer_with.clear()
    assert 'data-testid="old-card"' not in text_of(app.run())


def test_runs_a_minute_say_from_when_they_are(made_up: Any, open_alone: Any, text_of: Any) -> None:
    """All else is new meanwhile, and is not called old."""
    made_up.run("Vole")
    app = open_alone("live")
    app.session_state["minutes"] = True
    assert 'data-testid="old-card"' not in text_of(app.run())
    _answer_strangely(made_up, "timeline")
    text = text_of(app.run())
    [minutes] = [each for each in app.expander if each.label == str(RUNS_A_MINUTE)]
    [told] = [each.body for each in minutes.get("html") if "old-card" in each.body]
    assert "What you see is from " in told
    assert 'data-testid="old"' not in text


def test_rows_that_come_with_each_drawing_say_from_when_they_are(
    made_up: Any, drawn: Callable[[str], Any], text_of: Any
) -> None:
    """Those with which the page began, too, where no later ones ever came."""
    made_up.run("Vole")
    _answer_strangely(made_up, "events")
    app = drawn(ROWS)
    assert "What you see is from 09:00:07" in text_of(app.run())
    made_up.answer_with.clear()
    assert 'data-testid="old-card"' not in text_of(app.run())
    _answer_strangely(made_up, "events")
    text = text_of(app.run())
    assert 'data-testid="old-card"' in text
    assert "09:00:07" not in text
