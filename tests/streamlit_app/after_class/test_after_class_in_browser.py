"""The After class and the Export page in a real browser: made, looked at, printed, taken away."""

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Download, Page, expect
from pypdf import PdfReader

from tests.streamlit_app.after_class.made_up import report

TOKEN = "read-token-of-the-instructor"


def content_of(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def expect_no_sideways_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('.stMain').scrollWidth <= 390")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_class_is_reported_and_exported(
    page: Page, dashboard: str, made_up: Any, ingest: Any
) -> None:
    """The report comes as HTML and PDF in the browser's time, the export as a zip file."""
    assert ingest.connections == []
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    made_up.after_class.met(report())
    made_up.run("s1")
    page.goto(f"{dashboard}/after-class?course=python-101&token={TOKEN}")
    expect(page.get_by_text("Go to Ådne Ørsted next time")).to_be_visible()
    charts = page.locator(".stVegaLiteChart :is(canvas, svg)")
    expect(charts).to_have_count(5)
    expect(page).to_have_url(re.compile(r"session=2026-04-13T00%3A00%3A00"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as PDF").click()
    assert saved.value.suggested_filename == "after-class-python-101-2026-04-13.pdf"
    [sheet] = PdfReader(io.BytesIO(content_of(saved.value))).pages
    assert "09:00 to 10:30, times in JST" in sheet.extract_text()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as HTML").click()
    html = content_of(saved.value).decode("utf-8")
    assert "山田 花子" in html
    expect_no_sideways_scroll(page)
    page.emulate_media(media="print")
    expect(page.locator(".st-key-bar")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Address of exactly this report").click()
    expect(page).to_have_url(re.compile("as_of=1776040199412-0"))
    expect(page.get_by_text("Go to Ådne Ørsted next time")).to_be_visible()

    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_text("CSV", exact=True).click()
    expect(page).to_have_url(re.compile("export.*format=csv"))
    expect(page.get_by_text("for spreadsheets and everything else")).to_be_visible()
    page.get_by_role("button", name="Start the export").click()
    expect(page.get_by_test_id("export")).to_have_attribute("data-state", "running")
    made_up.after_class.change(done=4, total=10)
    expect(page.get_by_text("4 of 10 events")).to_be_visible()
    made_up.after_class.finish()
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile("^Download")).click()
    assert saved.value.suggested_filename == "cellpulse-1.zip"
    with zipfile.ZipFile(io.BytesIO(content_of(saved.value))) as packed:
        assert packed.namelist() == ["README.md"]
    expect_no_sideways_scroll(page)
    page.reload()
    expect(page.get_by_role("radio", name="CSV")).to_be_checked()
    expect(page.get_by_test_id("export")).to_have_attribute("data-state", "done")
    # The page of an exported HTML file, without a network.
    file = page.context.new_page()
    file.set_content(html)
    expect(file.get_by_role("heading", name="プログラミング入門")).to_be_visible()
    expect(file.get_by_role("img", name=re.compile("^Hardest exercises"))).to_be_visible()
    file.close()


def test_back_from_a_section_is_the_report_that_was_read(
    page: Page, dashboard: str, made_up: Any
) -> None:
    """Of the same session, as it was then; the way back leads over no address without a report."""
    then = "1776040199412-0"
    made_up.course_sections = ["A", "B"]
    made_up.after_class.met(report())
    [whole] = made_up.after_class.sessions
    made_up.run("s1")
    query = f"course=python-101&session=2026-04-13T00%3A00%3A00%2B00%3A00&as_of={then}"
    read = f"{dashboard}/after-class?{query}"
    page.goto(f"{read}&token={TOKEN}")
    meanings = page.get_by_test_id("meanings")
    expect(meanings).to_be_visible(timeout=60_000)
    begun = whole.started_at + timedelta(minutes=3)
    made_up.after_class.sessions = [whole.model_copy(update={"started_at": begun})]
    page.locator(".st-key-section").get_by_role("combobox").click()
    page.get_by_role("option", name=re.compile("B$")).click()
    expect(page).to_have_url(
        re.compile("section=B.*session=2026-04-13T00%3A03|session=2026-04-13T00%3A03.*section=B")
    )
    expect(page).not_to_have_url(re.compile("as_of"))
    page.go_back()
    expect(page).to_have_url(re.compile("as_of"))
    expect(page).to_have_url(re.compile("session=2026-04-13T00%3A03"))
    expect(meanings).to_be_visible()
    page.go_back()
    expect(page).to_have_url(read)
    kept = page.get_by_role("link", name="Address of exactly this report")
    expect(kept).to_have_attribute("href", f"after-class?{query}")
