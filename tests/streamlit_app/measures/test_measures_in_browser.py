"""The Measures and Exercise pages in a real browser: what one sees is kept by reload and back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

TOKEN = "read-token-of-the-instructor"


@pytest.fixture
def enter(page: Page, dashboard: str, made_up: Any, ingest: Any) -> Callable[[str], None]:
    """Return a function that opens a page of a class of two."""
    assert ingest.connections == []
    made_up.run("Vole", "error", error_name="NameError")
    made_up.run("Vole")
    made_up.run("Heron")

    page.set_default_timeout(60_000)

    def enter(path: str) -> None:
        page.goto(f"{dashboard}/{path}&token={TOKEN}")

    return enter


def _expect_text(place: Locator, text: str) -> None:
    """Wait, on a busy machine too, until a text is there."""
    expect(place).to_contain_text(text, timeout=60_000)


def _expect_no_sideways_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        expect(page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg").first).to_be_visible(
            timeout=60_000
        )
        # A chart takes its new width a moment after the page.
        page.wait_for_function("document.querySelector('.stMain').scrollWidth <= 390")
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})


def test_a_measures_view_is_kept_by_reload_and_back(
    page: Page, enter: Callable[[str], None]
) -> None:
    """Choices, a name and the runs behind it are addresses that reload and back return to."""
    enter("measures?course=python-101")
    strip = page.get_by_test_id("strip")
    _expect_text(strip, "class · 0 to 1")
    page.get_by_label("A row for").get_by_text("exercise", exact=True).click()
    table = page.get_by_test_id("values-table")
    _expect_text(table, "1.1")
    expect(page).to_have_url(re.compile("by=exercise"), timeout=60_000)
    page.reload()
    _expect_text(table, "1.1")
    expect(table).not_to_contain_text("Vole", timeout=60_000)
    _expect_no_sideways_scroll(page)
    page.go_back()
    _expect_text(table, "Vole")
    table.get_by_role("link", name="Vole").click()
    _expect_text(page.get_by_test_id("runs-table"), "NameError")
    expect(page).to_have_url(re.compile("measure=progress&by=run&student=Vole"), timeout=60_000)
    page.get_by_test_id("ways").get_by_role("link", name="All that Vole did").click()
    _expect_text(page.get_by_test_id("history-table"), "NameError")
    page.go_back()
    expect(page.get_by_test_id("runs-table").locator("tbody tr")).to_have_count(2, timeout=60_000)


def test_an_exercises_view_is_kept_by_reload_and_back(
    page: Page, enter: Callable[[str], None], made_up: Any
) -> None:
    """A name opens the exercise, a number opens the measure, and back leads back."""
    made_up.further["progress"] = {"pairs": 2, "started": 2, "attempted": 2, "solved": 1}
    enter("exercise?course=python-101")
    expect(page.get_by_test_id("exercise-table")).to_be_visible(timeout=60_000)
    page.get_by_test_id("exercise-table").get_by_role("link", name="1.1").click()
    states = page.get_by_test_id("states-table")
    _expect_text(states, "not started")
    expect(page).to_have_url(re.compile("exercise=1.1"), timeout=60_000)
    page.reload()
    _expect_text(states, "not started")
    _expect_no_sideways_scroll(page)
    meaning = page.get_by_test_id("why").first
    meaning.locator("summary").press("Enter")
    _expect_text(meaning, "How hard an exercise is")
    expect(meaning.locator("p")).to_be_visible(timeout=60_000)
    page.get_by_test_id("facts").get_by_role("link", name="Difficulty").click()
    _expect_text(page.get_by_test_id("values-table"), "Vole")
    expect(page).to_have_url(
        re.compile("measure=difficulty&by=student&exercise=1.1"), timeout=60_000
    )
    page.go_back()
    _expect_text(states, "not started")
