"""What the live list shows before anything new happens, taken from the aggregation API."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from analytics.responses import History, HistoryEvent, StudentState
from streamlit_app.api_client import ApiClient

#: Students whose latest runs start the list: those seen last.
STUDENTS: Final = 12
#: Most entries taken from one student.
ENTRIES: Final = 10
#: Where the log begins: before any number was counted, everything is still to come.
LOG_START: Final = "0-0"
_AT_ONCE = 4
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
    """The rows to begin with, newest first, and the position after which the live ones begin."""

    course_id: str
    runs: list[dict[str, Any]]
    after: str


def feed_start(api: ApiClient, course_id: str) -> FeedStart:
    """Fill the list from the histories of the students who were seen last.

    The stores keep their own pace, so the live list begins after the position that every answer
    had reached: a run that one answer did not hold yet comes over the WebSocket, and what comes
    twice is recognised by its position.

    Raises:
        NumbersUnavailableError: The API gave no numbers.
    """
    students = api.students(course_id)
    seen = [student for student in students.students if student.last_seen_at is not None]
    latest = sorted(seen, key=_last_seen, reverse=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        histories = list(
            pool.map(
                lambda student: api.history(course_id, student.student_id, limit=ENTRIES),
                latest[:STUDENTS],
            )
        )
    runs = without_holes(histories, latest[STUDENTS:])
    read = [students.as_of, *(history.as_of for history in histories)]
    after = min((as_of.position or LOG_START for as_of in read), key=_order)
    return FeedStart(course_id, runs, after)


def without_holes(
    histories: Sequence[History], others: Sequence[StudentState]
) -> list[dict[str, Any]]:
    """Merge the histories, newest first, as far back as nobody's runs are missing between."""
    whole_after = max(
        (_order(history.events[-1].position) for history in histories if history.next_before),
        default=(0, 0),
    )
    others_seen = max((_last_seen(student) for student in others), default=0.0)
    merged = sorted(
        ((event, history.student_id) for history in histories for event in history.events),
        key=lambda entry: _order(entry[0].position),
        reverse=True,
    )
    return [
        {"student_id": student_id, **event.model_dump(mode="json", include=_SHOWN)}
        for event, student_id in merged
        if _order(event.position) >= whole_after and _seen(event) >= others_seen
    ]


def _order(position: str) -> tuple[int, int]:
    milliseconds, _, sequence = position.partition("-")
    return int(milliseconds), int(sequence)


def _seen(event: HistoryEvent) -> float:
    """When it happened, as `last_seen_at` counts it: a client's clock may run ahead."""
    return min(event.occurred_at, event.received_at).timestamp()


def _last_seen(student: StudentState) -> float:
    return student.last_seen_at.timestamp() if student.last_seen_at else 0.0
