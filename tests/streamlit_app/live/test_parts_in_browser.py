"""The parts of the Live page are drawn each for itself, and several pages share what is told."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from analytics.class_marks.responses import ClassMark
from tests.streamlit_app.live.live_page import expect_state, row_of


def test_what_is_noted_is_there_at_once(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """One's own mark when it is set, a colleague's with the next numbers; and both go.

    Where it is not set that is said there at once, and what was typed stays until it is.
    """
    made_up.run("Vole")
    enter()
    expect_state(page, "live")
    text = page.get_by_label("Mark this moment")
    text.fill("explained loops")
    made_up.api_is_away = True
    page.get_by_role("button", name="Mark", exact=True).click()
    refused = page.locator(".st-key-over_time").get_by_test_id("notice")
    expect(refused).to_contain_text("could not be done", timeout=5_000)
    expect(text).to_have_value("explained loops")
    made_up.api_is_away = False
    page.get_by_role("button", name="Mark", exact=True).click()
    expect(page.locator(".st-key-noted")).to_contain_text("explained loops", timeout=30_000)
    expect(text).to_have_value("")
    expect(refused).to_have_count(0)
    now = datetime.now(UTC)
    made_up.noted.append(ClassMark(mark_id="m", at=now, text="sums", set_at=now, set_by="grace"))
    ingest.send(made_up.run("Vole"))
    ingest.signal()
    page.get_by_role("button", name="All marks").click()
    expect(page.get_by_test_id("class-mark")).to_have_count(2, timeout=30_000)
    made_up.noted.clear()
    ingest.signal()
    expect(page.get_by_role("button", name="All marks")).to_have_count(0, timeout=30_000)


def test_every_page_counts_the_last_run(
    page: Page, browser: BrowserContext, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Pages that are told the same are drawn again until nothing that happened lacks."""
    made_up.run("Vole")
    enter()
    others = [browser.new_page() for _ in range(2)]
    for other in others:
        other.goto(page.url)
    pages = [page, *others]
    for each in pages:
        expect_state(each, "live")
    for _ in range(20):
        ingest.send(made_up.run("Vole"))
        ingest.signal()
    for each in pages:
        busy = row_of(each, "Vole").locator(".cp-busy")
        expect(busy).to_have_text("21 runs in 15 minutes", timeout=30_000)
    for other in others:
        other.close()
