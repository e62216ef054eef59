"""The registered courses on Redis: published by `cellpulse course register`, read by the edge."""

from typing import Any, Final

from redis.asyncio import Redis

from ingest_api.compiled_contract import CompiledEvent
from ingest_api.course_content import ExerciseFinder, read_content
from ingest_api.events import ProgressEvent
from ingest_api.published_copies import PublishedCopies

#: Of each course the compact copy of its content, as JSON.
CONTENTS: Final = "progress-events:course-contents"
#: Of each course the version of that copy.
VERSIONS: Final = "progress-events:course-versions"


class RegisteredCourses(PublishedCopies[ExerciseFinder]):
    """Gives each event of a registered course its exercise."""

    def __init__(self, redis: Redis) -> None:
        """Know no course before `refresh`: events then stay as they are."""
        super().__init__(
            redis, CONTENTS, VERSIONS, lambda content: ExerciseFinder(read_content(content))
        )

    def resolve(self, event: ProgressEvent) -> ProgressEvent:
        """Return the event as its course's registration says; see `ExerciseFinder.resolve`."""
        finder = self.of(event.course_id)
        return event if finder is None else finder.resolve(event)

    def changes(self, event: CompiledEvent) -> dict[str, Any]:
        """Return what `resolve` changes of an event."""
        finder = self.of(event.course_id)
        return {} if finder is None else finder.changes(event)
