"""Events as xAPI statements that are valid in 1.0.3 and in 2.0; docs/xapi.md has the mapping."""

from datetime import UTC
from typing import Any, Final

from flows.xapi.identity import Identity
from flows.xapi.vocabulary import (
    CHECK,
    CODE_LINES,
    COURSE,
    ERROR_NAME,
    EXECUTION_COUNT,
    PROFILE_TYPE,
    PROFILE_VERSION,
    SESSION,
    STATUS,
    VERBS,
)
from ingest_api.events import StoredEvent

Statement = dict[str, Any]
_MILLISECONDS_A_DAY: Final = 86_400_000
_PLATFORM: Final = "Cellpulse"
_PROBED_AT: Final = "2026-01-01T00:00:00Z"
_PROFILE: Final = {
    "objectType": "Activity",
    "id": PROFILE_VERSION,
    "definition": {"type": PROFILE_TYPE},
}
_VERBS: Final = {
    "cell_run": "attempted",
    "help_requested": "asked",
    "session_started": "initialized",
    "session_ended": "terminated",
}


def may_complete(event: StoredEvent) -> bool:
    """Tell whether an event solves its exercise, should it be the student's first one to do so."""
    return event.type == "check_result" and bool(event.passed) and bool(event.exercise)


class Statements:
    """Makes statements of events, for one installation."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def of(self, event: StoredEvent, *, completes: bool = False) -> list[Statement]:
        """Return an event's statements: none, one, or two where it `completes` the exercise.

        No code, output, message, path or word of the student is in them.
        """
        verb = _verb(event)
        if verb is None:
            return []
        statements = [self._statement(event, verb)]
        if completes:
            statements.append(self._completion(event))
        return statements

    def probe(self) -> Statement:
        """Return a statement about nobody, always the same, that is good if any is."""
        return {
            "id": self._identity.probe_id(),
            "actor": self._identity.itself(),
            "verb": {"id": VERBS["initialized"]},
            "object": self._identity.home(),
            "timestamp": _PROBED_AT,
        }

    def completion_id(self, event: StoredEvent) -> str:
        """Return the id of the statement that the event's student solved its exercise."""
        return self._identity.completion_id(event)

    def _statement(self, event: StoredEvent, verb: str) -> Statement:
        statement_id = self._identity.statement_id(event)
        exercise = event.exercise or ""
        if event.type == "check_result":
            about = self._identity.check(event.course_id, exercise, event.check_name or "")
        elif exercise and event.type in ("cell_run", "help_requested"):
            about = self._identity.exercise(event.course_id, exercise)
        else:
            about = self._identity.course(event.course_id)
        return self._put_together(event, statement_id, verb, about, _result(event))

    def _completion(self, event: StoredEvent) -> Statement:
        statement_id = self._identity.completion_id(event)
        exercise = self._identity.exercise(event.course_id, event.exercise or "")
        return self._put_together(event, statement_id, "completed", exercise, {"completion": True})

    def _put_together(
        self,
        event: StoredEvent,
        statement_id: str,
        verb: str,
        about: dict[str, Any],
        result: dict[str, Any],
    ) -> Statement:
        statement = {
            "id": statement_id,
            "actor": self._identity.agent(event.student_id),
            "verb": {"id": VERBS[verb], "display": {"en": verb}},
            "object": about,
        }
        if result:
            statement["result"] = result
        # A client's clock may run ahead, and a statement may not come from the future.
        seen_at = min(event.occurred_at, event.received_at).astimezone(UTC)
        return statement | {
            "context": self._context(event, about),
            "timestamp": seen_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }

    def _context(self, event: StoredEvent, about: dict[str, Any]) -> dict[str, Any]:
        activities = {"category": [_PROFILE]}
        kind = about["definition"]["type"]
        if kind != COURSE:
            activities["grouping"] = [self._identity.course(event.course_id)]
        if kind == CHECK and event.exercise:
            activities["parent"] = [self._identity.exercise(event.course_id, event.exercise)]
        context = {
            "registration": self._identity.registration(event.course_id, event.student_id),
            "platform": _PLATFORM,
            "contextActivities": activities,
        }
        if event.session_id is not None:
            context["extensions"] = {SESSION: self._identity.session(event.session_id)}
        return context


def _verb(event: StoredEvent) -> str | None:
    if event.type == "check_result":
        return "passed" if event.passed else "failed"
    return _VERBS.get(event.type)


def _result(event: StoredEvent) -> dict[str, Any]:
    if event.type == "check_result":
        score = _score(event)
        return {"success": bool(event.passed)} | ({"score": score} if score else {})
    if event.type != "cell_run":
        return {}
    result: dict[str, Any] = {}
    if event.duration_ms is not None:
        result["duration"] = _duration(event.duration_ms)
    extensions = {
        STATUS: event.status,
        ERROR_NAME: _shareable(event.error_name),
        EXECUTION_COUNT: event.execution_count,
        CODE_LINES: event.code_lines,
    }
    result["extensions"] = {name: value for name, value in extensions.items() if value is not None}
    return result


def _duration(milliseconds: float) -> str:
    """Return an ISO 8601 duration; days apart, for readers have bounds for a number of seconds."""
    days, rest = divmod(round(milliseconds), _MILLISECONDS_A_DAY)
    return f"P{days}DT{rest / 1000:.3f}S" if days else f"PT{rest / 1000:.3f}S"


def _score(event: StoredEvent) -> dict[str, float]:
    """Return the points; the standard has no room for more than the highest, so that goes then."""
    points, possible = event.points, event.points_possible
    if points is None:
        return {}
    score = {"raw": points, "min": 0.0}
    if not possible:
        return score
    if points <= possible:
        score["max"] = possible
    return {"scaled": min(1.0, points / possible)} | score


def _shareable(error_name: str | None) -> str | None:
    """Return an error's name if it is one: clients can send any text in its place."""
    if error_name and all(part.isidentifier() for part in error_name.split(".")):
        return error_name
    return None
