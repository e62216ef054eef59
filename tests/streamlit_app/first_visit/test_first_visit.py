"""Before the first class: three steps for whoever looks, with this installation's commands."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from analytics.sign_in.responses import Viewer
from ingest_api.settings import RUN_FILE
from streamlit_app.first_visit import page as first_visit


def _open(viewer: Viewer, notebooks: list[str] | None = None) -> str:
    def page(viewer: "Viewer", notebooks: "list[str] | None") -> None:  # quoted: not known there
        from streamlit_app.first_visit import page as first_visit  # noqa: PLC0415 - the source is run by itself

        if notebooks is None:
            first_visit.show(viewer)
        else:
            first_visit.steps(viewer, notebooks)

    app = AppTest.from_function(page, default_timeout=30, args=(viewer, notebooks)).run()
    assert not app.exception, app.exception
    return "".join(block.body for block in app.html)


ADMIN: Final = Viewer(is_admin=True)


def test_beside_a_running_platform_the_commands_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo is one command for the very data folder, without a restart."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    (tmp_path / RUN_FILE).touch()
    text = _open(ADMIN)
    assert text.count("<li>") == 3
    called = Path(sys.executable).with_name("cellpulse")
    named = f"CELLPULSE_DATA_DIR={tmp_path} {called}"
    assert f"{named} simulate --students 30 --minutes 120 --head-start 35<" in text
    assert f"{named} course register NOTEBOOKS --course COURSE<" in text
    assert "hold no right to send anything" in text
    assert os.access(called, os.X_OK)


def test_elsewhere_the_demo_is_made_away_from_the_students_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps are about the hook, and no command names a folder of this machine."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    text = _open(ADMIN)
    assert text.count("<li>") == 3
    assert ">make demo<" in text
    assert str(tmp_path) not in text
    assert str(Path(sys.executable).parent) not in text


def test_the_usual_folder_needs_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is as short as the operator would type it."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(first_visit, "_USUAL_DATA", tmp_path)
    assert first_visit.cellpulse_here() is None
    (tmp_path / RUN_FILE).touch()
    assert first_visit.cellpulse_here() == str(Path(sys.executable).with_name("cellpulse"))


def test_whoever_is_no_admin_is_told_whom_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps, and neither commands nor addresses that would be refused."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    (tmp_path / RUN_FILE).touch()
    text = _open(Viewer())
    assert text.count("<li>") == 3
    assert "Whoever runs Cellpulse" in text
    assert "cp-command" not in text


def test_the_steps_to_a_course_of_ones_own_name_no_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its notebooks are elsewhere; once it is registered, no demo and no command is needed."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    (tmp_path / RUN_FILE).touch()
    told = [
        _open(ADMIN, notebooks) for notebooks in (["course/01-values.ipynb"], [], ["w/loops.ipynb"])
    ]
    assert ["01-values" in text for text in told] == [True, False, False]
    assert ["simulate --students" in text for text in told] == [True, True, False]
    assert all(text.count("<li>") == 3 for text in told)


def test_a_course_before_its_first_run_says_the_same(
    made_up: Any, open_alone: Any, text_of: Any
) -> None:
    """On the Live page and by itself, until somebody comes; then the class by itself."""
    app = open_alone("live")
    text = text_of(app)
    assert text.count("<li>") == 3
    assert "Open a notebook of the course" in text
    assert "Plan the exercises" in text
    assert 'data-testid="strip"' not in text
    keys = "".join(each.key for each in app.get("bidi_component"))
    assert [part in keys for part in ("connection", "live_feed", "class_map")] == [
        True,
        True,
        False,
    ]
    made_up.run("Vole", None, type="session_started")
    app.run()
    assert 'data-testid="first-visit"' not in text_of(app)
    assert 'data-testid="strip"' in text_of(app)
    made_up.clear()
    app.run()
    assert 'data-testid="strip"' in text_of(app)  # what was there does not go away again
    assert 'data-testid="first-visit"' not in text_of(open_alone("replay"))
    assert 'data-testid="first-visit"' not in text_of(open_alone("live", section="A"))


def test_a_click_copies_the_demo_command(page: Page, dashboard: str, made_up: Any) -> None:
    """The page says so, and the clipboard has the command to its last letter."""
    made_up.courses = []
    admin = Viewer(is_admin=True, account="ada")
    made_up.answer_with["/api/v1/viewer"] = admin.model_dump(mode="json")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=dashboard)
    page.goto(f"{dashboard}/?token=read-token-of-the-instructor")
    expect(page.get_by_test_id("first-visit").get_by_role("listitem")).to_have_count(
        3, timeout=60_000
    )
    copy = page.get_by_role("button", name="Copy").first
    copy.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "make demo"
    expect(page.get_by_role("button", name="Copy")).to_have_count(2, timeout=30_000)
    page.context.clear_permissions()
