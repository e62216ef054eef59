"""The Measures and Exercise pages in a real browser: what one sees is kept by reload and back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

TOKEN = "read-token-of-the-instructor"


@pytest.fixture
def enter(page: Page, dashboard: str, made_up: Any, ingest: Any) -> Callable[[str], None]:
    """Return a function that opens a page of a class of two."""
    assert ingest.connections == []
    made_up.run("Vole", "error", error_name="NameError")
    made_up.run("Vole")
    made_up.run("Heron")

    def enter(path: str) -> None:
        page.goto(f"{dashboard}/{path}&token={TOKEN}")

    return enter


def _expect_no_sideways_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        expect(page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg").first).to_be_visible()
        assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})


def test_a_measures_view_is_kept_by_reload_and_back(
    page: Page, enter: Callable[[str], None]
) -> None:
    """Choices, a name and the runs behind it are addresses that reload and back return to."""
    enter("measures?course=python-101")
    strip = page.get_by_test_id("strip")
    expect(strip).to_contain_text("class · 0 to 1", timeout=60_000)
    page.get_by_label("A row for").get_by_text("exercise", exact=True).click()
    table = page.get_by_test_id("values-table")
    expect(table).to_contain_text("1.1")
    expect(page).to_have_url(re.compile("by=exercise"))
    page.reload()
    expect(table).to_contain_text("1.1")
    expect(table).not_to_contain_text("Vole")
    _expect_no_sideways_scroll(page)
    page.go_back()
    expect(table).to_contain_text("Vole")
    table.get_by_role("link", name="Vole").click()
    expect(page.get_by_test_id("runs-table")).to_contain_text("NameError")
    expect(page).to_have_url(re.compile("measure=progress&by=run&student=Vole"))
    page.get_by_test_id("ways").get_by_role("link", name="All that Vole did").click()
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError")
    page.go_back()
    expect(page.get_by_test_id("runs-table").locator("tbody tr")).to_have_count(2)


def test_an_exercises_view_is_kept_by_reload_and_back(
    page: Page, enter: Callable[[str], None], made_up: Any
) -> None:
    """A name opens the exercise, a number opens the measure, and back leads back."""
    made_up.further["progress"] = {"pairs": 2, "started": 2, "attempted": 2, "solved": 1}
    enter("exercise?course=python-101")
    expect(page.get_by_test_id("exercise-table")).to_be_visible(timeout=60_000)
    page.get_by_test_id("exercise-table").get_by_role("link", name="1.1").click()
    states = page.get_by_test_id("states-table")
    expect(states).to_contain_text("not started")
    expect(page).to_have_url(re.compile("exercise=1.1"))
    page.reload()
    expect(states).to_contain_text("not started")
    _expect_no_sideways_scroll(page)
    meaning = page.get_by_test_id("why").first
    meaning.locator("summary").press("Enter")
    expect(meaning).to_contain_text("How hard an exercise is")
    expect(meaning.locator("p")).to_be_visible()
    page.get_by_test_id("facts").get_by_role("link", name="Difficulty").click()
    expect(page.get_by_test_id("values-table")).to_contain_text("Vole")
    expect(page).to_have_url(re.compile("measure=difficulty&by=student&exercise=1.1"))
    page.go_back()
    expect(states).to_contain_text("not started")
