"""A click on the Live page counts, also of those who have gone on before its turn came."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from analytics.attention.responses import Listed, Reason
from tests.streamlit_app.live.live_page import HeldStream, expect_state

AWAY: dict[str, Callable[[Page], Any]] = {
    "to another page": lambda page: (
        page.get_by_test_id("stPageLink").get_by_text("Exercise").click()
    ),
    "and the connection is closed": lambda page: page.goto("about:blank"),
}


@pytest.mark.parametrize("away", AWAY)
def test_a_click_that_waits_for_a_drawing_is_done_though_its_page_is_left(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any, away: str
) -> None:
    """The drawing hangs in the API; the next page is the one that was asked for."""
    hand = Reason(code="hand_up", text="hand up", since=datetime.now(UTC), values={}, positions=[])
    run = made_up.run("Vole")
    made_up.needy = [
        Listed(
            student_id="Vole",
            confidence="high",
            since=hand.since,
            exercise="1.1",
            notebook=run["notebook"],
            last_run_at=hand.since,
            reasons=[hand],
        )
    ]
    stream = HeldStream(page)
    enter()
    expect_state(page, "live")
    made_up.asked.clear()
    made_up.api_hangs = True
    ingest.send(made_up.run("Vole"))
    ingest.signal()
    _until(page, lambda: any(path.endswith("/live") for path in made_up.asked))
    before = stream.asked
    page.get_by_role("button", name="I am going").click()
    _until(page, lambda: stream.asked > before)
    page.wait_for_timeout(300)  # Python has heard of it
    AWAY[away](page)
    page.wait_for_timeout(300)
    made_up.api_hangs = False
    _until(page, lambda: [each.mark for each in made_up.marks.get("Vole", [])] == ["going"])
    if away == "to another page":
        expect(page).to_have_url(re.compile(r"/exercise\?"))
        expect(page.get_by_test_id("class-map")).to_have_count(0)


def _until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait until something is so; what goes between page and Python goes through this process."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        page.wait_for_timeout(50)
