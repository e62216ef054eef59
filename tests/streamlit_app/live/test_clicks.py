"""What the Live page asks the API when somebody clicks."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from streamlit_app import session
from streamlit_app.live import page
from tests.streamlit_app.made_up_class import COURSE, READ_TOKEN

SCRIPT = f"""
import streamlit as st
from streamlit_app import session
from streamlit_app.live import page
if st.session_state.get("changed"):
    session.ask_anew()
page._of_now({COURSE!r}, has_moved=st.session_state.get("moved", False))
"""


def test_a_click_that_changes_nothing_is_answered_by_what_is_on_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str, made_up: Any
) -> None:
    """What the viewer changed, and numbers that moved, are asked for at once."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: READ_TOKEN)
    monkeypatch.setattr(page, "_CLICK_SECONDS", 3_600)
    monkeypatch.setattr(page, "_SHARED_SECONDS", 0)
    app = AppTest.from_string(SCRIPT, default_timeout=30)

    def asked(**state: bool) -> int:
        for name in ("changed", "moved"):
            app.session_state[name] = state.get(name, False)
        made_up.asked.clear()
        app.run()
        assert not app.exception
        return sum(path.endswith("/live") for path in made_up.asked)

    assert asked() == 1
    assert asked() == 0
    assert asked(changed=True) == 1
    assert asked() == 0
    assert asked(moved=True) == 1
