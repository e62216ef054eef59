"""What becomes of each event of a request: from its bytes to candidates for the log, and back."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from ingest_api.compiled_contract import CompiledEvent, decode_events, stored_time
from ingest_api.event_log import Candidate
from ingest_api.events import ProgressEvent
from ingest_api.faults import validation_errors
from ingest_api.notices import Notice, Notices
from ingest_api.preferences import ALLOWED, Preferences, StudentPreferences, allowed_part
from ingest_api.problems import Problem
from ingest_api.pseudonymous_courses import PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses
from ingest_api.tokens import Grant

logger = logging.getLogger(__name__)
EVENTS_LIMIT: Final = 1_000
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Taken:
    """A request's events, judged.

    Attributes:
        sent: How many there are.
        places: Of each candidate its event's place in the request.
        candidates: What is to be appended.
        rejected: Of each event that is refused `index` and `errors`.
        forbidden: How many of these the token is not for.
        preferences: What the student allows, with a student's own token.
        notice: What the student has not seen yet, likewise.
    """

    sent: int
    places: list[int] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    forbidden: int = 0
    preferences: Preferences | None = None
    notice: Notice | None = None

    def receipt(self, appended: Sequence[str | None]) -> dict[str, Any]:
        """Return what became of the events, as `progress.Receipt` documents it.

        Args:
            appended: Of each candidate its position, or None for a repeat.
        """
        positions = appended
        if self.rejected:
            by_place = dict(zip(self.places, appended, strict=True))
            positions = [by_place.get(place) for place in range(self.sent)]
        accepted = len(appended) - appended.count(None)
        told = {
            "accepted": accepted,
            "duplicates": len(appended) - accepted,
            "rejected": self.rejected,
            "positions": positions,
        }
        if self.preferences is not None:
            told["preferences"] = self.preferences.model_dump()
        if self.notice is not None:
            told["notice"] = self.notice.model_dump()
        return told

    def answer(self, appended: Sequence[str | None]) -> bytes:
        """Return the body of the answer.

        Raises:
            Problem: 403 or 422 when no event was taken.
        """
        receipt = self.receipt(appended)
        if self.candidates:
            return _encode(receipt)
        if self.forbidden == len(self.rejected):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "this token is for another course or student; use the one that was made for them",
                **receipt,
            )
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "no event was accepted: correct what 'rejected' names, by place in the array",
            **receipt,
        )

    def log(self, appended: Sequence[str | None]) -> None:
        """Name each event and its place in the log, where an operator follows events."""
        if not logger.isEnabledFor(logging.DEBUG):
            return
        for candidate, position in zip(self.candidates, appended, strict=True):
            about = {"event_id": candidate.named, "position": position}
            logger.debug("accepted" if position else "a repeat", extra=about)


class Intake:
    """Judges events by what is known of courses and students."""

    def __init__(
        self,
        courses: RegisteredCourses,
        preferences: StudentPreferences,
        notices: Notices,
        pseudonymous: PseudonymousCourses,
    ) -> None:
        self._courses = courses
        self._preferences = preferences
        self._notices = notices
        self._pseudonymous = pseudonymous

    def take(self, body: bytes, grant: Grant) -> Taken:
        """Judge the events of a request's body.

        Raises:
            Problem: 400 where it is no JSON, 422 where it holds too many events or none; for
                those of a pseudonymous course see `PseudonymousCourses.hide`.
        """
        received_at = datetime.now(UTC)
        stored_at = stored_time(received_at)
        compiled = decode_events(body)
        sent = _decode(body) if compiled is None else []
        taken = Taken(_limited(sent if compiled is None else compiled))
        for index in range(taken.sent):
            event = compiled[index] if compiled is not None else None
            if event is not None and self._take_compiled(taken, index, event, grant, stored_at):
                continue
            sent = sent or _decode(body)
            self._take_any(taken, index, sent[index], grant, received_at)
        return taken

    def _take_compiled(
        self, taken: Taken, index: int, event: CompiledEvent, grant: Grant, stored_at: str
    ) -> bool:
        """Take an event as most are; False, and nothing is done, where more has to be looked at."""
        if self._pseudonymous.hides(event.course_id):
            return False
        preferences = self._preferences.of(event.course_id, event.student_id)
        if preferences is not ALLOWED:
            return False
        if not _is_granted(taken, index, event, grant):
            return True
        for name, value in self._courses.changes(event).items():
            setattr(event, name, value)
        taken.places.append(index)
        taken.candidates.append(Candidate.of_compiled(event, stored_at))
        self._tell(taken, grant, event, preferences)
        return True

    def _take_any(
        self, taken: Taken, index: int, data: Any, grant: Grant, received_at: datetime
    ) -> None:
        try:
            event = ProgressEvent.model_validate(data)
        except ValidationError as error:
            errors = validation_errors(error.errors())
            taken.rejected.append({"index": index, "errors": errors})
            return
        if not _is_granted(taken, index, event, grant):
            return
        event = self._pseudonymous.hide(event)
        preferences = self._preferences.of(event.course_id, event.student_id)
        kept = allowed_part(self._courses.resolve(event), preferences)
        taken.places.append(index)
        taken.candidates.append(Candidate.encode(kept, received_at))
        self._tell(taken, grant, event, preferences)

    def _tell(self, taken: Taken, grant: Grant, event: Any, preferences: Preferences) -> None:
        """Note what the answer tells a student."""
        if grant.student_id is not None:
            taken.preferences = preferences
            taken.notice = self._notices.to_show(event.course_id, event.student_id)


def _decode(body: bytes) -> list[Any]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "the body is not JSON in UTF-8; send one event or an array"
        ) from error
    return sent if isinstance(sent, list) else [sent]


def _limited(events: Sequence[Any]) -> int:
    if not 1 <= len(events) <= EVENTS_LIMIT:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"send 1 to {EVENTS_LIMIT} events at once; these are {len(events)}",
        )
    return len(events)


def _is_granted(taken: Taken, index: int, event: Any, grant: Grant) -> bool:
    """Tell whether a token is for an event; refuse the event where it is not."""
    fault = _not_granted(grant, event)
    if fault is None:
        return True
    taken.forbidden += 1
    taken.rejected.append({"index": index, "errors": [fault]})
    return False


def _not_granted(grant: Grant, event: Any) -> dict[str, str] | None:
    if not grant.allows_course(event.course_id):
        return {"field": "course_id", "message": "this token is for another course"}
    if not grant.allows_student(event.student_id):
        return {"field": "student_id", "message": "this token is for another student"}
    return None
