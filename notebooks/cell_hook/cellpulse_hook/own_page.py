"""`%cellpulse me`: the way to the student's own page. The token itself stays in the kernel."""

from __future__ import annotations

import json

from cellpulse_hook.ingest import Ingest, NoReplyError
from cellpulse_hook.settings import Settings

_TIMEOUT_S = 5.0
_NOT_NOW = "Your page can't be opened just now: "


def way_to_own_page(ingest: Ingest, settings: Settings) -> str:
    """Return what to tell the student: the link, or in a line why there is none."""
    whose = {"course_id": settings.course_id, "student_id": settings.student_id}
    try:
        reply = ingest.post("/student-page", whose, _TIMEOUT_S)
        said = json.loads(reply.body)
    except NoReplyError as error:
        return f"{_NOT_NOW}{error}"
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {}
    link = str(said.get("link", ""))
    if reply.status == 200 and link.startswith(("http://", "https://")):  # noqa: PLR2004 - HTTP's
        return (
            f"Your own page, for you alone: {link}\n"
            "The link works once, within 5 minutes; %cellpulse me makes a new one."
        )
    if reply.status == 404:  # noqa: PLR2004 - as above
        return "The course's Cellpulse is older than your hook and has no page for you yet."
    return f"{_NOT_NOW}{said.get('detail') or f'the server answers {reply.status}'}"
