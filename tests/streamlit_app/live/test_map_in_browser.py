"""The class map in a real browser: what moves in it, and for whom it is there."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.streamlit_app.live.live_page import cells_of, expect_state, names_of, row_of


def test_rows_stay_where_they_are_until_the_instructor_asks(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A glyph changes in its place; a button offers the new order and nothing else moves a row."""
    made_up.run("Ada", "error")
    made_up.run("Bob")
    enter()
    expect_state(page, "live")
    expect(names_of(page)).to_have_text(["Ada", "Bob"])
    reorder = page.get_by_test_id("reorder")
    expect(reorder).to_be_disabled()
    made_up.run("Ada", exercise="1.2")
    made_up.run("Ada")
    made_up.run("Cy")
    ingest.signal()
    expect(cells_of(page, "Ada")).to_have_text(["ran, no check", "ran, no check"])
    # Neither who comes nor a column that comes moves a row.
    expect(names_of(page)).to_have_text(["Ada", "Bob", "Cy"])
    made_up.run("Bob", "error")
    made_up.run("Bob", exercise="1.2")
    made_up.run("Bob", "error", exercise="1.2")
    ingest.signal()
    expect(cells_of(page, "Bob")).to_have_text(["failing, 1 run in a row"] * 2)
    made_up.run("Bob")
    made_up.run("Bob", exercise="1.2")
    ingest.signal()
    expect(cells_of(page, "Bob")).to_have_text(["ran, no check"] * 2)
    expect(names_of(page)).to_have_text(["Ada", "Bob", "Cy"])
    reorder.click()
    expect(names_of(page)).to_have_text(["Cy", "Ada", "Bob"])
    expect(reorder).to_be_disabled()
    page.get_by_role("radio", name="by name").click()
    expect(names_of(page)).to_have_text(["Ada", "Bob", "Cy"])
    expect(page).to_have_url(re.compile("order=name"))
    made_up.names = {"Cy": "空色のミーアキャット"}
    page.reload()
    expect(names_of(page)).to_have_text(["Ada", "Bob", "空色のミーアキャット"])
    # Its letters are as wide as two digits each.
    expect(page.locator(".cp-map")).to_have_attribute("style", re.compile(r"--names: calc\(20ch "))


def test_the_map_is_a_table_for_the_keyboard_and_for_readers(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Rows and columns have headers, a glyph has words; keys reach every cell and what it tells."""
    assert ingest.connections == []
    made_up.run("Vole", "error", exercise="1.1")
    made_up.run("Vole", "error", exercise="1.1")
    made_up.run("Vole", type="check_result", status=None, passed=True, exercise="1.2")
    enter()
    table = page.get_by_role("grid", name="Class map: students by exercises")
    expect(table.get_by_role("columnheader", name="1.2")).to_have_attribute(
        "title", "1.2: 1 of 1 students solved it"
    )
    expect(table.get_by_role("gridcell", name="failing, 2 runs in a row")).to_be_visible()
    expect(table.get_by_role("gridcell", name="solved (check passed)")).to_be_visible()
    vole = table.get_by_role("rowheader", name="Vole").get_by_role("link")
    vole.focus()  # the only stop of the Tab key in the table
    expect(table.locator("[tabindex='0']")).to_have_count(1)
    tip, press = page.get_by_test_id("map-tip"), page.keyboard.press
    press("ArrowRight")
    expect(tip).to_have_text("Vole, 1.1: failing, 2 runs in a row")
    expect(tip).to_be_visible()
    focused = table.locator(":focus")
    expect(focused).to_have_accessible_name("Vole, 1.1: failing, 2 runs in a row")
    press("Escape")
    expect(tip).to_be_hidden()
    press("Enter")
    expect(tip).to_be_visible()
    press("End")
    expect(focused).to_have_class("cp-last")
    press("ArrowLeft")
    expect(tip).to_have_text("2 runs in 15 minutes")
    press("ArrowLeft")
    expect(tip).to_have_text("Vole, 1.2: solved (check passed)")
    press("ArrowUp")
    expect(table.get_by_role("link", name="1.2")).to_be_focused()
    expect(focused).to_have_accessible_description("1.2: 1 of 1 students solved it")
    press("PageDown")
    press("Home")
    expect(vole).to_be_focused()
    press("Enter")
    expect(page).to_have_url(re.compile("student\\?.*student=Vole"))


def test_the_focus_stays_on_its_cell_and_a_tap_tells_what_it_means(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A new column leaves the focus there, a new run is told, and a click elsewhere ends it."""
    made_up.run("Ada", exercise="1.2")
    made_up.run("Bob", exercise="1.2")
    enter()
    expect_state(page, "live")
    cells_of(page, "Bob").click()
    tip = page.get_by_test_id("map-tip")
    expect(tip).to_have_text("Bob, 1.2: ran, no check")
    made_up.run("Bob", "error", exercise="1.1")
    made_up.run("Bob", "error", exercise="1.2")
    ingest.signal()
    expect(tip).to_have_text("Bob, 1.2: failing, 1 run in a row")
    expect(cells_of(page, "Bob").nth(1)).to_be_focused()
    page.get_by_role("heading", name="Class map").click()
    expect(tip).to_be_hidden()


def test_a_large_class_changes_only_where_something_happened(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """500 students by 40 exercises scroll inside the map; a new run changes one cell of it."""
    made_up.run("Vole")
    large = made_up.class_map()
    exercises = [
        large.exercises[0].model_copy(update={"exercise": f"{n // 10 + 1}.{n % 10 + 1}"})
        for n in range(40)
    ]
    students = [
        large.students[0].model_copy(update={"student_id": f"student-{n}", "states": "s" * 40})
        for n in range(500)
    ]
    large = large.model_copy(update={"exercises": exercises, "students": students})
    path = "/api/v1/courses/python-101/class_map"
    made_up.answer_with[path] = large.model_dump(mode="json")
    enter()
    expect_state(page, "live")
    table = page.get_by_test_id("class-map")
    expect(table).to_have_attribute("aria-rowcount", "502")
    assert names_of(page).count() < 200
    page.locator(".cp-map-window").evaluate("each => each.scrollTo(9999, each.scrollHeight)")
    expect(row_of(page, "student-499")).to_have_attribute("aria-rowindex", "502")
    cell = cells_of(page, "student-499").nth(39)
    expect(cell).to_be_in_viewport()
    expect(row_of(page, "student-0")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="4.10")).to_be_in_viewport()
    expect(row_of(page, "student-499").get_by_role("link")).to_be_in_viewport()
    page.evaluate(
        """() => {
            window.touched = new Set();
            const note = (all) => all.forEach(({ target }) => {
                const cell = (target.closest ? target : target.parentElement).closest("td, tr");
                if (!cell?.matches(".cp-last")) window.touched.add(cell);
            });
            new MutationObserver(note).observe(
                document.querySelector("[data-testid=class-map] tbody"),
                { subtree: true, childList: true, characterData: true, attributes: true },
            );
        }"""
    )
    students[499] = students[499].model_copy(update={"states": "s" * 39 + "f", "failed_runs": [12]})
    large = large.model_copy(update={"students": students})
    made_up.answer_with[path] = large.model_dump(mode="json")
    ingest.signal()
    expect(cell).to_have_text("failing, 12 runs in a row")
    expect(cell).to_have_attribute("data-runs", "9+")
    assert page.evaluate("window.touched.size") == 1
    focused = table.locator(":focus")
    cell.click()
    page.locator(".cp-map-window").evaluate("each => each.scrollTo(0, 0)")
    expect(row_of(page, "student-0")).to_be_in_viewport()
    expect(cell).to_be_focused()
    for key, name in (
        ("ArrowUp", "student-498, 4.10: solved (check passed)"),
        ("ArrowDown", "student-499, 4.10: failing, 12 runs in a row"),
        ("Control+Home", "500 students"),
        ("ArrowDown", "student-0"),
        ("PageDown", re.compile(r"student-\d\d$")),
    ):
        page.keyboard.press(key)
        expect(focused).to_have_accessible_name(name)
        expect(focused).to_be_in_viewport(ratio=1)
