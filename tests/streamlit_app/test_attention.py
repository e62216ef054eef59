"""The cards at the top of the Live page: who needs a person, and which failure is shared."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import streamlit_app.app
from analytics.attention_examples import ATTENTION, ERROR_CLUSTERS
from streamlit_app import session

APP = Path(streamlit_app.app.__file__)


@pytest.fixture(autouse=True)
def _an_instructor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str) -> None:
    """The gate has let an instructor in."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: "read-token-of-the-instructor")


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def text_of(app: AppTest) -> str:
    return "".join(block.body for block in app.html)


def needy(*names: str) -> list[Any]:
    [example] = ATTENTION.students
    since = datetime.now(UTC) - timedelta(minutes=4)
    return [example.model_copy(update={"student_id": name, "since": since}) for name in names]


def test_nobody_is_said_in_words(made_up: Any) -> None:
    """An empty list is a sentence, not an empty box."""
    made_up.run("Vole")
    text = text_of(opened())
    assert 'data-testid="nobody"' in text
    assert 'data-testid="cluster-table"' not in text


def test_each_person_has_the_reasons_in_words(made_up: Any) -> None:
    """Name, place, how sure, since when and why; what students wrote is only text."""
    made_up.run("Vole")
    made_up.needy = needy("Zoë & <co>")
    text = text_of(opened())
    assert "same NameError 6 times in 4 minutes; 3 of 28 others had it" in text
    assert "Zoë &amp; &lt;co&gt;</a>" in text
    assert "2.1 · likely · 4 min" in text
    assert "student=Zo%C3%AB+%26+%3Cco%3E" in text


def test_five_are_shown_and_the_rest_is_counted(made_up: Any) -> None:
    """More can't be walked to."""
    made_up.run("Vole")
    made_up.needy = needy(*"abcdefg")
    text = text_of(opened())
    assert text.count('data-testid="person"') == 5
    assert "and 2 more" in text


def test_who_is_snoozed_is_off_the_list_and_can_come_back(made_up: Any) -> None:
    """The button tells the server, and everybody sees until when."""
    made_up.run("Vole")
    made_up.needy = needy("ada", "bob")
    app = opened()
    app.button(key="snooze_ada").click().run()
    assert not app.exception
    assert made_up.snoozes.keys() == {"ada"}
    text = text_of(app)
    assert text.count('data-testid="person"') == 1
    assert "snoozed until" in text
    app.button(key="back_ada").click().run()
    assert made_up.snoozes == {}
    assert text_of(app).count('data-testid="person"') == 2


def test_a_shared_failure_says_how_others_got_past_it(made_up: Any) -> None:
    """Failures of one student alone are not shared, so they are not shown."""
    made_up.run("Vole")
    [shared] = ERROR_CLUSTERS.clusters
    alone = shared.model_copy(update={"students": 1, "pattern": "only once"})
    made_up.clusters = [shared, alone]
    text = text_of(opened())
    assert "name &#x27;…&#x27; is not defined" in text
    assert "1 of 2, in 2 min and 2 runs" in text
    assert "only once" not in text
