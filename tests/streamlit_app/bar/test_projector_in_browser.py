"""Projector mode in a real browser: no name anywhere, on every page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from analytics.attention.responses import Listed, Reason

TOKEN = "read-token-of-the-instructor"
#: Each is in no alias and no text of the pages.
NAMES = ("hanako.y", "Yamada", "paulo77", "Nóbrega")
#: Finds what is around each name that is anywhere in the page.
_EVERYTHING = """(names) => {
  const all = [
    document.documentElement.outerHTML,
    document.title,
    decodeURIComponent(location.href),
    ...[...document.querySelectorAll("input")].map((each) => each.value),
  ].join("\\n").toLowerCase();
  return names.map((name) => all.indexOf(name.toLowerCase())).filter((place) => place >= 0)
    .map((place) => all.slice(Math.max(0, place - 100), place + 50));
}"""


@pytest.fixture
def lesson(made_up: Any) -> None:
    """Let a class of six work, two of them with names that must not show."""
    made_up.names = {"hanako.y": "Hanako Yamada", "paulo77": "Paulo Nóbrega"}
    told = {"error_name": "NameError", "error_message": "no file /home/paulo77/x: ask Yamada"}
    for student in ("hanako.y", "paulo77", "s1", "s2", "s3", "s4"):
        made_up.run(student)
        made_up.run(student, "error", **told)
    now = datetime.now(UTC)
    reason = Reason(
        code="failed_runs", text="6 failed runs", since=now, values={"runs": 6}, positions=["1-0"]
    )
    made_up.needy = [
        Listed(
            student_id=student,
            confidence="high",
            since=now,
            exercise="1.1",
            notebook="course/01_values.ipynb",
            last_run_at=now,
            reasons=[reason],
        )
        for student in ("hanako.y", "paulo77")
    ]


@pytest.fixture
def expect_no_name(page: Page) -> Callable[[], None]:
    """Return a function that looks for names in all that the page consists of, and in its links."""

    def expect_no_name() -> None:
        # The page is drawn from above to below: what is awaited is that all of it is.
        page.wait_for_function(f"names => ({_EVERYTHING})(names).length === 0", arg=list(NAMES))
        links = page.locator(".stMain a[href]").evaluate_all("all => all.map(each => each.href)")
        inner = [link for link in links if "course=" in link]
        assert inner
        for link in inner:
            assert parse_qs(urlsplit(link).query).get("projector") == ["1"], link

    return expect_no_name


def test_every_name_is_hidden_on_every_page(
    page: Page,
    dashboard: str,
    made_up: Any,
    ingest: Any,
    lesson: None,
    expect_no_name: Callable[[], None],
) -> None:
    """From the switch on, through reload, links and live runs, until it is off again."""
    assert lesson is None
    page.goto(f"{dashboard}/?token={TOKEN}")
    expect(page.get_by_test_id("class-map")).to_contain_text("Hanako Yamada", timeout=60_000)
    own_link = page.locator(".st-key-pages [aria-current=page]")
    expect(own_link).to_have_text("Live")
    page.get_by_test_id("live-feed").locator("summary").click()
    page.get_by_role("searchbox").fill("Yamada")
    expect(page).to_have_url(re.compile("rows=Yamada"))
    page.get_by_text("Projector", exact=True).click()
    expect(page.get_by_test_id("projected")).to_be_visible()
    expect(page).to_have_url(re.compile("projector=1"))
    expect(page.get_by_test_id("class-map")).to_contain_text("Amber alpaca")
    expect(page.get_by_test_id("person")).to_have_count(2)
    expect(page.get_by_test_id("class-map")).not_to_contain_text("Hanako")
    page.get_by_test_id("live-feed").locator("summary").click()
    expect(page.get_by_test_id("live-run")).to_have_count(12)
    expect_no_name()
    ingest.send(made_up.run("paulo77"))
    ingest.signal()
    expect(page.get_by_test_id("live-run")).to_have_count(13, timeout=30_000)
    expect(page.get_by_test_id("live-run").first).to_contain_text("Apricot badger")
    expect_no_name()
    page.get_by_role("button", name="I am going").first.click()
    expect(page.get_by_test_id("person").first).to_contain_text("on the way")
    assert list(made_up.marks) == ["hanako.y"]
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    page.get_by_role("link", name="Open Amber alpaca").click()
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError", timeout=60_000)
    expect(page.get_by_test_id("spread").first).to_have_attribute("title", re.compile("Amber"))
    expect(page).to_have_url(re.compile("student=Amber"))
    expect(own_link).to_have_text("Students")
    expect_no_name()
    page.reload()
    expect(page.get_by_test_id("history-table")).to_contain_text("NameError", timeout=60_000)
    for path, there in (
        ("exercise?exercise=1.1&", "stuck"),
        ("measures?measure=error_rate&student=hanako.y&by=run&", "runs-table"),
        ("student?student=hanako.y&about=hanako.y&", "history-table"),
        ("student?", "class-table"),
    ):
        page.goto(f"{dashboard}/{path}course=python-101&projector=1")
        expect(page.get_by_test_id(there)).to_be_visible(timeout=60_000)
        expect(page).not_to_have_url(re.compile("hanako"))
        expect_no_name()

    page.get_by_role("link", name="Amber alpaca").click()
    expect(page.get_by_test_id("history-table")).to_be_visible(timeout=60_000)
    page.get_by_text("Projector", exact=True).click()
    expect(page).to_have_url(re.compile(r"student=hanako\.y"))
    expect(page.get_by_test_id("projected")).to_be_hidden()
    expect(page.get_by_test_id("history-table")).to_contain_text("/home/paulo77/x")


#: Streamlit's browser hears late what Python answers, from when on `window.hearsLate` is set.
HEAR_LATE = """
const Heard = WebSocket;
window.WebSocket = class extends Heard {
  addEventListener(type, hear, ...more) {
    const isHere = type === "message" && this.url.includes("_stcore");
    const late = (event) => setTimeout(() => hear(event), window.hearsLate ? 1500 : 0);
    super.addEventListener(type, isHere ? late : hear, ...more);
  }
  set onmessage(hear) {
    this.addEventListener("message", hear);
  }
};
"""
#: Notes when a name is in the class map again after it was hidden there.
NOTE_LEAKS = """() => {
  window.leaks = [];
  new MutationObserver(() => {
    const shown = document.querySelector("[data-testid=class-map]")?.textContent ?? "";
    window.wasHidden ||= shown.includes("Amber alpaca");
    if (window.wasHidden && shown.includes("Yamada")) window.leaks.push(shown);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}"""


@pytest.mark.own_tab
def test_numbers_that_move_while_names_are_being_hidden_do_not_show_them(
    page: Page, dashboard: str, ingest: Any, lesson: None
) -> None:
    """A browser that was not told of the new address yet asks with the one before it."""
    assert lesson is None
    page.add_init_script(HEAR_LATE)
    page.goto(f"{dashboard}/?course=python-101&token={TOKEN}")
    expect(page.get_by_test_id("class-map")).to_contain_text("Hanako Yamada", timeout=60_000)
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(2_000)  # so that the list may ask at once
    page.evaluate(NOTE_LEAKS)
    page.evaluate("window.hearsLate = true")
    page.get_by_text("Projector", exact=True).click()
    ingest.signal()
    expect(page.get_by_test_id("class-map")).to_contain_text("Amber alpaca", timeout=30_000)
    page.evaluate("window.hearsLate = false")
    page.wait_for_timeout(3_000)
    assert page.evaluate("window.leaks") == []
    expect(page).to_have_url(re.compile("projector=1"))


def test_rows_that_are_listed_have_no_name_from_the_switch_on(
    page: Page,
    dashboard: str,
    made_up: Any,
    ingest: Any,
    lesson: None,
    expect_no_name: Callable[[], None],
) -> None:
    """In a replay, and in a pseudonymous course, whose rows Python draws before it as after it."""
    assert lesson is None
    made_up.pseudonymous = True
    ingest.hang_up()
    for path, feed in (("replay", "past-feed"), ("live", "live-feed")):
        page.goto(f"{dashboard}/{path}?course=python-101&token={TOKEN}")
        rows = page.get_by_test_id(feed)
        rows.locator("summary").click(timeout=60_000)
        expect(rows.get_by_test_id("live-run").first).to_be_visible()
        expect(rows).to_contain_text("Hanako Yamada")
        page.get_by_text("Projector", exact=True).click()
        expect(rows).to_contain_text("Amber alpaca")
        expect_no_name()
