"""What a student allows to be recorded: set on the student's own page, kept on Redis alone.

The hook heeds it with the ingest's next answer; the edge holds to it at once, whatever a hook
sends. Reading costs no request anything: a copy in memory is brought up to date once a second.
"""

from typing import Any, Final

import redis.asyncio
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis import Redis

from ingest_api.events import ProgressEvent
from ingest_api.student_copies import StudentCopies, student_field

#: By course and student, as JSON, what differs from the default.
PREFERENCES: Final = "progress-events:student-preferences"
#: How often anything in it was changed.
CHANGES: Final = "progress-events:student-preferences-changes"
#: What a run tells of itself; without these it is a sign of life.
_SIGN_OF_LIFE: Final = frozenset(
    {"event_id", "course_id", "student_id", "session_id", "seq", "occurred_at", "hook_version"}
)
_RESULTS: Final = frozenset({"cell_run", "check_result"})
WITHHELD: Final = "<not kept: it quotes the code>"


class Preferences(BaseModel):
    """What a student allows.

    Attributes:
        recording: Whether runs and results of checks are recorded.
        code: Whether code and output are, where the notebook is set to send them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording: bool = Field(default=True, description="Whether runs and checks are recorded.")
    code: bool = Field(
        default=True,
        description="Whether code and output are recorded, where the notebook is set to send them.",
    )


ALLOWED: Final = Preferences()


class StudentPreferences(StudentCopies[Preferences]):
    """The edge's copy of what every student allows."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        """Know of nobody before `refresh`: all is allowed then."""
        super().__init__(client, PREFERENCES, CHANGES, _read)

    def of(self, course_id: str, student_id: str) -> Preferences:
        """Return what a student of a course allows."""
        return super().of(course_id, student_id) or ALLOWED


def allowed_part(event: ProgressEvent, preferences: Preferences) -> ProgressEvent:
    """Return as much of an event as its student allows.

    Of a run or a check that is not to be recorded only a sign of life stays, with its sequence
    number: what is withheld is no loss.
    """
    if not preferences.recording and event.type in _RESULTS:
        kept = {name: value for name, value in event if name in _SIGN_OF_LIFE}
        return ProgressEvent(type="heartbeat", **kept)
    if not preferences.code and (event.code is not None or event.output is not None):
        quoted = (event.code or "").strip()
        quotes = bool(quoted) and quoted in (event.error_message or "")
        message = WITHHELD if quotes else event.error_message
        return event.model_copy(update={"code": None, "output": None, "error_message": message})
    return event


def read_preferences(client: Redis, course_id: str, student_id: str) -> Preferences:
    """Return what a student of a course allows, as Redis has it now.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    kept: Any = client.hget(PREFERENCES, student_field(course_id, student_id))
    return ALLOWED if kept is None else _read(kept)


def set_preferences(
    client: Redis, course_id: str, student_id: str, preferences: Preferences
) -> None:
    """Set what a student of a course allows; every ingest knows it within a second.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    field = student_field(course_id, student_id)
    with client.pipeline(transaction=True) as step:
        if preferences == ALLOWED:
            step.hdel(PREFERENCES, field)
        else:
            step.hset(PREFERENCES, field, preferences.model_dump_json())
        step.incr(CHANGES)
        step.execute()


def forget_preferences(client: Redis, course_id: str, student_id: str) -> int:
    """Forget what a student allows, so that the default counts; return how many entries went.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    with client.pipeline(transaction=True) as step:
        step.hdel(PREFERENCES, student_field(course_id, student_id))
        step.incr(CHANGES)
        went, _ = step.execute()
    return int(went)


def _read(kept: bytes | str) -> Preferences:
    try:
        return Preferences.model_validate_json(kept)
    except ValidationError:  # of another version: what is not understood allows nothing
        return Preferences(recording=False, code=False)
