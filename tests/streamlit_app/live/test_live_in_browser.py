"""The live list in a real browser, before the real dashboard, a fake API and a fake ingest."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, WebSocketRoute, expect

from streamlit_app.live.page import SLOWEST_REDRAW_SECONDS

TOKEN = "read-token-of-the-instructor"
#: A second has passed in which the live list did not ask for new numbers, so it may ask at once.
UNDISTURBED = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const isRunning = app?.dataset.testScriptState !== "notRunning";
  if (isRunning || !window.restsSince) window.restsSince = performance.now();
  return performance.now() - window.restsSince > 1000;
}"""


@pytest.fixture
def enter(page: Page, dashboard: str) -> Callable[..., None]:
    """Return a function that opens the link to the dashboard."""

    def enter(path: str = "/") -> None:
        page.goto(f"{dashboard}{path}?token={TOKEN}")
        expect(page.get_by_test_id("class-map")).to_be_visible(timeout=60_000)

    return enter


@pytest.fixture
def positions(page: Page) -> Callable[[], list[str]]:
    """Return a function that reads the positions of the list's rows, from above to below."""
    return lambda: page.get_by_test_id("live-run").evaluate_all(
        "rows => rows.map(row => row.dataset.position)"
    )


class HeldStream:
    """The connection between a page and Python, on which what Python says can be held back."""

    def __init__(self, page: Page) -> None:
        self.asked = 0
        self._held: list[Callable[[], None]] | None = None
        page.route_web_socket(re.compile("/_stcore/stream"), self._route)

    def _route(self, browser: WebSocketRoute) -> None:
        python = browser.connect_to_server()

        def ask(message: str | bytes) -> None:
            self.asked += 1
            python.send(message)

        def answer(message: str | bytes) -> None:
            if self._held is None:
                browser.send(message)
            else:
                self._held.append(lambda: browser.send(message))

        browser.on_message(ask)
        python.on_message(answer)

    def hold(self) -> None:
        """Hold back whatever Python says from now on."""
        self._held = []

    def release(self) -> None:
        """Let it come."""
        held, self._held = self._held or [], None
        for send in held:
            send()


def _expect_state(page: Page, *states: str) -> None:
    state = re.compile("|".join(states))
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", state, timeout=30_000)


def _number(page: Page, label: str) -> Any:
    """Return the number above a label of the strip."""
    return page.get_by_test_id("strip").locator("div", has_text=label).locator("dd")


def _row(page: Page, student: str) -> Locator:
    """Return a student's row of the map."""
    return page.locator(f'[data-testid=class-map] tr[data-student="{student}"]')


def _cells(page: Page, student: str) -> Locator:
    """Return the cells of a student's row that hold glyphs."""
    return _row(page, student).locator("td.cp-glyph-cell")


def _names(page: Page) -> Locator:
    """Return the names of the rows, from above to below."""
    return page.get_by_test_id("class-map").locator("tbody th a")


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
    expect(_cells(page, "Heron")).to_have_text(["failing, 1 run in a row"])
    assert page.evaluate("window.sameDocument")


def test_a_link_leads_a_colleague_to_exactly_its_view_in_the_course_s_time(
    page: Page, dashboard: str, made_up: Any, ingest: Any
) -> None:
    """Through the sign-in; the charts' and the list's times are the course's, not the browser's."""
    made_up.time_zone = "America/New_York"
    for student in ("Vole", "Asp"):
        ingest.send(made_up.run(student))
    link = f"{dashboard}/live?course=python-101&order=name&failure=Name%26Error%20%E3%81%82"
    page.goto(link)
    page.get_by_label("Name").fill("grace")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("class-map")).to_be_visible(timeout=60_000)
    assert parse_qs(urlsplit(page.url).query) == parse_qs(urlsplit(link).query)
    expect(page).to_have_title("Live · Cellpulse")
    expect(_names(page)).to_have_text(["Asp", "Vole"])
    taught = ZoneInfo("America/New_York")
    at = made_up.events[-1].received_at.astimezone(taught)
    newest = page.get_by_test_id("live-run").first
    expect(newest.locator("time")).to_have_text(f"{at:%H:%M:%S}")
    minutes = "|".join(f"{at + timedelta(minutes=late):%H:%M}" for late in range(3))
    expect(page.locator("svg.marks").first).to_contain_text(
        re.compile(f"({minutes}):00"), timeout=60_000
    )


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
    expect(_row(page, "Vole").locator(".cp-busy")).to_have_text("41 runs in 15 minutes")
    redraws = sum(path.endswith("/live") for path in made_up.asked)
    assert 1 <= redraws < 20


def test_a_page_that_nobody_sees_is_drawn_when_somebody_does(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A tab in the background asks for no numbers; the moment it is looked at it has them."""
    made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => !window.isSeen })")
    made_up.asked.clear()
    begin = time.monotonic()
    for _ in range(30):
        ingest.send(made_up.run("Vole"))
        ingest.signal()
        page.wait_for_timeout(100)
    asked = sum(path.endswith("/live") for path in made_up.asked)
    # One that was under way, and those by the clock; somebody who looks has six of 30 signals.
    assert asked <= 2 + (time.monotonic() - begin) // SLOWEST_REDRAW_SECONDS
    page.evaluate("window.isSeen = true; document.dispatchEvent(new Event('visibilitychange'))")
    expect(_row(page, "Vole").locator(".cp-busy")).to_have_text("31 runs in 15 minutes")


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
    expect(page.locator("[data-testid=class-map] tbody tr")).to_have_count(3, timeout=30_000)


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
#: Those that an address could be thought to change.
ODD_IN_ADDRESS = ODD[1:7]


def test_odd_texts_are_shown_as_they_are(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Ids and texts of every kind stand in the list and in the tables, one field as one field.

    The link of a student with such an id leads to that student's history.
    """
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
    names = page.get_by_test_id("class-map").locator("tbody th")
    expect(names).to_have_count(len(ODD))
    assert sorted(names.evaluate_all("all => all.map(each => each.textContent)")) == sorted(ODD)
    exercises = page.get_by_test_id("class-map").locator(".cp-exercise")
    assert sorted(exercises.evaluate_all("all => all.map(each => each.textContent)")) == sorted(ODD)
    # A text that turns the writing direction around turns nothing but itself.
    row = rows.filter(has_text="gnp.x").first
    turned = [row.locator(part).bounding_box() for part in ("a", ".cp-where", ".cp-outcome")]
    left = [box["x"] for box in turned if box is not None]
    assert left == sorted(left)
    isolated = "each => getComputedStyle(each).unicodeBidi.startsWith('isolate')"
    for text in (row.locator("b"), row.locator("a"), names.first.locator("a")):
        assert text.evaluate(isolated)
    links = names.locator("a").evaluate_all("all => all.map(each => [each.textContent, each.href])")
    for odd, address in links:
        if odd in ODD_IN_ADDRESS:
            page.goto(address)
            runs = page.get_by_test_id("history-table").locator("tbody tr")
            expect(runs).to_have_count(2)
            assert runs.locator("b").all_text_contents() == [odd] * 2


def test_a_name_leads_to_the_student_and_back(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any, dashboard: str
) -> None:
    """Links, back, reload and the pages' names keep course and student in the address."""
    assert ingest.connections == []
    made_up.run("Vole", "error", error_name="NameError")
    enter()
    expect(page).to_have_url(f"{dashboard}/?course=python-101")
    page.get_by_test_id("class-map").get_by_role("link", name="Vole").click()
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


def test_numbers_that_move_while_one_leaves_do_not_empty_the_next_page(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A signal that comes when a link or Back was pressed does not ask for the old page."""
    stream = HeldStream(page)
    made_up.run("Vole", "error", error_name="NameError")
    enter()
    for leave in (page.get_by_role("link", name="Student").click, page.go_back):
        page.get_by_role("link", name="Live").click()
        _expect_state(page, "live")
        page.wait_for_function(UNDISTURBED)
        stream.hold()
        asked = stream.asked
        leave()
        for _ in range(2):
            ingest.signal()
            run = made_up.run("Vole")
            ingest.send(run)
            newest = page.locator(f'[data-testid=live-run][data-position="{run["position"]}"]')
            expect(newest).to_be_attached()
            page.evaluate("new Promise(requestAnimationFrame)")
        assert stream.asked == asked + 1
        stream.release()
        expect(page.get_by_test_id("class-table")).to_contain_text("Vole")


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
    expect(page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg")).to_have_count(1)
    assert hosts - {""} == {"127.0.0.1"}
    assert errors == []


def test_rows_stay_where_they_are_until_the_instructor_asks(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A glyph changes in its place; a button offers the new order and nothing else moves a row."""
    made_up.run("Ada", "error")
    made_up.run("Bob")
    enter()
    _expect_state(page, "live")
    expect(_names(page)).to_have_text(["Ada", "Bob"])
    reorder = page.get_by_test_id("reorder")
    expect(reorder).to_be_disabled()
    made_up.run("Ada", exercise="1.2")
    made_up.run("Ada")
    made_up.run("Cy")
    ingest.signal()
    expect(_cells(page, "Ada")).to_have_text(["ran, no check", "ran, no check"])
    expect(_names(page)).to_have_text(["Bob", "Cy", "Ada"])  # other columns: the map is new
    made_up.run("Bob", "error")
    made_up.run("Bob", exercise="1.2")
    made_up.run("Bob", "error", exercise="1.2")
    ingest.signal()
    expect(_cells(page, "Bob")).to_have_text(["failing, 1 run in a row"] * 2)
    made_up.run("Bob")
    made_up.run("Bob", exercise="1.2")
    ingest.signal()
    expect(_cells(page, "Bob")).to_have_text(["ran, no check"] * 2)
    expect(_names(page)).to_have_text(["Bob", "Cy", "Ada"])
    reorder.click()
    expect(_names(page)).to_have_text(["Cy", "Ada", "Bob"])
    expect(reorder).to_be_disabled()
    page.get_by_role("radio", name="by name").click()
    expect(_names(page)).to_have_text(["Ada", "Bob", "Cy"])
    expect(page).to_have_url(re.compile("order=name"))
    page.reload()
    expect(_names(page)).to_have_text(["Ada", "Bob", "Cy"])


def test_the_map_is_a_table_for_the_keyboard_and_for_readers(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Rows and columns have headers, a glyph has words, and the map can be scrolled by keys."""
    assert ingest.connections == []
    made_up.run("Vole", "error", exercise="1.1")
    made_up.run("Vole", "error", exercise="1.1")
    made_up.run("Vole", type="check_result", status=None, passed=True, exercise="1.2")
    enter()
    table = page.get_by_test_id("class-map")
    expect(table.get_by_role("rowheader", name="Vole")).to_be_visible()
    expect(table.get_by_role("columnheader", name="1.2")).to_have_attribute(
        "title", "1.2: 1 of 1 students solved it"
    )
    expect(table.get_by_role("cell", name="failing, 2 runs in a row")).to_be_visible()
    expect(table.get_by_role("cell", name="solved (check passed)")).to_be_visible()
    page.get_by_role("region", name="Class map: students by exercises").focus()
    for name in ("1.1", "1.2", "Vole"):
        page.keyboard.press("Tab")
        expect(table.get_by_role("link", name=name, exact=True)).to_be_focused()


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
    _expect_state(page, "live")
    table = page.get_by_test_id("class-map")
    expect(table).to_have_attribute("aria-rowcount", "502")
    assert _names(page).count() < 200
    page.locator(".cp-map-window").evaluate("each => each.scrollTo(9999, each.scrollHeight)")
    expect(_row(page, "student-499")).to_have_attribute("aria-rowindex", "502")
    cell = _cells(page, "student-499").nth(39)
    expect(cell).to_be_in_viewport()
    expect(_row(page, "student-0")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="4.10")).to_be_in_viewport()
    expect(_row(page, "student-499").get_by_role("link")).to_be_in_viewport()
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


def test_a_pause_and_a_filter_lose_nothing(
    page: Page,
    enter: Callable[..., None],
    made_up: Any,
    ingest: Any,
    positions: Callable[[], list[str]],
) -> None:
    """What came during a pause is counted and comes after it; a filter only hides."""
    first = made_up.run("Vole")
    enter()
    _expect_state(page, "live")
    feed = page.get_by_test_id("live-feed")
    rows = page.get_by_test_id("live-run")
    expect(rows).to_be_hidden()
    feed.locator("summary").click()
    expect(rows).to_be_visible()
    feed.get_by_role("button", name="Pause").click()
    later = [made_up.run("Heron", "error", error_name="KeyError"), made_up.run("Vole")]
    for run in later:
        ingest.send(run)
    expect(feed).to_contain_text("2 more since the pause")
    ingest.signal()  # draws the page anew
    expect(_names(page)).to_have_count(2)
    expect(rows).to_have_count(1)
    feed.get_by_role("button", name="Go on").click()
    expect(rows).to_have_count(3)
    assert positions() == [run["position"] for run in (*later[::-1], first)]
    feed.get_by_role("searchbox").fill("keyerr")
    expect(rows.filter(visible=True)).to_have_count(1)
    ingest.send(made_up.run("Ibis"))
    expect(rows).to_have_count(4)
    expect(rows.filter(visible=True)).to_have_count(1)
    feed.get_by_role("searchbox").fill("nothing has this")
    expect(feed).to_contain_text("No row has this.")
    feed.get_by_role("searchbox").fill("")
    expect(rows.filter(visible=True)).to_have_count(4)


def test_the_page_fits_every_screen(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Nothing scrolls sideways; on a tablet the cards come first, a phone has no map."""
    assert ingest.connections == []
    for number in range(30):
        made_up.run(f"student-{number}", exercise=f"{number % 3 + 1}.{number % 5 + 1}")
    enter()
    table, cards = page.get_by_test_id("class-map"), page.locator(".st-key-attention")
    for width, height in ((1920, 1080), (1440, 900), (1280, 720), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        expect(cards).to_be_visible()
        expect(table).to_be_visible(visible=width > 640)
        sideways = "document.querySelector('.stMain').scrollWidth - innerWidth"
        page.wait_for_function(f"() => {sideways} <= 0")
        first, second = table.bounding_box(), cards.bounding_box()
        assert second is not None
        if first is not None:
            is_beside = second["x"] > first["x"] + 100
            assert is_beside == (width > 1100), width
            assert is_beside or second["y"] < first["y"]
        if (width, height) == (1440, 900):  # the whole class at one glance
            assert page.locator(".cp-map-window").evaluate(
                "each => each.scrollHeight <= each.clientHeight"
            )
            expect(page.get_by_test_id("reorder")).to_be_in_viewport()
    page.set_viewport_size({"width": 1440, "height": 900})


def test_an_emptied_threshold_turns_its_reason_off(
    page: Page, enter: Callable[..., None], made_up: Any, wait_until: Callable[..., None]
) -> None:
    """An instructor opens the thresholds, empties one field, and everybody has it so."""
    made_up.run("Vole")
    enter()
    page.get_by_role("button", name="When someone is listed").click()
    page.get_by_label("Failed runs").fill("9")
    page.get_by_label("Minutes without a run, when behind most of the class").fill("")
    page.get_by_role("button", name="Use these").click()
    wait_until(lambda: made_up.thresholds.failed_runs == 9, "the server to hear of it")
    assert made_up.thresholds.idle_minutes is None
