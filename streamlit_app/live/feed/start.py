"""What the live list shows before anything new happens, taken from the aggregation API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from analytics.responses import Events
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import STRANGE, NumbersUnavailableError

#: Most entries that the list begins with: as many as it holds (MOST_ROWS in rows.js).
ENTRIES: Final = 100
#: Where the log begins: before any number was counted, everything is still to come.
LOG_START: Final = "0-0"
_SHOWN: Final = {
    "position",
    "type",
    "student_id",
    "notebook",
    "exercise",
    "status",
    "error_name",
    "error_message",
    "passed",
    "help_message",
    "occurred_at",
    "received_at",
}


@dataclass(frozen=True)
class FeedStart:
    """The rows to begin with, newest first, when they were told, and where the live ones begin."""

    course_id: str
    runs: list[dict[str, Any]]
    after: str
    as_of: datetime


def feed_start(api: ApiClient, course_id: str) -> FeedStart:
    """Fill the list with what the class did last.

    The live list begins after the position that this answer had reached: a run that it does not
    hold yet comes over the WebSocket, and what comes twice is recognised by its position.

    Raises:
        NumbersUnavailableError: The API gave no numbers.
    """
    return start_of(api.events(course_id, limit=ENTRIES))


def start_of(latest: Events | None) -> FeedStart:
    """Begin the list with these.

    Raises:
        NumbersUnavailableError: There are none: they were not asked for, or not given.
    """
    if latest is None:
        raise NumbersUnavailableError(STRANGE)
    runs = [event.model_dump(mode="json", include=_SHOWN) for event in latest.events]
    as_of = latest.as_of
    return FeedStart(latest.course_id, runs, as_of.position or LOG_START, as_of.time)
