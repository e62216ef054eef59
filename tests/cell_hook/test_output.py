"""Listening to what cells print."""

import io
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from cellpulse_hook.output import OutputTap


class Stream(io.StringIO):
    """A stream that takes attributes, as a kernel's does."""


@pytest.fixture(name="listen")
def _listen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., OutputTap]:
    """Return a maker of a tap on new streams; pytest's own come only when the test runs."""

    def make(*, keeps_text: bool = True) -> OutputTap:
        monkeypatch.setattr(sys, "stdout", Stream())
        monkeypatch.setattr(sys, "stderr", Stream())
        shown: list[Any] = []
        display = SimpleNamespace(write_format_data=shown.append)
        shell = SimpleNamespace(displayhook=display, _showtraceback=lambda *_: None)
        return OutputTap(shell, keeps_text=keeps_text)

    return make


def test_what_a_cell_inside_a_cell_prints_is_both_their_output(
    listen: Callable[..., OutputTap],
) -> None:
    """A cell that runs another one keeps its own output and has the other's in it."""
    tap = listen()
    outer = tap.start()
    sys.stdout.write("before\n")
    inner = tap.start()
    sys.stdout.write("inside\n")
    tap.stop(inner)
    sys.stderr.write("after\n")
    tap.stop(outer)
    assert inner.text() == "inside\n"
    assert outer.text() == "before\ninside\nafter\n"
    assert "write" not in vars(sys.stdout)


def test_a_students_own_patch_stays(listen: Callable[..., OutputTap]) -> None:
    """A cell that replaces sys.stdout.write has it replaced afterwards, and is heard once."""
    tap = listen()
    heard = tap.start()
    below = sys.stdout.write

    def loud(text: str) -> int:
        return below(text.upper())

    sys.stdout.write = loud  # type: ignore[method-assign]
    sys.stdout.write("one\n")
    tap.stop(heard)
    assert vars(sys.stdout)["write"] is loud
    heard = tap.start()
    sys.stdout.write("two\n")
    tap.stop(heard)
    assert heard.text() == "two\n"
    assert vars(sys.stdout)["write"] is loud
    assert sys.stdout.getvalue() == "ONE\nTWO\n"  # type: ignore[attr-defined]


def test_a_run_without_an_end_leaves_nothing_wrapped(listen: Callable[..., OutputTap]) -> None:
    """Once listening is given up, the methods are as they were."""
    tap = listen()
    tap.start()
    tap.start()
    tap.stop_all()
    assert "write" not in vars(sys.stdout)
    assert "write" not in vars(sys.stderr)


def test_without_a_console_there_is_nothing_to_hear(
    listen: Callable[..., OutputTap], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process without standard streams runs cells all the same."""
    tap = listen()
    monkeypatch.setattr(sys, "stdout", None)
    heard = tap.start()
    tap.stop(heard)
    assert heard.text() == ""


def test_without_text_only_failures_and_values_are_heard(
    listen: Callable[..., OutputTap],
) -> None:
    """A tap that keeps no text leaves stdout alone, and hears whether stderr had anything."""
    tap = listen(keeps_text=False)
    heard = tap.start()
    assert "write" not in vars(sys.stdout)
    sys.stderr.write("")
    assert not heard.failed
    sys.stderr.write("a secret")
    tap.stop(heard)
    assert (heard.failed, heard.value, heard.text()) == (True, None, "")


def test_an_error_that_was_caught_and_shown_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command such as %run shows of an error counts, and is undone afterwards."""
    monkeypatch.setattr(sys, "stderr", Stream())
    shown: list[Any] = []
    shell = SimpleNamespace(
        displayhook=SimpleNamespace(write_format_data=shown.append),
        _showtraceback=lambda *error: shown.append(error),
    )
    tap = OutputTap(shell, keeps_text=False)
    heard = tap.start()
    shell._showtraceback(ValueError, ValueError("x"), [])
    shell.displayhook.write_format_data({"text/plain": "1"})
    tap.stop(heard)
    assert (heard.failed, heard.value, len(shown)) == (True, None, 2)
    heard = tap.start()
    shell.displayhook.write_format_data({"text/html": "<b>1</b>"})
    shell.displayhook.write_format_data({"text/plain": "2"})
    tap.stop(heard)
    assert (heard.failed, heard.value) == (False, "")
