"""Tells under which id somebody is kept, course by course: the own, or a pseudonym."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from flows.pseudonyms.courses import PseudonymError, pseudonymous_courses
from ingest_api.pseudonym import PseudonymKey, is_pseudonym
from ingest_api.pseudonymous_courses import WrongPseudonymKeyError, require_key
from ingest_api.settings import PseudonymSettings
from ingest_api.tokens import ALL_COURSES, Grant


@dataclass(frozen=True)
class Hiding:
    """Which courses are pseudonymous, and the key, where this process has it.

    Attributes:
        courses: Of each pseudonymous course the check value of its key.
        key: Makes pseudonyms.
    """

    courses: Mapping[str, str]
    key: PseudonymKey | None

    def stored_id(self, course_id: str, student_id: str) -> str:
        """Return the id under which a student of a course is kept; a pseudonym is one already.

        Raises:
            PseudonymError: The course is pseudonymous, and its key is not here.
        """
        return student_id if is_pseudonym(student_id) else self.id_of_name(course_id, student_id)

    def id_of_name(self, course_id: str, student_id: str) -> str:
        """Return the id under which whoever has this own id is kept, whatever it looks like.

        Raises:
            PseudonymError: The course is pseudonymous, and its key is not here.
        """
        if course_id not in self.courses:
            return student_id
        check = self.courses[course_id]
        if not check:
            raise PseudonymError(
                f"the course {course_id!r} was made anonymous for good: nobody can tell any more "
                "who is who; give the pseudonym itself, if you have it"
            )
        try:
            require_key({course_id: check}, self.key)
        except WrongPseudonymKeyError as error:
            raise PseudonymError(str(error)) from error
        assert self.key is not None  # noqa: S101 - `require_key` has seen it
        return self.key.of(course_id, student_id)

    def ids_of(self, student_id: str, course_id: str | None) -> list[str]:
        """Return every id under which a student may be kept, in a course or in all.

        In a course that was made anonymous for good nobody can be found by the own id.

        Raises:
            PseudonymError: The key of a pseudonymous course is not here.
        """
        if course_id is not None:
            return [self.stored_id(course_id, student_id)]
        open_courses = (each for each, check in self.courses.items() if check)
        hidden = {self.stored_id(each, student_id) for each in open_courses}
        return sorted({student_id, *hidden})

    def recorded(self, grant: Grant) -> Grant:
        """Return a token's grant as it may be recorded: without the student's own id.

        Raises:
            PseudonymError: It is one student's for every course, or the key is not here.
        """
        if grant.student_id is None or not self.courses:
            return grant
        if grant.course_id == ALL_COURSES:
            raise PseudonymError(
                "there are pseudonymous courses, so a token for one student is for one course: "
                "name it"
            )
        return replace(grant, student_id=self.stored_id(grant.course_id, grant.student_id))


def hiding(engine: Engine, settings: PseudonymSettings | None = None) -> Hiding:
    """Return which courses are pseudonymous, and the key of the settings.

    Raises:
        BadSettingError: The key is too short.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    key = (settings or PseudonymSettings.load()).pseudonym_key_text
    return Hiding(pseudonymous_courses(engine), None if key is None else PseudonymKey(key))
