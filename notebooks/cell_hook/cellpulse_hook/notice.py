"""What the course tells about the recording: shown once below a cell, and then said to be seen."""

from __future__ import annotations

from typing import Any, Callable

from cellpulse_hook.ingest import Ingest, NoReplyError
from cellpulse_hook.settings import Settings

_TIMEOUT_S = 5.0
_MOST_CHARS = 10_000


class Notice:
    """Learnt with the ingest's answers, shown by the kernel's own thread."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Know of none; `wake` is called when one was shown, so that it is said to be seen."""
        self._wake = wake
        self._text = ""
        self._version = ""
        self._shown = ""
        self._confirmed = ""

    def heed(self, said: Any) -> None:
        """Take over what the ingest says; whatever else it may be changes nothing."""
        if isinstance(said, dict) and isinstance(said.get("version"), str):
            texts = [said.get(language) for language in ("english", "japanese")]
            self._text = "\n\n".join(t for t in texts if isinstance(t, str) and t)[:_MOST_CHARS]
            self._version = said["version"]

    def text(self) -> str:
        """Return what the course tells, '' for nothing yet."""
        return self._text

    def show(self) -> None:
        """Show what was not shown yet, below the cell that has just run."""
        if self._version and self._version != self._shown and self._text:
            self._shown = self._version
            print(f"{self._text}\n\n(Once. %cellpulse notice shows it again.)")  # noqa: T201 - meant
            self._wake()

    def confirm(self, ingest: Ingest, settings: Settings) -> None:
        """Say to the ingest that what was shown is seen. Never raises."""
        if self._shown == self._confirmed:
            return
        seen = {
            "course_id": settings.course_id,
            "student_id": settings.student_id,
            "version": self._shown,
        }
        try:
            reply = ingest.post("/student-notice", seen, _TIMEOUT_S)
        except NoReplyError:
            return
        if reply.status == 200:  # noqa: PLR2004 - HTTP's number
            self._confirmed = str(seen["version"])
