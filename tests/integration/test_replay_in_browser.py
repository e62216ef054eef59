"""Replay equals what was live then: one class, seen live and afterwards, in a real browser."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

PATIENT_MS = 60_000
ROWS = ".cp-map tbody tr:has(td.cp-glyph-cell)"
STUDENTS = [f"s{number}" for number in range(1, 9)]
#: What each student does in each part of the class: exercise and outcomes of its runs.
PARTS: list[dict[str, tuple[str, list[str]]]] = [
    {student: ("1.1", ["ok"]) for student in STUDENTS[:6]}
    | {"s7": ("1.1", ["error"] * 4), "s8": ("1.1", ["error", "error"])},
    {student: ("1.2", ["ok", "error"]) for student in STUDENTS[:4]}
    | {"s7": ("1.1", ["error"] * 3), "s8": ("1.1", ["ok"])},
    {student: ("1.2", ["error"] * 4) for student in STUDENTS[:2]}
    | {"s3": ("2.1", ["ok"]), "s7": ("1.2", ["ok"])},
]


@pytest.fixture
def browser(
    open_browser: Callable[[], AbstractContextManager[Browser]],
) -> Iterator[BrowserContext]:
    """Start a browser with an instructor's large screen."""
    expect.set_options(timeout=PATIENT_MS)
    with open_browser() as browser:
        yield browser.new_context(
            viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC"
        )


def teach(pipeline: Any, number: int) -> None:
    """Let the students work at a part of the class, and wait until the API has counted it."""
    before = pipeline.runs_by_api()
    events = []
    for student, (exercise, outcomes) in PARTS[number].items():
        for status in outcomes:
            event = {
                "course_id": pipeline.course,
                "student_id": student,
                "exercise": exercise,
                "notebook": "01.ipynb",
                "status": status,
            }
            if status == "error":
                event |= {"error_name": "NameError", "error_message": "name 'x' is not defined"}
            events.append(event)
    if number == 1:
        events.append({"course_id": pipeline.course, "student_id": "s5", "type": "help_requested"})
    pipeline.post(events)
    runs = before + sum(event.get("type") is None for event in events)
    pipeline.wait_until(lambda: pipeline.runs_by_api() == runs, "the lake")
    course = f"/courses/{pipeline.course}"
    newest = pipeline.get(f"{course}/events?limit=1")["events"][0]["position"]
    pipeline.wait_until(
        lambda: pipeline.get(f"{course}/progress")["as_of"]["position"] == newest, "PostgreSQL"
    )


def shown(page: Page) -> dict[str, Any]:
    """Return the numbers of the page, and who is where, as the browser has drawn them."""
    return {
        "strip": page.locator(".cp-strip dd").all_inner_texts(),
        "map": [
            row.locator("td.cp-glyph-cell").all_inner_texts() for row in page.locator(ROWS).all()
        ],
        "people": page.locator('[data-testid="person"] p:first-child b').all_inner_texts(),
        "reasons": page.locator('[data-testid="person"] p:nth-child(2)').all_inner_texts(),
        "failures": page.locator('[data-testid="failure"] > b').all_inner_texts(),
    }


def settled(page: Page) -> tuple[dict[str, Any], datetime]:
    """Return what the page shows of everything that happened, and when that was.

    Some numbers are of the minutes of the clock, so all of it has to be within one.
    """
    for _ in range(3):
        before = datetime.now(UTC)
        page.reload()
        drawn(page, "live-feed")
        numbers, after = shown(page), datetime.now(UTC)
        if before.minute == after.minute:
            return numbers, after
    pytest.fail("the page takes longer than a minute")


def drawn(page: Page, last: str) -> None:
    """Wait until all of the class is on the page, with what is drawn last."""
    expect(page.get_by_test_id(last)).to_be_attached()
    expect(page.locator(".cp-strip dd")).to_have_count(6)
    expect(page.locator(ROWS)).to_have_count(len(STUDENTS))


def test_the_replay_shows_what_the_live_page_showed(
    watched_pipeline: Any, browser: BrowserContext
) -> None:
    """At three moments of a class, with a mark that another instructor sees at once.

    Then it plays, its address keeps course, time and speed, and nothing on it acts.
    """
    pipeline = watched_pipeline
    token = pipeline.bearer("read")["Authorization"].removeprefix("Bearer ")
    teach(pipeline, 0)
    live, colleague = browser.new_page(), browser.new_page()
    for page in (live, colleague):
        page.goto(f"{pipeline.dashboard}/live?course={pipeline.course}&order=name&token={token}")
        drawn(page, "live-feed")
    recorded = [settled(live)]

    live.get_by_placeholder("Mark this moment").fill("explained <b>names</b>")
    live.keyboard.press("Enter")
    expect(live.get_by_text("Marked at")).to_be_visible()
    expect(colleague.get_by_role("button", name="All marks")).to_be_visible()
    for part in (1, 2):
        teach(pipeline, part)
        recorded.append(settled(live))
    assert len({str(numbers) for numbers, _ in recorded}) == 3

    replay = browser.new_page()
    for numbers, moment in recorded:
        at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        replay.goto(
            f"{pipeline.dashboard}/replay?course={pipeline.course}&order=name&speed=10&at={at}"
        )
        time_shown = moment.strftime("%H:%M:%S")
        expect(replay.get_by_test_id("past")).to_contain_text(time_shown)
        drawn(replay, "replay-time")
        assert shown(replay) == numbers
    for label in ("I am going", "Snooze", "Helped", "Mark"):
        expect(replay.get_by_role("button", name=label, exact=True)).to_have_count(0)

    # To the mark, whose text is text, and from there it plays to the end.
    before = replay.url
    replay.get_by_role("button", name="explained <b>names</b>").click()
    expect(replay).not_to_have_url(before)
    went_to = replay.url
    clock = replay.locator(".cp-replay-clock")
    replay.evaluate("window.sameDocument = true")
    replay.get_by_role("button", name="60").click()
    replay.get_by_test_id("play").click()
    expect(replay.get_by_test_id("play")).to_have_text("Play")  # it came to the end
    expect(replay.locator(".cp-strip dd").nth(0)).to_have_text(re.compile("8"))
    assert replay.evaluate("window.sameDocument")
    kept = clock.inner_text()
    expect(replay).to_have_url(re.compile("speed=60"))
    replay.reload()
    expect(clock).to_have_text(kept)
    assert went_to != replay.url
    replay.go_back()
    expect(clock).not_to_have_text(kept)
