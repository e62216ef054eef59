"""What a Live page shows first is asked for when its address is opened."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from streamlit_app.sign_in.gate import COOKIE
from tests.streamlit_app.live.live_page import TOKEN


@pytest.fixture
def opened(dashboard: str, made_up: Any) -> Callable[[str], list[str]]:
    """Return a function that opens an address as a browser does, and gives what was asked for."""

    def opened(address: str) -> list[str]:
        answer = httpx.get(f"{dashboard}{address}", cookies={COOKIE: TOKEN})
        assert answer.is_success
        asked: list[str] = made_up.asked
        return asked

    return opened


def test_the_numbers_are_asked_for_before_the_page_is_drawn(
    opened: Callable[[str], list[str]], wait_until: Callable[..., None]
) -> None:
    """No script of the page has run yet."""
    asked = opened("/?course=python-101")
    for end in ("/courses/python-101/live", "/viewer", "/courses"):
        wait_until(lambda end=end: any(each.endswith(end) for each in asked), f"{end} to be asked")


def test_what_opens_nothing_disturbs_nobody(
    opened: Callable[[str], list[str]], wait_until: Callable[..., None]
) -> None:
    """A course that is not there is told by the page; of hidden names nothing is asked ahead."""
    opened("/?course=python-101&projector=1")
    opened("/")
    asked = opened("/?course=no-such-course")
    wait_until(lambda: any(each.endswith("/courses") for each in asked), "courses to be asked")
    assert not any(each.endswith("/courses/python-101/live") for each in asked)
