"""The Live page in a real browser, before the real dashboard, a fake API and a fake ingest."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.streamlit_app.live.live_page import TOKEN


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
