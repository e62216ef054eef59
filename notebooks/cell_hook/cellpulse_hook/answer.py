"""What an answer to a request means for the events that it carried."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple, Optional

_MOST_REASON_CHARS = 500
_LONGEST_WAIT_S = 3600.0


class Meaning(Enum):
    """What to do after an answer."""

    ACCEPTED = "the server has the events, save those that it names"
    REFUSED = "the ingest itself will never take these events together as they are"
    TOO_LARGE = "something on the way takes no request of this size"
    LATER = "the server is away or busy"
    DENIED = "the settings are wrong: it may take long until this succeeds"


class Answer(NamedTuple):
    """What came of a request.

    Attributes:
        meaning: What to do now.
        reason: Why, in the server's words where it said so.
        rejected: The server's `rejected`: `index` within the request, and `errors`.
        retry_after_s: How long the server asks to wait, in seconds.
        preferences: What the student allows, as the server says it; None where it does not.
        notice: What the course tells the student, who has not seen it; None where it does not.
    """

    meaning: Meaning
    reason: str = ""
    rejected: tuple[dict[str, Any], ...] = ()
    retry_after_s: float = 0.0
    preferences: Any = None
    notice: Any = None


def read_answer(status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Return what an HTTP answer means.

    Whatever stands between the hook and the ingest (a proxy, a firewall, a login page) may answer
    in its place. Only the ingest's own word makes an event one that is never sent again.
    """
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        content = {}
    if status == 202 and "accepted" in content:  # noqa: PLR2004 - HTTP's number
        rejected = content.get("rejected") or ()
        named = tuple(r for r in rejected if isinstance(r, dict))
        allowed, notice = content.get("preferences"), content.get("notice")
        return Answer(Meaning.ACCEPTED, "", named, preferences=allowed, notice=notice)
    reason = f"{status} {content.get('detail', '')} {content.get('errors', '')}".strip()
    reason = reason[:_MOST_REASON_CHARS]
    retry_after_s = _seconds(headers.get("Retry-After"))
    own = _is_the_ingests(status, content, headers)
    if own and status == 422:  # noqa: PLR2004 - as above
        return _refusal(reason, content.get("rejected"))
    if status == 413:  # noqa: PLR2004 - as above
        return Answer(Meaning.REFUSED if own else Meaning.TOO_LARGE, reason)
    # An answer of success that is not the ingest's comes from something in between, such as a
    # network's login page; it passes. The ingest's own 400 says that the body came damaged.
    passing = status >= 500 or status in (408, 425, 429) or 200 <= status < 300  # noqa: PLR2004
    if passing or (own and status == 400):  # noqa: PLR2004 - as above
        return Answer(Meaning.LATER, reason, (), retry_after_s)
    return Answer(Meaning.DENIED, reason, (), retry_after_s)


def _is_the_ingests(status: int, content: dict[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether an error has the ingest's one shape, a problem (RFC 9457) with its own status."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        kind == "application/problem+json"
        and content.get("status") == status
        and isinstance(content.get("detail"), str)
    )


def _refusal(reason: str, rejected: Any) -> Answer:
    named = tuple(r for r in rejected or () if isinstance(r, dict))
    if any(_blames_the_token(rejection) for rejection in named):
        return Answer(Meaning.DENIED, f"{reason} {named[0].get('errors')}"[:_MOST_REASON_CHARS])
    return Answer(Meaning.REFUSED, reason, named)


def _blames_the_token(rejection: dict[str, Any]) -> bool:
    """Whether an event was refused for whose it is: its identifiers were checked at the start.

    Then the token is another's. The event is right, and is sent again with the right token.
    """
    errors = rejection.get("errors")
    errors = errors if isinstance(errors, list) else []
    fields = [error.get("field") for error in errors if isinstance(error, dict)]
    return not {"course_id", "student_id"}.isdisjoint(fields)


def _seconds(retry_after: Optional[str]) -> float:
    """Return a Retry-After header, which is seconds or a date, in seconds; 0 for none."""
    if not retry_after:
        return 0.0
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, TypeError, IndexError):
            return 0.0
    return min(max(0.0, wait), _LONGEST_WAIT_S)  # in this order, not-a-number becomes 0
