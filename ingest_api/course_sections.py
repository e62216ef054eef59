"""Who is in which section of a course: published from the rosters, read by the edge."""

from collections.abc import Set as AbstractSet
from typing import Final

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from ingest_api.published_copies import PublishedCopies, require_format

#: Of each course the sections of its students, as JSON.
CONTENTS: Final = "progress-events:course-sections"
#: Of each course the version of that.
VERSIONS: Final = "progress-events:course-sections-versions"
FORMAT: Final = 1


class SectionsOfStudents(BaseModel):
    """The sections of a course's students.

    Attributes:
        section_of: The section of each student who is in one.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    section_of: dict[str, str]


def read_sections(text: bytes) -> SectionsOfStudents:
    """Read what was published.

    Raises:
        ValueError: It is not that, or of a format that this version does not know.
    """
    sections = SectionsOfStudents.model_validate_json(text)
    require_format(sections.format, FORMAT)
    return sections


class CourseSections(PublishedCopies[SectionsOfStudents]):
    """Tells whether a student is in a section now."""

    def __init__(self, redis: Redis) -> None:
        """Know no section before `refresh`: nobody is in any then."""
        super().__init__(redis, CONTENTS, VERSIONS, read_sections)

    def is_in(self, course_id: str, student_id: str, sections: AbstractSet[str]) -> bool:
        """Tell whether a student of a course is in one of these sections of it."""
        known = self.of(course_id)
        return known is not None and known.section_of.get(student_id) in sections
