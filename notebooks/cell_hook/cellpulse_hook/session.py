"""One life of one kernel, and what all of its events have in common."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from cellpulse_hook import __version__
from cellpulse_hook.event import FILE, UNIX_NS
from cellpulse_hook.notebook_path import NotebookPath
from cellpulse_hook.preferences import Preferences
from cellpulse_hook.records import encode_common
from cellpulse_hook.settings import Settings
from cellpulse_hook.spool import Spool

#: What is not recorded while the student has switched recording off.
_RESULTS = ("cell_run", "check_result")


class Session:
    """Adds to what happened when and where it did, and hands it to the spool.

    All that can wait is done when the event is sent; see `event.complete`.
    """

    def __init__(
        self,
        session_id: str,
        settings: Settings,
        notebook: NotebookPath,
        spool: Spool,
        preferences: Preferences,
        wake_sender: Callable[[], None],
    ) -> None:
        """Record events of `session_id` that `preferences` allow, and call `wake_sender` after."""
        self.session_id = session_id
        self.recorded = 0
        self.paused = False
        self.closed = False
        self._settings = settings
        self._notebook = notebook
        self._spool = spool
        self._preferences = preferences
        self._wake_sender = wake_sender
        self._common = ""
        self._common_file: Optional[str] = ""

    def record(self, event_type: str, fields: dict[str, Any]) -> None:
        """Record what happened just now, unless recording is paused or the session over."""
        if self.paused or self.closed:
            return
        if not self._preferences.recording and event_type in _RESULTS:
            self._wake_sender()  # it asks whether that still holds
            return
        if self._notebook.file != self._common_file:
            self._encode_common()
        self._spool.append(self._common, {"type": event_type, UNIX_NS: time.time_ns(), **fields})
        self.recorded += 1
        self._wake_sender()

    def end(self) -> None:
        """Record that the session is over, also while recording is paused: the kernel is gone."""
        self.paused = False
        self.record("session_ended", {})
        self.closed = True

    def _encode_common(self) -> None:
        file, name = self._notebook.file, self._notebook.name
        self._common = encode_common(
            {
                FILE: file,
                "course_id": self._settings.course_id,
                "student_id": self._settings.student_id,
                "session_id": self.session_id,
                "notebook": name,
                "hook_version": __version__,
            }
        )
        self._common_file = file
