"""A course's notice, in a real kernel."""

from typing import Any

FIRST = {"version": "v1", "english": "What is recorded", "japanese": "記録について"}


def test_a_notice_is_shown_once_below_a_cell_and_said_to_be_seen(
    ingest: Any, start_kernel: Any
) -> None:
    """Both languages, once; a changed text once more; nonsense is no notice."""
    ingest.notice = FIRST
    ingest.others["/student-notice"] = (200, {}, {})
    kernel = start_kernel()
    shown = kernel.run("42", "first")  # the answer to the session's start may have been quicker
    ingest.wait_for(cell_id="first")
    while "What is recorded" not in shown:
        shown = kernel.run("6 * 7")
    assert "42" in shown
    assert "記録について" in shown
    seen = {"course_id": "python-1", "student_id": "ada", "version": "v1"}
    ingest.wait_until(lambda: ("/student-notice", seen) in ingest.asked)
    # The ingest learns of it a moment later, and tells it until then.
    kernel.run("2", "second")
    ingest.wait_for(cell_id="second")
    assert "What is recorded" not in kernel.run("3")
    assert "What is recorded" in kernel.run("%cellpulse notice")

    ingest.notice = FIRST | {"version": "v2", "english": "Another text"}
    while "Another text" not in kernel.run("4"):
        continue
    ingest.wait_until(lambda: ("/student-notice", seen | {"version": "v2"}) in ingest.asked)
    for nonsense in ({"version": 3}, {"version": "v3", "english": 5}):
        ingest.notice = nonsense
        cell = f"nonsense-{nonsense['version']}"
        kernel.run("5", cell)
        ingest.wait_for(cell_id=cell)
        assert kernel.run("6 * 7").strip() == "42"


def test_without_a_notice_nothing_is_shown(classroom: Any) -> None:
    """A cell shows what it shows."""
    kernel, ingest, _ = classroom
    kernel.run("1", "none")
    ingest.wait_for(cell_id="none")
    assert kernel.run("6 * 7").strip() == "42"
    assert "no notice" in kernel.run("%cellpulse notice")
