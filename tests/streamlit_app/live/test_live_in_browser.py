"""The Live page in a real browser: its numbers move by themselves, and stay whole."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from analytics.attention.examples import ATTENTION
from streamlit_app.live.feed.component import SLOWEST_REDRAW_SECONDS
from tests.streamlit_app.live.live_page import (
    TOKEN,
    HeldStream,
    cells_of,
    expect_state,
    names_of,
    number_of,
    row_of,
)

#: A second has passed in which the live list did not ask for new numbers, so it may ask at once.
UNDISTURBED = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const isRunning = app?.dataset.testScriptState !== "notRunning";
  if (isRunning || !window.restsSince) window.restsSince = performance.now();
  return performance.now() - window.restsSince > 1000;
}"""

#: Before all others the page hears that somebody goes.
HEAR_WHO_LEAVES = """
for (const type of ["popstate", "click"]) addEventListener(type, () => window.hasLeft?.(), true);
"""
#: Leaves between the moment in which something is asked and the one in which Streamlit sends it.
LEAVE_WHILE_ASKING = """() => {
  const { setTimeout } = window;
  const waiting = [];
  const go = () => {
    window.setTimeout = setTimeout;
    window.hasLeft = undefined;
    for (const act of waiting) act();
  };
  window.setTimeout = (act, wait, ...more) => {
    if (wait) return setTimeout(act, wait, ...more);
    if (!window.hasLeft && String(act).includes("sendUpdateWidgetsMessage")) {
      window.hasLeft = () => setTimeout(go);
      setTimeout(() => LEAVE(), 50);
    }
    return window.hasLeft ? waiting.push(act) : setTimeout(act, wait, ...more);
  };
}"""


def test_a_run_appears_without_a_reload_and_moves_the_numbers(
    page: Page, dashboard: str, made_up: Any, ingest: Any
) -> None:
    """A run is in the list as it arrives; the numbers follow when the stored ones moved.

    Before the first of all there are the steps to it alone; then there is the class by itself.
    """
    page.goto(f"{dashboard}/?token={TOKEN}")
    expect(page.get_by_test_id("first-visit")).to_be_visible(timeout=60_000)
    expect_state(page, "live")
    expect(page.get_by_test_id("strip")).to_have_count(0)
    page.evaluate("window.sameDocument = true")
    ingest.send(made_up.run("Vole"))
    ingest.signal()
    expect(page.get_by_test_id("class-map")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("first-visit")).to_have_count(0, timeout=30_000)
    expect(page.get_by_test_id("live-feed")).to_be_visible(timeout=30_000)
    expect_state(page, "live")
    assert len(ingest.connections) == 1
    run = made_up.run(
        "Heron", "error", error_name="NameError", error_message="name 'totl' is not defined"
    )
    ingest.send(run)
    row = page.get_by_test_id("live-run").first
    expect(row).to_have_attribute("data-position", run["position"], timeout=30_000)
    expect(row).to_contain_text("Heron")
    expect(row).to_contain_text("error")
    expect(row).to_contain_text("NameError name 'totl' is not defined")
    ingest.signal()
    expect(number_of(page, "here now")).to_have_text("2 of 2")
    expect(cells_of(page, "Heron")).to_have_text(["failing, 1 run in a row"])
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
    expect(names_of(page)).to_have_text(["Asp", "Vole"])
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
    expect_state(page, "live")
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
    expect_state(page, "live")
    made_up.asked.clear()
    for _ in range(40):
        ingest.send(made_up.run("Vole"))
        ingest.signal()
    expect(row_of(page, "Vole").locator(".cp-busy")).to_have_text("41 runs in 15 minutes")
    redraws = sum(path.endswith("/live") for path in made_up.asked)
    assert 1 <= redraws < 20


def test_a_page_that_nobody_sees_is_drawn_when_somebody_does(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """A tab in the background asks for no numbers; the moment it is looked at it has them."""
    made_up.run("Vole")
    enter()
    expect_state(page, "live")
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
    expect(row_of(page, "Vole").locator(".cp-busy")).to_have_text("31 runs in 15 minutes")


def test_nothing_jumps_under_the_pointer(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """While one is about to press a card's button it stays; what was due is drawn after that."""
    [ada] = ATTENTION.students
    bob = ada.model_copy(update={"student_id": "bob"})
    made_up.run("ada")
    made_up.run("bob")
    made_up.needy = [ada, bob]
    enter()
    expect_state(page, "live")
    cards = page.get_by_test_id("person").locator("b")
    expect(cards).to_have_text(["ada", "bob"])
    page.get_by_role("button", name="I am going").first.hover()
    page.wait_for_function(UNDISTURBED)  # what was asked before that may be drawn
    made_up.needy = [bob, ada]
    made_up.run("bob")
    ingest.signal()
    expect(page.get_by_test_id("live-feed")).to_have_attribute("data-held", "")
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(cards).to_have_text(["ada", "bob"])
    page.get_by_test_id("strip").hover()
    expect(cards).to_have_text(["bob", "ada"])
    page.get_by_role("button", name="I am going").first.press("Shift")
    made_up.needy = [ada, bob]
    ingest.signal()
    expect(page.get_by_test_id("live-feed")).to_have_attribute("data-held", "")
    expect(cards).to_have_text(["ada", "bob"], timeout=60_000)  # who only rests there sees it, too


def test_what_was_opened_over_a_card_stays_while_it_is_read(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """What is due is drawn when the pointer has left it, though it is not in the card itself."""
    [ada] = ATTENTION.students
    made_up.run("ada")
    made_up.run("bob")
    made_up.needy = [ada.model_copy(update={"reasons": [*ada.reasons, *ada.reasons]})]
    enter()
    expect_state(page, "live")
    page.get_by_role("button", name="+1 reason").click()
    reasons = page.get_by_test_id("reasons")
    reasons.hover()
    page.wait_for_function(UNDISTURBED)
    made_up.needy = [ada.model_copy(update={"student_id": "bob"})]
    made_up.run("bob")
    ingest.signal()
    expect(page.get_by_test_id("live-feed")).to_have_attribute("data-held", "")
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(reasons).to_contain_text("ada")
    page.get_by_test_id("strip").hover()
    expect(reasons).to_have_count(0)
    expect(page.get_by_test_id("person").locator("b")).to_have_text(["bob"])


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
        expect_state(page, "live")
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


def test_what_is_drawn_late_of_a_page_that_was_left_does_not_ask_for_it(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Else a quick Back is lost: the list asks where its page is, and is silent elsewhere."""
    made_up.run("Vole")
    enter()
    expect_state(page, "live")
    page.wait_for_function(UNDISTURBED)
    page.evaluate("history.pushState({}, '', `/student${location.search}`)")
    made_up.run("Wren")
    ingest.signal()
    page.wait_for_timeout(2_000)
    expect(row_of(page, "Wren")).to_have_count(0)
    page.evaluate("history.pushState({}, '', `/${location.search}`)")
    ingest.signal()
    expect(row_of(page, "Wren")).to_be_visible()


@pytest.mark.own_tab
@pytest.mark.parametrize(
    "leave", ["history.back()", "document.querySelectorAll('.st-key-pages a')[3].click()"]
)
def test_who_leaves_in_the_moment_in_which_the_list_asks_arrives(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any, leave: str
) -> None:
    """Streamlit sends what is asked a moment later, and that must not be after one has left."""
    page.add_init_script(HEAR_WHO_LEAVES)
    made_up.run("Vole", "error", error_name="NameError")
    enter()
    page.get_by_role("link", name="Student").click()
    expect(page.get_by_test_id("class-table")).to_contain_text("Vole")
    page.get_by_role("link", name="Live").click()
    expect_state(page, "live")
    page.wait_for_function(UNDISTURBED)
    page.evaluate(LEAVE_WHILE_ASKING.replace("LEAVE()", leave))
    ingest.signal()
    expect(page.get_by_test_id("class-table")).to_contain_text("Vole")
    page.wait_for_timeout(1_000)  # for what is sent too late to come
    expect(page.get_by_test_id("class-table")).to_contain_text("Vole")
    assert urlsplit(page.url).path == "/student"


@pytest.mark.own_tab
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
    expect_state(page, "live")
    expect(page.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg")).to_have_count(1)
    assert hosts - {""} == {"127.0.0.1"}
    assert errors == []


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
