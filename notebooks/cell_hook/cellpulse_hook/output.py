"""What a run prints and shows: its text where that is sent, and what nbgrader scores it by."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Callable, Optional

from cellpulse_hook.event import CAPS

#: One more than is sent, so that the cut is seen.
_KEPT_CHARS = CAPS["output"] + 1


class Heard:
    """What one run printed and showed.

    Attributes:
        failed: Whether an error or anything on stderr was shown, before any value.
        value: The first value that was shown, as text, before any failure.
    """

    def __init__(self) -> None:
        """Have heard nothing."""
        self.failed = False
        self.value: Optional[str] = None
        self._texts: list[str] = []
        self._chars = 0

    def add(self, text: str) -> None:
        """Keep `text` unless there is enough: one character above the contract's cap."""
        if self._chars < _KEPT_CHARS:
            self._texts.append(text[: _KEPT_CHARS - self._chars])
            self._chars += len(text)

    def note_failure(self) -> None:
        """Note that an error or something on stderr was shown."""
        self.failed = self.value is None

    def note_value(self, text: str) -> None:
        """Note that a value was shown."""
        if self.value is None and not self.failed:
            self.value = text

    def text(self) -> str:
        """Return the text that was kept."""
        return "".join(self._texts)[:_KEPT_CHARS]


class OutputTap:
    """Listens to what cells print and show, by wrapping a few methods while any runs.

    The methods do first what they always do; the streams themselves stay in place, because
    kernels and libraries check for them.
    """

    def __init__(self, shell: Any, *, keeps_text: bool) -> None:
        """Listen to `shell`; nothing is wrapped yet. Without `keeps_text` no text is kept."""
        self.keeps_text = keeps_text
        self._shell = shell
        # A cell can run inside a cell: what it prints is the output of both.
        self._listening: list[Heard] = []
        self._undo: list[Callable[[], None]] = []

    def start(self) -> Heard:
        """Listen, and return what is heard from now on."""
        heard = Heard()
        self._listening.append(heard)
        if not self._undo:
            if self.keeps_text:
                self._wrap(sys.stdout, "write", self._hear)
            self._wrap(sys.stderr, "write", self._hear_stderr)
            self._wrap(self._shell.displayhook, "write_format_data", self._hear_value)
            # Also of errors that were caught and shown, as %run and %%time do.
            self._wrap(self._shell, "_showtraceback", self._hear_error)
        return heard

    def stop(self, heard: Heard) -> None:
        """Stop listening for `heard`, and for what started later."""
        if heard in self._listening:
            del self._listening[self._listening.index(heard) :]
        if not self._listening:
            self.stop_all()

    def stop_all(self) -> None:
        """Stop listening, and put the methods back."""
        self._listening.clear()
        while self._undo:
            self._undo.pop()()

    def _hear(self, text: str) -> None:
        if self.keeps_text:
            for heard in self._listening:
                heard.add(text)

    def _hear_stderr(self, text: str) -> None:
        if text:
            self._hear_error()
            self._hear(text)

    def _hear_error(self, *_: Any) -> None:
        for heard in self._listening:
            heard.note_failure()

    def _hear_value(self, formats: dict[str, Any]) -> None:
        text = formats.get("text/plain", "")
        for heard in self._listening:
            heard.note_value(text)
        self._hear(text)

    def _wrap(self, owner: Any, name: str, hear: Callable[[Any], None]) -> None:
        own = getattr(owner, "__dict__", {}).get(name)
        original = getattr(owner, name, None)
        if original is None:  # a program without a console has no sys.stdout
            return
        wraps = True

        def hearing(first: Any, *others: Any, **named: Any) -> Any:
            result = original(first, *others, **named)
            if wraps:
                with contextlib.suppress(Exception):  # a notebook never sees our faults
                    hear(first)
            return result

        def undo() -> None:
            nonlocal wraps
            wraps = False
            if vars(owner).get(name) is not hearing:
                # The cell put a method of its own there, perhaps one that calls ours: it stays.
                return
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        setattr(owner, name, hearing)
        self._undo.append(undo)
