"""`%cellpulse me`, and what the student sets on the page that it leads to, in a real kernel."""

from collections.abc import Callable
from typing import Any

import pytest

LINK = "http://pulse.example:8501/open?code=once"
WHOSE = {"course_id": "python-1", "student_id": "ada"}


def test_me_shows_the_link_that_the_ingest_gives(classroom: Any) -> None:
    """The link is shown and nothing else happens; the token goes to the ingest alone."""
    kernel, ingest, _ = classroom
    ingest.others["/student-page"] = (200, {}, {"link": LINK, "seconds": 300})
    shown = kernel.run("%cellpulse me", "me")
    assert LINK in shown
    assert "a-token" not in shown
    assert ingest.asked[-1] == ("/student-page", WHOSE)
    assert ingest.headers[-1]["Authorization"] == "Bearer a-token"
    ingest.wait_for(cell_id="me")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {}, {"detail": "ask for a token of your own"}), "ask for a token of your own"),
        ((404, {}, {"detail": "nothing here"}), "older than your hook"),
        ((200, {}, {"link": "javascript:alert(1)"}), "the server answers 200"),
        ((502, {}, {}), "the server answers 502"),
    ],
)
def test_me_says_in_a_line_why_there_is_no_link(classroom: Any, answer: Any, said: str) -> None:
    """What the ingest, or something before it, says instead is one line and no address."""
    kernel, ingest, _ = classroom
    ingest.others["/student-page"] = answer
    shown = kernel.run("%cellpulse me").strip()
    assert said in shown
    assert "\n" not in shown
    assert "javascript" not in shown


def test_me_while_the_server_is_away(start_kernel: Callable[..., Any], free_port: int) -> None:
    """Without a server there is a line, and the notebook goes on."""
    kernel = start_kernel(CELLPULSE_URL=f"http://127.0.0.1:{free_port}")
    assert "can't be reached" in kernel.run("%cellpulse me")
    assert kernel.run("6 * 7").strip() == "42"


def test_what_is_switched_off_on_the_page_is_heeded(
    ingest: Any, start_kernel: Callable[..., Any]
) -> None:
    """Code stays here from the next answer on; a pause holds until the ingest says otherwise."""
    kernel = start_kernel(CELLPULSE_SEND_CODE="1")
    kernel.run("a = 1", "with-code")
    assert ingest.wait_for(cell_id="with-code")["code"] == "a = 1"
    ingest.preferences = {"recording": True, "code": False}
    kernel.run("a = 2", "tells")
    ingest.wait_for(cell_id="tells")
    kernel.run("a = 3", "without-code")
    assert "code" not in ingest.wait_for(cell_id="without-code")
    assert "code is not sent" in kernel.run("%cellpulse status", "status")

    ingest.preferences = {"recording": False, "code": True}
    ingest.others["/student-preferences"] = (200, {}, ingest.preferences)
    while "is paused" not in kernel.run("%cellpulse status"):
        pass
    kernel.run("a = 5", "paused")
    ingest.wait_until(lambda: ("/student-preferences", WHOSE) in ingest.asked)
    assert "switched off on your own page" in kernel.run("%cellpulse resume")
    assert "is paused" in kernel.run("%cellpulse status")

    ingest.others["/student-preferences"] = (200, {}, {"recording": True, "code": True})
    while "is paused" in kernel.run("%cellpulse status"):
        pass
    kernel.run("a = 7", "goes-on")
    last = ingest.wait_for(cell_id="goes-on")
    assert last["code"] == "a = 7"
    assert ingest.find(cell_id="paused") == []
