"""The Admin page in a real browser, over the real API: an installation from its first course on."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect
from redis import Redis

from analytics.api import create_app as create_api
from analytics.settings import ApiSettings
from flows.log.reader import LogReader
from flows.migrations.migrate import prepare_databases
from flows.settings import LakeSettings
from ingest_api.app import create_app as create_ingest
from ingest_api.settings import IngestSettings
from ingest_api.tokens import Grant, SignedIn, issue_token
from streamlit_app.page_parts.palette import DARK, LIGHT, Palette
from streamlit_app.sign_in.gate import COOKIE
from tests.integration.conftest import serving

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
#: Returns what axe says of how the words of the one main button contrast with it.
CONTRASTS = """
async () => {
  const button = "[data-testid^=stBaseButton-primary]";
  const found = await axe.run(button, { runOnly: ["color-contrast"] });
  const said = [...found.passes, ...found.violations, ...found.incomplete];
  return said.flatMap(({ nodes }) => nodes.flatMap(({ any }) => any.map(({ data }) => data)));
}
"""
SECRET = "a secret that is for the admin's browser only"
PASSWORD = "correct horse battery"
#: Line 3 names nobody, line 4 somebody who is in line 2 already.
FAULTY = "student_id,name,section,seat\ns01,Ada Lovelace,A,C4\n,Bob,A,\ns01,Eve,B,\n"
MENDED = "student_id,name,section,seat\ns01,Ada Lovelace,A,C4\ns02,山田 花子,A,\ns03,Eve,B,D1\n"
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {
            "cell_type": "code",
            "id": "c1",
            "metadata": {"tags": ["exercise:1.1"]},
            "source": "total = 0",
        },
        {
            "cell_type": "code",
            "id": "c2",
            "metadata": {"tags": ["exercise:1.1", "check:sum"]},
            "source": "assert total",
        },
    ],
}


@dataclass
class School:
    """A platform without a course: its dashboard, its API and its ingest.

    Nothing drains its log, so every store is behind what the ingest accepts.
    """

    dashboard: str
    api: str
    ingest: str
    app: FastAPI
    redis_url: str

    def root(self) -> str:
        """Return the token of the admin root's session."""
        now = time.time()
        signed_in = SignedIn("root", "t", now, int(now) + 3600)
        return issue_token(SECRET, Grant("read", "*", None, signed_in))

    def ran(self, student: str) -> None:
        """Let a student run a cell; the ingest accepts it."""
        token = issue_token(SECRET, Grant("ingest", "py-1", student))
        answer = httpx.post(
            f"{self.ingest}/student-progress",
            json={"course_id": "py-1", "student_id": student, "status": "ok", "exercise": "1.1"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        assert answer.status_code == 202, answer.text

    def worker_starts(self) -> None:
        """Let the log know of the stores, as the worker does before it writes."""
        with Redis.from_url(self.redis_url) as redis:
            LogReader(redis).add_groups(("influxdb", "lake", "postgres"))

    def of_admins(self) -> list[tuple[str, str]]:
        """Return every operation of the API that is for admins: method and path."""
        return [
            (method, re.sub(r"\{[^}]+\}", "py-1", path))
            for path, methods in self.app.openapi()["paths"].items()
            for method in methods
            if path.startswith("/api/v1/admin/")
        ]


@pytest.fixture(scope="module")
def school(
    redis_server_url: str,
    postgres_server: Callable[[str], str],
    running_dashboard: Callable[..., AbstractContextManager[tuple[Any, str, Any]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[School]:
    """Run the API, the ingest and the dashboard over stores in which there is nothing."""
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as database:
        database.execute("CREATE DATABASE admins_browser")
    postgres_url = postgres_server("admins_browser")
    lake_path = str(tmp_path_factory.mktemp("lake"))
    prepare_databases(
        LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
    )
    with Redis.from_url(redis_server_url) as redis:
        redis.flushall()
    settings = ApiSettings(
        postgres_url=postgres_url, lake_path=lake_path, secret=SECRET, redis_url=redis_server_url
    )
    of_ingest = IngestSettings.model_validate(
        {"CELLPULSE_REDIS_URL": redis_server_url, "CELLPULSE_SECRET": SECRET}
    )
    app = create_api(settings)
    with ExitStack() as stack:
        api = stack.enter_context(serving(app))
        ingest = stack.enter_context(serving(create_ingest(of_ingest)))
        folder = tmp_path_factory.mktemp("dashboard")
        _, dashboard, _ = stack.enter_context(
            running_dashboard(folder, CELLPULSE_API_URL=api, CELLPULSE_PUBLIC_INGEST_URL=ingest)
        )
        yield School(dashboard, api, ingest, app, redis_server_url)
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as database:
        database.execute("DROP DATABASE admins_browser WITH (FORCE)")


def file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content.encode()}


def part(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def choose(page: Page, card: str, label: str, wanted: str) -> None:
    """Choose something of a list by typing it."""
    box = page.locator(f".st-key-{card}").get_by_role("combobox", name=re.compile(label))
    box.click()
    box.fill(wanted)
    page.get_by_role("option", name=wanted, exact=True).click()


def uploader(page: Page, label: str) -> Locator:
    """Return the field for files with this label, and not that of the part before."""
    field = page.get_by_test_id("stFileUploader").filter(has_text=label)
    return field.get_by_test_id("stFileUploaderDropzoneInput")


def expect_row(page: Page, table: str, *cells: str) -> None:
    """Expect a table to have a row with these texts."""
    row = page.get_by_test_id(table).locator("tr")
    for cell in cells:
        row = row.filter(has_text=cell)
    expect(row).to_have_count(1)


def expect_readable(page: Page, name: str) -> None:
    """Expect the words of a main button to contrast with it in each theme, as WCAG AA asks."""
    button = page.get_by_role("button", name=name)
    page.evaluate(AXE)
    themes: dict[Literal["dark", "light"], Palette] = {"dark": DARK, "light": LIGHT}
    for theme, colours in themes.items():
        page.mouse.move(0, 0)
        page.emulate_media(color_scheme=theme)
        channels = (str(int(colours.accent[at : at + 2], 16)) for at in (1, 3, 5))
        accent = f"rgb({', '.join(channels)})"
        expect(button).to_have_css("background-color", accent)
        at_rest = page.evaluate(CONTRASTS)
        button.hover()
        expect(button).not_to_have_css("background-color", accent)
        for said in (at_rest, page.evaluate(CONTRASTS)):
            assert [each["contrastRatio"] >= 4.5 for each in said] == [True], (theme, said)


def test_an_installation_is_looked_after(school: School, page: Page) -> None:
    """From the first course to the last change: all of it by hand, and a log of who did it."""
    expect.set_options(timeout=60_000)
    page.set_default_timeout(60_000)
    page.goto(f"{school.dashboard}/admin?token={school.root()}")
    make_course(page)
    enrol(page)
    register(page)
    link = make_assistant(page)
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(viewport={"width": 1440, "height": 900}) as assistant:
        token = be_refused(school, assistant, link)
    remove_assistant(page)
    assert ask(school, "GET", "/api/v1/viewer", token).status_code == 401

    with page.context.new_page() as health:  # it draws itself anew while the rest goes on
        health.set_default_timeout(60_000)
        health.goto(f"{school.dashboard}/admin?course=py-1&part=health")
        expect(health.locator(".st-key-admin_stores")).to_contain_text("Nothing yet.")
        for student in ("s01", "s02"):
            school.ran(student)
        school.worker_starts()
        part(page, "What is stored")
        page.get_by_role("textbox", name="Student id").fill("s01")
        page.get_by_role("textbox", name="Student id").press("Enter")
        expect(page.get_by_text("Ada Lovelace, section A, since")).to_be_visible()
        hide_and_show_names(page)
        for store in ("InfluxDB", "lake", "PostgreSQL"):
            expect_row(health, "health-stores", store, "2 events behind")
        expect(health.locator("[data-level=bad]").first).to_be_visible()


def hide_and_show_names(page: Page) -> None:
    """See who changed what, then nobody in projector mode, and leave it again."""
    expect_all_in_the_log(page)
    page.get_by_text("Projector", exact=True).click()
    expect(page).to_have_url(re.compile("projector=1"))
    expect(page).not_to_have_url(re.compile("s01"))
    expect(page.get_by_test_id("admin-log")).to_have_count(0)
    expect(page.get_by_text("tess")).to_have_count(0)
    page.get_by_role("link", name="Leave projector mode").first.click()
    expect(page.get_by_test_id("admin-log")).to_be_visible()
    expect(page).not_to_have_url(re.compile("projector"))


def make_course(page: Page) -> None:
    """Make a course with a title and a time zone."""
    new = page.locator(".st-key-admin_new_course")
    new.get_by_role("textbox", name="Course id").fill("py-1")
    new.get_by_role("textbox", name="Title").fill("Programming 1")
    choose(page, "admin_new_course", "Time zone", "Asia/Tokyo")
    new.get_by_role("button", name="Make the course").click()
    expect(page.get_by_text("The course py-1 was made.")).to_be_visible()
    expect_row(page, "admin-courses", "py-1", "Programming 1", "Asia/Tokyo")


def enrol(page: Page) -> None:
    """Enrol three students, after the faults of the file have been mended."""
    part(page, "Enrolment")
    upload = uploader(page, "CSV file with the students")
    upload.set_input_files(file("roster.csv", FAULTY))
    expect_row(page, "roster-faults", "3", "give the student one, or delete the line")
    expect_row(page, "roster-faults", "4", "is in line 2 too: keep one")
    expect(page.get_by_role("button", name="Enrol")).to_have_count(0)
    page.get_by_test_id("stFileChipDeleteBtn").get_by_role("button").click()
    expect(page.get_by_test_id("roster-faults")).to_have_count(0)  # it takes no other file before
    upload.set_input_files(file("roster.csv", MENDED))
    expect_row(page, "roster-students", "s01", "new", "Ada Lovelace", "A", "C4")
    expect_row(page, "roster-students", "s02", "山田 花子")
    expect_readable(page, "Enrol 3")
    page.get_by_role("button", name="Enrol 3").click()
    expect(page.get_by_text("3 enrolled, 0 changed in py-1.")).to_be_visible()


def register(page: Page) -> None:
    """Register the course's notebook."""
    part(page, "Registration")
    upload = uploader(page, "Notebooks, or one zip file")
    upload.set_input_files(file("01.ipynb", json.dumps(NOTEBOOK)))
    expect_row(page, "sent-exercises", "1.1", "01.ipynb", "sum", "new")
    page.get_by_role("button", name="Register 1 exercise").click()
    expect(page.get_by_text("1 exercise of py-1 is registered, 1 new.")).to_be_visible()


def make_assistant(page: Page) -> str:
    """Make the account tess of section A, and return its link, which is shown this once."""
    part(page, "Accounts")
    card = "admin_new_account"
    page.locator(f".st-key-{card}").get_by_role("textbox", name="Name").fill("tess")
    page.locator(f".st-key-{card}").get_by_role("textbox", name="Name").press("Tab")
    choose(page, card, "Role", "assistant")
    choose(page, card, "Course", "py-1")
    choose(page, "account_sections-0-py-1", "Sections", "A")  # that of this course
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("The account tess was made.")).to_be_visible()
    expect_row(page, "admin-accounts", "tess", "assistant", "py-1 (section A)", "not yet")
    return page.locator(".st-key-admin_link code").inner_text().strip()


def remove_assistant(page: Page) -> None:
    """Close the account tess."""
    page.locator(".st-key-admin_account").get_by_role("combobox").click()
    page.get_by_role("option", name="tess", exact=True).click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove tess").click()
    expect(page.get_by_text("The account tess was removed.")).to_be_visible()


def be_refused(school: School, assistant: BrowserContext, link: str) -> str:
    """Choose the assistant's password, and try the page and each address of an admin.

    Returns:
        The token of the assistant's session.
    """
    page = assistant.new_page()
    page.set_default_timeout(60_000)
    page.goto(link)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("button").click()
    page.wait_for_url(re.compile("/(live)?(\\?|$)"))
    page.goto(f"{school.dashboard}/admin?course=py-1&part=accounts")
    expect(page.get_by_text("This is for admins: ask one of them")).to_be_visible()
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    expect(page.locator(".cp-table")).to_have_count(0)
    token = next(each["value"] for each in assistant.cookies() if each["name"] == COOKIE)
    operations = school.of_admins()
    assert len(operations) >= 15
    for method, path in operations:
        answer = ask(school, method, path, token)
        assert answer.status_code == 403, (method, path)
        assert "ask one of them" in answer.json()["detail"]
    return token


def ask(school: School, method: str, path: str, token: str) -> httpx.Response:
    """Ask the API with a session's token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, f"{school.api}{path}", headers=headers, timeout=60)


def expect_all_in_the_log(page: Page) -> None:
    """Expect every change that was made here, newest first, with who made it."""
    log = page.get_by_test_id("admin-log").locator("tbody tr")
    changes = (
        ("account removed", "tess"),
        ("account made", "tess, assistant of py-1 (section A)"),
        ("course registered", "1 notebook, 1 exercise, 1 new, 0 retired"),
        ("students enrolled", "3 new, 0 changed"),
        ("course made", "Programming 1, Asia/Tokyo"),
    )
    expect(log).to_have_count(len(changes))
    for place, words in enumerate(changes):
        for word in ("root", *words):
            expect(log.nth(place)).to_contain_text(word)
