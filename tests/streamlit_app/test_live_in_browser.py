"""The live list in a real browser, before the real dashboard, a fake API and a fake ingest."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

TOKEN = "read-token-of-the-instructor"


@pytest.fixture
def enter(page: Page, dashboard: str) -> Callable[..., None]:
    """Return a function that opens the link to the dashboard."""

    def enter(path: str = "/") -> None:
        page.goto(f"{dashboard}{path}?token={TOKEN}")
        expect(page.get_by_test_id("class-table")).to_be_visible(timeout=60_000)

    return enter


@pytest.fixture
def positions(page: Page) -> Callable[[], list[str]]:
    """Return a function that reads the positions of the list's rows, from above to below."""
    return lambda: page.get_by_test_id("live-run").evaluate_all(
        "rows => rows.map(row => row.dataset.position)"
    )


def _expect_state(page: Page, *states: str) -> None:
    state = re.compile("|".join(states))
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", state, timeout=30_000)


def _number(page: Page, label: str) -> Any:
    """Return the number above a label of the strip."""
    return page.get_by_test_id("strip").locator("div", has_text=label).locator("dd")


def test_a_run_appears_without_a_reload_and_moves_the_numbers(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A run is in the list as it arrives; the numbers follow when the stored ones moved."""
    made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    page.evaluate("window.sameDocument = true")
    run = made_up.run(
        "Heron", "error", error_name="NameError", error_message="name 'totl' is not defined"
    )
    ingest.send(run)
    row = page.get_by_test_id("live-run").first
    expect(row).to_have_attribute("data-position", run["position"])
    expect(row).to_contain_text("Heron")
    expect(row).to_contain_text("error")
    expect(row).to_contain_text("NameError name 'totl' is not defined")
    ingest.signal()
    expect(_number(page, "here now")).to_have_text("2 of 2")
    expect(_number(page, "with an error")).to_have_text("50 %")
    expect(page.get_by_test_id("class-table")).to_contain_text("Heron")
    assert page.evaluate("window.sameDocument")


def test_numbers_that_stand_still_are_called_old(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Numbers that lack what arrived are old, however new the answer is; then they are not."""
    made_up.run("Vole", at=datetime.now(UTC) - timedelta(minutes=10))
    enter()
    _expect_state(page, "live")
    connection = page.get_by_test_id("connection")
    expect(connection).to_contain_text("nothing lost")
    made_up.numbers_lag = 1
    arrived = datetime.now(UTC) - timedelta(minutes=3, seconds=30)
    ingest.send(made_up.run("Heron", at=arrived))
    expect(connection).to_have_attribute("data-old", "", timeout=30_000)
    expect(connection).to_have_text("live · these numbers are 3 min old")
    for number in range(3):  # what comes later does not make them newer
        ingest.send(made_up.run("Heron", at=arrived + timedelta(seconds=1 + number)))
    made_up.numbers_lag = 4
    ingest.signal()
    expect(connection).to_have_text("live · these numbers are 3 min old")
    made_up.numbers_lag = 0
    ingest.signal()
    expect(connection).not_to_have_attribute("data-old", "")
    expect(connection).to_contain_text("nothing lost")


def test_the_last_run_of_a_burst_is_counted(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Of many signals at once few redraw the numbers, and the last of them does."""
    made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    made_up.asked.clear()
    for _ in range(40):
        ingest.send(made_up.run("Vole"))
        ingest.signal()
    expect(_number(page, "runs")).to_have_text("41")
    redraws = sum(path.endswith("/progress") for path in made_up.asked)
    assert 1 <= redraws < 20


def test_reconnecting_neither_loses_nor_doubles(
    page: Page,
    enter: Callable[..., None],
    made_up: Any,
    ingest: Any,
    positions: Callable[[], list[str]],
) -> None:
    """What happens while the connection is away comes after it, once, in its place."""
    first = made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    second = made_up.run("Heron")
    ingest.send(second)
    expect(page.get_by_test_id("live-run")).to_have_count(2)
    ingest.stop()
    _expect_state(page, "reconnecting", "offline")
    missed = [made_up.run("Vole"), made_up.run("Heron")]
    ingest.start()
    _expect_state(page, "live")
    ingest.send(second)  # a repeat
    last = made_up.run("Ibis")
    ingest.send(last)
    expect(page.get_by_test_id("live-run").first).to_contain_text("Ibis")
    expected = [first, second, *missed, last]
    assert positions() == [run["position"] for run in reversed(expected)]
    asked = [connection["query"]["after"] for connection in ingest.connections]
    assert asked == [first["position"], second["position"]]
    assert ingest.connections[0]["offered"] == ["cellpulse.v1", f"bearer.{TOKEN}"]


def test_after_a_reload_the_list_comes_from_the_api(
    page: Page,
    enter: Callable[..., None],
    made_up: Any,
    ingest: Any,
    positions: Callable[[], list[str]],
) -> None:
    """With the live connection unreachable a reload shows the same runs, and still counts."""
    enter_run = made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    sent = made_up.run("Heron")
    ingest.send(sent)
    expect(page.get_by_test_id("live-run")).to_have_count(2)
    ingest.stop()
    page.reload()
    expect(page.get_by_test_id("live-run")).to_have_count(2)
    assert positions() == [sent["position"], enter_run["position"]]
    _expect_state(page, "reconnecting", "offline")
    made_up.run("Ibis")  # nobody tells the page of this one
    expect(_number(page, "runs")).to_have_text("3", timeout=30_000)


def test_the_list_is_ordered_and_has_an_end(
    page: Page,
    enter: Callable[..., None],
    made_up: Any,
    ingest: Any,
    positions: Callable[[], list[str]],
) -> None:
    """Newest first in whatever order runs arrive; the oldest go when there are a hundred."""
    made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    runs = [made_up.run("Vole") for _ in range(120)]
    for run in (*runs[1::2], *runs[::2]):
        ingest.send(run)
    ingest.send(made_up.run("Last"))
    expect(page.get_by_test_id("live-run").first).to_contain_text("Last")
    expect(page.get_by_test_id("live-run")).to_have_count(100)
    newest = [run["position"] for run in reversed(runs)][:99]
    assert positions()[1:] == newest


def test_what_a_student_wrote_is_only_text(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Markup in a name or a message is shown as it was written and does nothing."""
    evil = "<img src=x onerror=\"document.title='taken'\">"
    made_up.run(evil, "error", error_name=evil, error_message=evil, exercise=evil)
    enter()
    _expect_state(page, "live")
    ingest.send(made_up.run(evil, "error", error_name=evil, error_message=evil, exercise=evil))
    rows = page.get_by_test_id("live-run")
    expect(rows).to_have_count(2)
    for row in rows.all():
        expect(row.locator("a")).to_have_text(evil)
        expect(row.locator("b")).to_have_text(evil)
    assert page.locator("img[src=x]").count() == 0
    expect(page).to_have_title("Live · Cellpulse")


ODD = (
    "a/b \\ \"c\" 'd' & <b>e</b>",
    "'; DROP TABLE students; --",
    "..",
    "%2e%2e%2f",
    "{{7*7}} ${7*7} :smile: **bold** $x^2$ [link](javascript:alert(1))",
    "\u202egnp.x",
    "a\u200bb\u200dc",
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} e\u0301 \U0002a6d6",
    "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET} 1 (2)",
    "n" * 200,
)


def test_odd_texts_are_shown_as_they_are(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Ids and texts of every kind stand in the list and in the tables, one field as one field."""
    for odd in ODD:
        made_up.run(odd, "error", error_name=odd, error_message=odd, exercise=odd)
    enter()
    _expect_state(page, "live")
    for odd in ODD:
        ingest.send(made_up.run(odd, "error", error_name=odd, error_message=odd, exercise=odd))
    rows = page.get_by_test_id("live-run")
    expect(rows).to_have_count(2 * len(ODD))
    parts = "['a', '.cp-where', 'b'].map(part => row.querySelector(part).textContent)"
    shown = rows.evaluate_all(f"rows => rows.map(row => {parts})")
    assert shown == [[odd] * 3 for odd in 2 * ODD[::-1]]
    names = page.get_by_test_id("class-table").locator("tbody th")
    expect(names).to_have_count(len(ODD))
    assert sorted(names.evaluate_all("all => all.map(each => each.textContent)")) == sorted(ODD)
    exercises = page.get_by_test_id("exercise-table").locator("tbody th")
    assert sorted(exercises.evaluate_all("all => all.map(each => each.textContent)")) == sorted(ODD)
    # A text that turns the writing direction around turns nothing but itself.
    row = rows.filter(has_text="gnp.x").first
    turned = [row.locator(part).bounding_box() for part in ("a", ".cp-where", ".cp-outcome")]
    left = [box["x"] for box in turned if box is not None]
    assert left == sorted(left)
    isolated = "each => getComputedStyle(each).unicodeBidi.startsWith('isolate')"
    for text in (row.locator("b"), row.locator("a"), names.first.locator("a")):
        assert text.evaluate(isolated)


@pytest.mark.parametrize("odd", [ODD[1], ODD[2], ODD[3], ODD[4], ODD[5], ODD[6]])
def test_a_student_with_an_odd_id_has_a_page(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any, odd: str
) -> None:
    """The link of a student with any id leads to that student's history."""
    assert ingest.connections == []
    made_up.run("Vole")
    made_up.run(odd, "error", error_name=odd, error_message=odd, exercise=odd)
    enter()
    page.get_by_test_id("class-table").locator("tbody a").filter(has_not_text="Vole").click()
    row = page.get_by_test_id("history-table").locator("tbody tr")
    expect(row).to_have_count(1)
    assert row.locator("b").text_content() == odd


def test_a_name_leads_to_the_student_and_back(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any, dashboard: str
) -> None:
    """Links, back, reload and the pages' names keep course and student in the address."""
    assert ingest.connections == []
    made_up.run("Vole", "error", error_name="NameError")
    enter()
    expect(page).to_have_url(f"{dashboard}/?course=python-101")
    page.get_by_test_id("class-table").get_by_role("link", name="Vole").click()
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError")
    address = f"{dashboard}/student?course=python-101&student=Vole"
    expect(page).to_have_url(address)
    page.reload()
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError")
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_test_id("live-run")).to_have_count(1)
    expect(page).to_have_url(f"{dashboard}/?course=python-101")
    page.go_back()
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError")
    expect(page).to_have_url(address)


def test_the_page_needs_nobody_else(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """The page loads nothing from another machine and reports no error."""
    assert ingest.connections == []
    hosts: set[str] = set()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    expect(page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg")).to_have_count(2)
    assert hosts - {""} == {"127.0.0.1"}
    assert errors == []
