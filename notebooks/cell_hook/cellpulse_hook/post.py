"""Sending events to the ingest."""

from __future__ import annotations

from typing import Any

from cellpulse_hook.answer import Answer, Meaning, read_answer
from cellpulse_hook.ingest import BadTokenError, Ingest, NoReplyError
from cellpulse_hook.notice import Notice
from cellpulse_hook.preferences import Preferences


class Post:
    """Sends events to `POST /student-progress`."""

    def __init__(self, ingest: Ingest, preferences: Preferences, notice: Notice) -> None:
        """Send to `ingest`, and tell `preferences` and `notice` what it says of them."""
        self._ingest = ingest
        self._preferences = preferences
        self._notice = notice

    def __call__(self, events: list[dict[str, Any]], timeout_s: float) -> Answer:
        """Send `events` and wait for the answer for `timeout_s` seconds. Does not raise OSError."""
        try:
            reply = self._ingest.post("/student-progress", events, timeout_s)
        except BadTokenError as error:
            return Answer(Meaning.DENIED, str(error))
        except NoReplyError as error:
            return Answer(Meaning.LATER, str(error))
        answer = read_answer(reply.status, reply.body, reply.headers)
        self._preferences.heed(answer.preferences)
        self._notice.heed(answer.notice)
        return answer
