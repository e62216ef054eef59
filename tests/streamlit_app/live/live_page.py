"""The Live page as a browser finds its parts."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

TOKEN = "read-token-of-the-instructor"


class HeldStream:
    """The connection between a page and Python.

    What Python says can be held back on it; what the page asks is lost while it is deaf.
    """

    def __init__(self, page: Page) -> None:
        self.asked = 0
        self.is_deaf = False
        self._held: list[Callable[[], None]] | None = None
        page.route_web_socket(re.compile("/_stcore/stream"), self._route)

    def _route(self, browser: WebSocketRoute) -> None:
        python = browser.connect_to_server()

        def ask(message: str | bytes) -> None:
            self.asked += 1
            if not self.is_deaf:
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


def expect_state(page: Page, *states: str) -> None:
    state = re.compile("|".join(states))
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", state, timeout=30_000)


def number_of(page: Page, label: str) -> Any:
    """Return the number above a label of the strip."""
    return page.get_by_test_id("strip").locator("div", has_text=label).locator("dd")


def row_of(page: Page, student: str) -> Locator:
    """Return a student's row of the map."""
    return page.locator(f'[data-testid=class-map] tr[data-student="{student}"]')


def cells_of(page: Page, student: str) -> Locator:
    """Return the cells of a student's row that hold glyphs."""
    return row_of(page, student).locator("td.cp-glyph-cell")


def names_of(page: Page) -> Locator:
    """Return the names of the rows, from above to below."""
    return page.get_by_test_id("class-map").locator("tbody th a")
