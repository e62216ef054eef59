"""The live list in a real browser: nothing is missed, nothing is twice, and texts are texts."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from analytics.attention.examples import ATTENTION
from tests.streamlit_app.live.live_page import TOKEN, HeldStream, expect_state, names_of, row_of


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
    expect_state(page, "live")
    second = made_up.run("Heron")
    ingest.send(second)
    expect(page.get_by_test_id("live-run")).to_have_count(2)
    ingest.stop()
    expect_state(page, "reconnecting", "offline")
    missed = [made_up.run("Vole"), made_up.run("Heron")]
    ingest.start()
    expect_state(page, "live")
    ingest.send(second)  # a repeat
    last = made_up.run("Ibis")
    ingest.send(last)
    expect(page.get_by_test_id("live-run").first).to_contain_text("Ibis")
    expected = [first, second, *missed, last]
    assert positions() == [run["position"] for run in reversed(expected)]
    asked = [connection["query"]["after"] for connection in ingest.connections]
    assert asked == [first["position"], second["position"]]
    assert ingest.connections[0]["offered"] == ["cellpulse.v1", f"bearer.{TOKEN}"]
    feed = page.get_by_test_id("live-feed")
    expect(feed).not_to_contain_text("Some rows are not here")
    ingest.send({"signal": "missed", "after": first["position"], "from": last["position"]})
    expect(feed).to_contain_text("Some rows are not here: the connection was away.")


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
    expect_state(page, "live")
    sent = made_up.run("Heron")
    ingest.send(sent)
    expect(page.get_by_test_id("live-run")).to_have_count(2)
    ingest.stop()
    page.reload()
    expect(page.get_by_test_id("live-run")).to_have_count(2)
    assert positions() == [sent["position"], enter_run["position"]]
    expect_state(page, "reconnecting", "offline")
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
    expect_state(page, "live")
    runs = [made_up.run("Vole") for _ in range(120)]
    for run in (*runs[1::2], *runs[::2]):
        ingest.send(run)
    ingest.send(made_up.run("Last"))
    expect(page.get_by_test_id("live-run").first).to_contain_text("Last")
    expect(page.get_by_test_id("live-run")).to_have_count(100)
    newest = [run["position"] for run in reversed(runs)][:99]
    assert positions()[1:] == newest


def test_students_are_called_as_the_roster_calls_them(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """In the map, on the cards and in the list, while links and the filter know the id, too."""
    evil = "<i>x</i> [y](javascript:1) $z$ :material/home:"
    made_up.names = {"s1": "Ada Lovelace", "s2": "نور", "s3": "Kim", "s4": "Kim", "s5": evil}
    students = {"s1": "Ada Lovelace", "s2": "نور", "s3": "Kim (s3)", "s4": "Kim (s4)", "s5": evil}
    for student in students:
        made_up.run(student)
    [listed] = ATTENTION.students
    made_up.needy = [listed.model_copy(update={"student_id": each}) for each in students]
    enter()
    expect_state(page, "live")
    ingest.send(made_up.run("s1"))
    rows = page.get_by_test_id("live-run")
    shown = [students[each] for each in ("s1", "s5", "s4", "s3", "s2", "s1")]
    expect(rows.locator("a")).to_have_text(shown)
    expect(page.get_by_test_id("person").locator("b")).to_have_text(list(students.values()))
    page.get_by_role("radio", name="by name").click()
    expect(names_of(page)).to_have_text([evil, "Ada Lovelace", "Kim (s3)", "Kim (s4)", "نور"])
    page.get_by_text("Every run, as it happens").click()
    page.get_by_placeholder("Only rows with …").fill("S2")
    expect(rows.filter(visible=True).locator("a")).to_have_text(["نور"])
    names_of(page).nth(1).click()
    expect(page.get_by_test_id("history-table")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["student"] == ["s1"]
    expect(page.get_by_role("combobox").last).to_have_value("Ada Lovelace (s1)")


def test_what_a_student_wrote_is_only_text(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Markup in a name or a message is shown as it was written and does nothing."""
    evil = "<img src=x onerror=\"document.title='taken'\">"
    made_up.run(evil, "error", error_name=evil, error_message=evil, exercise=evil)
    enter()
    expect_state(page, "live")
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
    expect_state(page, "live")
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
    expect_state(page, "live")
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
    expect(names_of(page)).to_have_count(2)
    expect(rows).to_have_count(1)
    feed.get_by_role("button", name="Go on").click()
    expect(rows).to_have_count(3)
    assert positions() == [run["position"] for run in (*later[::-1], first)]
    feed.get_by_role("searchbox").fill("keyerr")
    expect(rows.filter(visible=True)).to_have_count(1)
    ingest.send(made_up.run("Ibis"))
    expect(rows).to_have_count(4)
    expect(rows.filter(visible=True)).to_have_count(1)
    expect(page).to_have_url(re.compile("rows=keyerr$"))
    page.get_by_role("radio", name="by name").click()
    expect(page).to_have_url(re.compile("order=name"))
    page.reload()  # or a colleague, who was sent the address
    expect(rows.filter(visible=True)).to_have_count(1, timeout=60_000)
    expect(feed.get_by_role("searchbox")).to_have_value("keyerr")
    feed.get_by_role("searchbox").fill("nothing has this")
    expect(feed).to_contain_text("No row has this.")
    feed.get_by_role("searchbox").fill("")
    expect(rows.filter(visible=True)).to_have_count(4)
    expect(page).not_to_have_url(re.compile("rows="))


def test_a_filter_is_told_again_where_other_news_took_its_place(
    page: Page, enter: Callable[..., None], made_up: Any, ingest: Any
) -> None:
    """Python hears of numbers that moved alone; the address has the filter all the same."""
    made_up.run("Vole")
    stream = HeldStream(page)
    enter()
    expect_state(page, "live")
    page.get_by_test_id("live-feed").locator("summary").click()
    asked = stream.asked
    stream.is_deaf = True
    page.get_by_role("searchbox").fill("vole")
    page.wait_for_timeout(2_000)
    assert stream.asked > asked
    stream.is_deaf = False
    for number in range(2, 4):
        ingest.send(made_up.run("Vole"))
        ingest.signal()
        busy = row_of(page, "Vole").locator(".cp-busy")
        expect(busy).to_have_text(f"{number} runs in 15 minutes", timeout=30_000)
    expect(page).to_have_url(re.compile("rows=vole$"))
    expect(page.get_by_role("searchbox")).to_have_value("vole")
