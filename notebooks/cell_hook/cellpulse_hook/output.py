"""A run's text output, for courses and students that agreed to send it."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Callable

from cellpulse_hook.event import CAPS

#: One more than is sent, so that the cut is seen.
_KEPT_CHARS = CAPS["output"] + 1


class Heard:
    """The text output of one run, cut one character above the contract's cap."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._texts: list[str] = []
        self._chars = 0

    def add(self, text: str) -> None:
        """Keep `text` unless there is enough."""
        if self._chars < _KEPT_CHARS:
            self._texts.append(text[: _KEPT_CHARS - self._chars])
            self._chars += len(text)

    def text(self) -> str:
        """Return what was heard."""
        return "".join(self._texts)[:_KEPT_CHARS]


class OutputTap:
    """Listens to what cells print and show, by wrapping three methods while any runs.

    The methods do first what they always do; the streams themselves stay in place, because
    kernels and libraries check for them.
    """

    def __init__(self, shell: Any) -> None:
        """Listen to `shell`; nothing is wrapped yet."""
        self._shell = shell
        # A cell can run inside a cell: what it prints is the output of both.
        self._listening: list[Heard] = []
        self._undo: list[Callable[[], None]] = []

    def start(self) -> Heard:
        """Listen, and return what is heard from now on."""
        heard = Heard()
        self._listening.append(heard)
        if not self._undo:
            self._wrap(sys.stdout, "write", self._hear)
            self._wrap(sys.stderr, "write", self._hear)
            self._wrap(self._shell.displayhook, "write_format_data", self._hear_value)
        return heard

    def stop(self, heard: Heard) -> str:
        """Stop listening for `heard`, and for what started later, and return its text."""
        if heard in self._listening:
            del self._listening[self._listening.index(heard) :]
        if not self._listening:
            self.stop_all()
        return heard.text()

    def stop_all(self) -> None:
        """Stop listening, and put the methods back."""
        self._listening.clear()
        while self._undo:
            self._undo.pop()()

    def _hear(self, text: str) -> None:
        for heard in self._listening:
            heard.add(text)

    def _hear_value(self, formats: dict[str, Any]) -> None:
        self._hear(formats["text/plain"])

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
