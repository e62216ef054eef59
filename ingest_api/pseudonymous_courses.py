"""Which courses are pseudonymous: published from PostgreSQL, and held to by the edge.

What Redis lacks never turns a course into an ordinary one: what was once known stays known, and an
ingest that has a key takes no event before it was told which courses are pseudonymous.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from ingest_api.background import keep_fresh
from ingest_api.events import ProgressEvent
from ingest_api.names_in_texts import CONTENTS, VERSIONS, NamesInTexts, unseal
from ingest_api.problems import Problem
from ingest_api.pseudonym import PseudonymKey, hidden
from ingest_api.published_copies import PublishedCopies, require_format

logger = logging.getLogger(__name__)
#: Every pseudonymous course, as JSON.
PSEUDONYMOUS: Final = "progress-events:pseudonymous-courses"
FORMAT: Final = 1
#: How long it takes until every ingest knows of a course that was made pseudonymous, in seconds.
LOOK_SECONDS: Final = 1.0
SETTING: Final = "CELLPULSE_PSEUDONYM_KEY"
#: Why such a course takes nothing that was published on the channel.
NOT_BY_CHANNEL: Final = "course_id: a pseudonymous course takes events by POST /student-progress"
_RETRY: Final = {"Retry-After": "5"}


class WrongPseudonymKeyError(Exception):
    """A key lacks, or is not the one that the courses' pseudonyms were made with."""


class Published(BaseModel):
    """The pseudonymous courses.

    Attributes:
        courses: Of each the check value of its key; '' where it was made anonymous for good.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    courses: dict[str, str]


def read_published(text: bytes) -> Published:
    """Read what was published.

    Raises:
        ValueError: It is not that, or of a format that this version does not know.
    """
    published = Published.model_validate_json(text)
    require_format(published.format, FORMAT)
    return published


def require_key(courses: Mapping[str, str], key: PseudonymKey | None) -> None:
    """Go on only with the key of every course that still has one.

    Raises:
        WrongPseudonymKeyError: It lacks, or is another one.
    """
    for course_id, check in sorted(courses.items()):
        if check and key is None:
            raise WrongPseudonymKeyError(
                f"the course {course_id!r} is pseudonymous, and {SETTING} is not set: set it to "
                "the key that it was made with, or make it anonymous for good ('cellpulse course "
                "pseudonymous --anonymous')"
            )
        if check and key is not None and check != key.check:
            raise WrongPseudonymKeyError(
                f"{SETTING} is not the key that the course {course_id!r} was made pseudonymous "
                "with: set that one, or make the course anonymous for good ('cellpulse course "
                "pseudonymous --anonymous')"
            )


class PseudonymousCourses:
    """Hides the students of pseudonymous courses."""

    def __init__(self, redis: Redis, key: str | None) -> None:
        """Know no course before `refresh`.

        Args:
            redis: Where they are published.
            key: Makes the pseudonyms; without one no event of such a course is taken.
        """
        self._redis = redis
        self._key = None if key is None else PseudonymKey(key)
        self._text: bytes | None = None
        self._courses: dict[str, str] = {}
        self._names = PublishedCopies(redis, CONTENTS, VERSIONS, self._read_names)

    def __contains__(self, course_id: object) -> bool:
        """Tell whether a course is pseudonymous."""
        return course_id in self._courses

    def __bool__(self) -> bool:
        """Tell whether any course is."""
        return bool(self._courses)

    async def refresh(self) -> None:
        """Take over what was published since the last time; what is known stays known.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        text: Any = await self._redis.get(PSEUDONYMOUS)
        if text is not None and text != self._text:
            self._take(text)
        if self._courses and self._key is not None:
            await self._names.refresh()

    async def follow(self) -> None:
        """Refresh once a second until cancelled. A Redis that is away is waited for."""
        await keep_fresh(self.refresh, LOOK_SECONDS)

    def require_key(self) -> None:
        """Go on only with the right key.

        Raises:
            WrongPseudonymKeyError: It lacks, or is another one.
        """
        require_key(self._courses, self._key)

    def hides(self, course_id: str) -> bool:
        """Tell whether a course's students are to be hidden.

        Raises:
            Problem: 503 where nobody can tell yet.
        """
        if self._text is None and self._key is not None:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "it is not known yet which courses are pseudonymous: the worker publishes it; "
                "keep the events and send them again",
                _RETRY,
            )
        return course_id in self._courses

    def hide(self, event: ProgressEvent) -> ProgressEvent:
        """Return an event as it may be kept: of a pseudonymous course without its student's id.

        Raises:
            Problem: 503 where nobody can tell, or the key lacks; 403 where the course has ended.
        """
        if not self.hides(event.course_id):
            return event
        names = self._names.of(event.course_id)
        return hidden(event, self._key_of(event.course_id), names.hidden if names else str)

    def stored_id(self, course_id: str, student_id: str) -> str:
        """Return the id under which a student of a course is kept; see `hide`."""
        if not self.hides(course_id):
            return student_id
        return self._key_of(course_id).of(course_id, student_id)

    def _take(self, text: bytes) -> None:
        try:
            self._courses |= read_published(text).courses
        except ValueError as error:
            logger.error("%s can't be read: %s", PSEUDONYMOUS, error)  # noqa: TRY400 - foreseen
        else:
            self._text = text

    def _read_names(self, sealed: bytes) -> NamesInTexts:
        if self._key is None:
            raise ValueError(f"{SETTING} is not set")
        return NamesInTexts(unseal(self._key, sealed))

    def _key_of(self, course_id: str) -> PseudonymKey:
        check = self._courses[course_id]
        if not check:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "this course was made anonymous for good, and takes nothing of anybody any more",
            )
        if self._key is None or self._key.check != check:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "this course is pseudonymous, and this ingest does not have its key: whoever runs "
                f"Cellpulse sets {SETTING}; keep the events and send them again",
                _RETRY,
            )
        return self._key
