"""Forty students work while three instructors watch, each in their own way: real processes."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.attention.responses import Attention, ErrorClusters
from analytics.class_view.responses import ClassMap
from analytics.responses import Progress
from streamlit_app.class_view.failures import CLUSTER_MINUTES
from streamlit_app.class_view.strip_numbers import strip_numbers

PATIENT_MS = 60_000
STUDENTS = 40
LESSON = ("--minutes", "6", "--speed", "60", "--seed", "7")
#: Notes every row that comes into the live list, also one that goes again.
NOTE_ROWS = """() => {
  const list = document.querySelector("[data-testid=live-runs]");
  const note = (node) => window.noted.push(node.dataset.position);
  window.noted = [];
  for (const row of list.querySelectorAll("[data-testid=live-run]")) note(row);
  new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach(note)))
    .observe(list, { childList: true });
}"""
#: Returns each student's row of the map: the words of its cells.
MAP_ROWS = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-testid=class-map] tr[data-student]")].map((row) => [
    row.dataset.student,
    [...row.querySelectorAll("td.cp-glyph-cell")].map((cell) => cell.textContent),
  ]),
)"""
SOLVED = "solved (check passed)"


@pytest.fixture
def browser(
    open_browser: Callable[[], AbstractContextManager[Browser]],
) -> Iterator[Browser]:
    """Start a browser."""
    expect.set_options(timeout=PATIENT_MS)
    with open_browser() as browser:
        yield browser


@pytest.fixture
def watch(watched_pipeline: Any, browser: Browser) -> Callable[..., Page]:
    """Return a function that opens the Live page on a screen of its own."""
    pipeline = watched_pipeline
    token = pipeline.bearer("read")["Authorization"].removeprefix("Bearer ")

    def watch(query: str, width: int, height: int) -> Page:
        page = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", timezone_id="UTC"
        ).new_page()
        page.set_default_timeout(PATIENT_MS)
        page.goto(f"{pipeline.dashboard}/?course={pipeline.course}&{query}&token={token}")
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        page.evaluate(NOTE_ROWS)
        return page

    return watch


def every_event(pipeline: Any) -> list[dict[str, Any]]:
    """Return everything that the API has of the course, newest first."""
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        answer = pipeline.get(f"/courses/{pipeline.course}/events?limit=1000{before}")
        found += answer["events"]
        if answer["next_before"] is None:
            return found
        before = f"&before={answer['next_before']}"


def strip_by_api(pipeline: Any) -> list[str]:
    """Return what the strip has to show."""
    course = f"/courses/{pipeline.course}"
    numbers = strip_numbers(
        Progress.model_validate(pipeline.get(f"{course}/progress")),
        ClassMap.model_validate(pipeline.get(f"{course}/class_map")),
        Attention.model_validate(pipeline.get(f"{course}/attention")),
        ErrorClusters.model_validate(
            pipeline.get(f"{course}/error_clusters?minutes={CLUSTER_MINUTES}")
        ),
    )
    return [f"{each.value} {each.of}".strip() for each in numbers]


def begin_class(pipeline: Any) -> subprocess.Popen[str]:
    """Let the simulated class begin to work through its lesson."""
    course = ("--course", pipeline.course)
    command = ("-m", "flows.cli", "simulate", *course, "--students", str(STUDENTS))
    return subprocess.Popen(
        (sys.executable, *command, *LESSON),
        env=pipeline.environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def events_of(teaching: subprocess.Popen[str]) -> int:
    """Wait until the class is over; return how many events it sent, all of them accepted."""
    told, _ = teaching.communicate(timeout=120)
    sent = re.match(r"(\d+) events planned, \1 accepted, 0 duplicates, 0 rejected, 0 not", told)
    assert sent is not None, told
    return int(sent[1])


@pytest.mark.timeout(600)
def test_three_instructors_see_the_same_class(
    watched_pipeline: Any, watch: Callable[..., Page]
) -> None:
    """When it is over all show the API's numbers, each row came once, and a mark reaches all."""
    pipeline = watched_pipeline
    pipeline.post({"course_id": pipeline.course, "student_id": "heron-00", "status": "ok"})
    pipeline.wait_until(lambda: pipeline.runs_by_api() == 1, "the first run")
    by_name = watch("order=name", 1440, 900)
    projected = watch("projector=1", 1280, 720)
    tablet = watch("order=need", 1024, 768)
    tablet.locator("[data-testid=live-feed] summary").click()
    tablet.get_by_role("searchbox").fill("Error")  # it hides rows, and loses none

    sent = events_of(begin_class(pipeline))
    pipeline.wait_until(lambda: len(every_event(pipeline)) == sent + 1, "the lake")
    events = every_event(pipeline)
    newest = events[0]["position"]
    pipeline.wait_until(
        lambda: pipeline.get(f"/courses/{pipeline.course}/progress")["as_of"]["position"] == newest,
        "PostgreSQL",
    )

    # Each row once, on every screen that hears the live connection; none with a name on the other.
    of_feed = [each["position"] for each in events if each["type"] != "heartbeat"]
    for page in (by_name, tablet):
        page.wait_for_function("all => window.noted.length >= all", arg=len(of_feed))
        assert Counter(page.evaluate("window.noted")) == Counter(of_feed)
    shown = "rows => rows.map((row) => row.dataset.position)"
    expect(projected.locator(f'[data-position="{of_feed[0]}"]')).to_be_attached()
    for page in (by_name, projected, tablet):
        assert page.get_by_test_id("live-run").evaluate_all(shown) == of_feed[:100]
    names = {each["student_id"] for each in events}
    assert len(names) == STUDENTS + 1
    assert not [name for name in names if name in projected.content()]

    # The same numbers, and they are the API's.
    for page in (by_name, projected, tablet):
        pipeline.wait_until(lambda page=page: strip_of(page) == strip_by_api(pipeline), "the strip")
    solved = {
        student["student_id"]: student["states"].count("s")
        for student in pipeline.get(f"/courses/{pipeline.course}/class_map")["students"]
    }
    assert {
        student: cells.count(SOLVED) for student, cells in by_name.evaluate(MAP_ROWS).items()
    } == solved
    assert sorted(cells.count(SOLVED) for cells in projected.evaluate(MAP_ROWS).values()) == sorted(
        solved.values()
    )

    # What one of them does is seen by the others.
    by_name.get_by_role("button", name="I am going").first.click()
    for page in (projected, tablet):
        expect(page.get_by_text("is on the way").first).to_be_visible()


def strip_of(page: Page) -> list[str]:
    """Return what the strip shows."""
    return [" ".join(text.split()) for text in page.locator(".cp-strip dd").all_inner_texts()]
