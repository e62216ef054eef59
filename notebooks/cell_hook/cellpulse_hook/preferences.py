"""What the student allows, as set on the student's own page: learnt with the ingest's answers."""

from __future__ import annotations

import json
from typing import Any

from cellpulse_hook.ingest import Ingest, NoReplyError
from cellpulse_hook.settings import Settings

_TIMEOUT_S = 5.0


class Preferences:
    """Everything is allowed until the ingest says otherwise, which keeps nothing else anyway.

    Attributes:
        recording: Whether runs and checks are recorded.
        code: Whether code and output are sent, where the settings say so.
    """

    def __init__(self) -> None:
        """Allow everything."""
        self.recording = True
        self.code = True

    def heed(self, said: Any) -> None:
        """Take over what the ingest says; whatever else it may be changes nothing."""
        if isinstance(said, dict):
            self.recording = said.get("recording") is not False
            self.code = said.get("code") is not False

    def ask(self, ingest: Ingest, settings: Settings) -> None:
        """Ask the ingest, because nothing is sent that it would answer. Never raises."""
        whose = {"course_id": settings.course_id, "student_id": settings.student_id}
        try:
            reply = ingest.post("/student-preferences", whose, _TIMEOUT_S)
            if reply.status == 200:  # noqa: PLR2004 - HTTP's number
                self.heed(json.loads(reply.body))
        except (NoReplyError, ValueError):
            return
