from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import streamlit_app
from streamlit_app.api.client import ApiClient
from streamlit_app.live.feed.start import ENTRIES, LOG_START, FeedStart, feed_start

COURSE = "python-101"
PACKAGE = Path(streamlit_app.__file__).parent
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def api(api_url: str) -> Iterator[ApiClient]:
    """Return a client with a good token."""
    with httpx.Client(base_url=api_url) as http:
        yield ApiClient(http, "read-token-of-the-instructor")


def _positions(start: FeedStart) -> list[str]:
    return [run["position"] for run in start.runs]


def test_the_list_begins_with_the_latest_runs_of_the_class(api: ApiClient, made_up: Any) -> None:
    """The runs of several students are merged, newest first, with whose they are."""
    runs = [
        made_up.run(student, at=START + timedelta(seconds=second))
        for second, student in enumerate(["Vole", "Heron", "Vole"])
    ]
    start = feed_start(api, COURSE)
    assert _positions(start) == [run["position"] for run in reversed(runs)]
    assert [run["student_id"] for run in start.runs] == ["Vole", "Heron", "Vole"]
    assert start.after == runs[-1]["position"]


def test_an_empty_course_begins_at_the_start_of_the_log(api: ApiClient) -> None:
    """Before the first run was counted, everything is still to come over the WebSocket."""
    start = feed_start(api, COURSE)
    assert (start.runs, start.after) == ([], LOG_START)


def test_no_run_is_missed_while_the_lake_lags(api: ApiClient, made_up: Any) -> None:
    """A run that the class table counts already, but no history holds yet, comes live."""
    first, _ = made_up.run("Vole", at=START), made_up.run("Heron", at=START)
    made_up.lake_lags = 1
    start = feed_start(api, COURSE)
    assert _positions(start) == [first["position"]]
    assert start.after == first["position"]


def test_the_first_run_of_a_class_is_not_missed(api: ApiClient, made_up: Any) -> None:
    """While the lake holds nothing yet, everything is still to come over the WebSocket."""
    made_up.run("Vole")
    made_up.lake_lags = 1
    start = feed_start(api, COURSE)
    assert (start.runs, start.after) == ([], LOG_START)


def test_no_code_and_no_output_reaches_the_list(api: ApiClient, made_up: Any) -> None:
    """The list gets only what it shows."""
    made_up.run("Vole", code="secret = 1", output="secret")
    assert "secret" not in str(feed_start(api, COURSE).runs)


def test_after_a_reload_a_class_of_30_still_fills_the_list(api: ApiClient, made_up: Any) -> None:
    """The list holds the newest runs of everyone, without a hole, in one question to the API."""
    runs = [
        made_up.run(f"Student {number % 30}", at=START + timedelta(seconds=number))
        for number in range(130)
    ]
    made_up.asked.clear()
    assert _positions(feed_start(api, COURSE)) == [run["position"] for run in runs[:-101:-1]]
    assert made_up.asked == [f"/api/v1/courses/{COURSE}/events"]


def test_the_list_holds_as_many_rows_as_it_begins_with() -> None:
    """The browser keeps exactly the rows that the API is asked for."""
    assert f"const MOST_ROWS = {ENTRIES};" in (PACKAGE / "live" / "feed" / "rows.js").read_text()
