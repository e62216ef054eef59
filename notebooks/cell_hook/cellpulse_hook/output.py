"""A run's text output, for courses and students that agreed to send it."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Callable

from cellpulse_hook.event import CAPS

#: One more than is sent, so that the cut is seen.
_KEPT_CHARS = CAPS["output"] + 1


class OutputTap:
    """Listens to what a cell prints and shows, by wrapping three methods while it runs.

    The methods do first what they always do; the streams themselves stay in place, because
    kernels and libraries check for them.
    """

    def __init__(self, shell: Any) -> None:
        """Listen to `shell`; nothing is wrapped yet."""
        self._shell = shell
        self._texts: list[str] = []
        self._chars = 0
        self._undo: list[Callable[[], None]] = []

    def start(self) -> None:
        """Forget what was heard, and listen."""
        self.stop()
        self._texts, self._chars = [], 0
        self._wrap(sys.stdout, "write", self._hear)
        self._wrap(sys.stderr, "write", self._hear)
        self._wrap(
            self._shell.displayhook,
            "write_format_data",
            lambda formats: self._hear(formats["text/plain"]),
        )

    def stop(self) -> str:
        """Stop listening and return the text, cut one character above the contract's cap."""
        while self._undo:
            self._undo.pop()()
        return "".join(self._texts)[:_KEPT_CHARS]

    def _hear(self, text: str) -> None:
        if self._chars < _KEPT_CHARS:
            self._texts.append(text[: _KEPT_CHARS - self._chars])
            self._chars += len(text)

    def _wrap(self, owner: Any, name: str, hear: Callable[[Any], None]) -> None:
        original = getattr(owner, name)
        own = vars(owner).get(name)

        def heard(first: Any, *others: Any, **named: Any) -> Any:
            result = original(first, *others, **named)
            with contextlib.suppress(Exception):  # a notebook never sees our faults
                hear(first)
            return result

        def undo() -> None:
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        setattr(owner, name, heard)
        self._undo.append(undo)
