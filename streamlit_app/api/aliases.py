"""Puts aliases in the place of students: in every answer of the API, and back in every question.

While a page is projected nothing else reaches the browser, as this happens where the pages get
their data and not where they draw it: whatever a page draws, an alias is all that it has.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue

from analytics.class_view.responses import Aliases
from analytics.written import WRITTEN
from streamlit_app.api.alias_words import LANGUAGES, alias, someone
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.api.names_in_text import NamesInText, names_in_text

#: How long names are taken for those of the roster, in seconds.
NAMES_SECONDS: Final = 60.0
#: Lists that come in the order of the students' ids, which would tell who is who.
_IN_ORDER_OF_IDS: Final = {"students", "who", "rows"}
#: Of a student, beside the id; a seat is somebody whom everybody can see.
_PERSONAL: Final = {"display_name", "seat"}
#: What students may have named after themselves, beside what they wrote; `error` is the error's
#: name in the values of a reason.
_NAMED: Final = {"error", "error_name", "notebook", "notebooks"}


@dataclass(frozen=True)
class _Course:
    """The aliases of one course.

    Args:
        shown: Each student's alias, in the language of the page.
        students: Whose an alias is, in any language.
        names: Puts them in the place of names in a text.
    """

    shown: Mapping[str, str]
    students: Mapping[str, str]
    names: NamesInText


class AliasBook:
    """Knows who is who in the courses that were asked about.

    Args:
        ask: Asks the API for a course's aliases.
        language: 'en' or 'ja'.
    """

    def __init__(self, ask: Callable[[str], Aliases], language: str) -> None:
        self._ask = ask
        self._language = language
        self._courses: dict[str, _Course] = {}
        self._asked_at: dict[str, float] = {}

    def student(self, course_id: str, shown: str) -> str:
        """Return whose an alias is, in whichever language; what is no alias is returned.

        Raises:
            NumbersUnavailableError: The aliases can't be had.
        """
        return self._course(course_id).students.get(shown, shown)

    def shown(self, course_id: str, name: str) -> str:
        """Return the alias of a student, given as such or by an alias in another language.

        What is neither is returned.

        Raises:
            NumbersUnavailableError: The aliases can't be had.
        """
        return self._course(course_id).shown.get(self.student(course_id, name), name)

    def told(self, course_id: str, text: str) -> str:
        """Return a text that somebody wrote with aliases in the place of names.

        Raises:
            NumbersUnavailableError: The aliases can't be had.
        """
        return self._course(course_id).names.hidden(text)

    def has_alias(self, course_id: str, text: str) -> bool:
        """Tell whether there is an alias of the course in a text, in any language.

        Raises:
            NumbersUnavailableError: The aliases can't be had.
        """
        return any(alias in text for alias in self._course(course_id).students)

    def disguised(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer of the API about a course without a student's id or name.

        Raises:
            NumbersUnavailableError: The aliases can't be had.
        """
        course_id = answer.get("course_id")
        if not isinstance(course_id, str):
            return answer  # it is not about students
        if any(student not in self._course(course_id).shown for student in _students_in(answer)):
            self._courses.pop(course_id)  # somebody has joined
        changed = self._disguised(self._course(course_id), answer)
        return changed if isinstance(changed, dict) else {}

    def _course(self, course_id: str) -> _Course:
        known = self._courses.get(course_id)
        if known is None or time.monotonic() > self._asked_at[course_id] + NAMES_SECONDS:
            self._asked_at[course_id] = time.monotonic()
            try:
                self._courses[course_id] = _course(self._ask(course_id), self._language)
            except NumbersUnavailableError:
                if known is None:
                    raise
        return self._courses[course_id]

    def _disguised(self, course: _Course, value: JsonValue, name: str = "") -> JsonValue:
        match value:
            case dict():
                return {key: self._disguised(course, each, key) for key, each in value.items()}
            case list():
                return _unordered(name, [self._disguised(course, each, name) for each in value])
            case str() if name == "student_id":
                return course.shown.get(value, someone(self._language))
            case str() if name in _PERSONAL:
                return None
            case str() if name in WRITTEN or name in _NAMED:
                return course.names.hidden(value)
        return value


def _course(answer: Aliases, language: str) -> _Course:
    shown = {each.student_id: alias(each.number, language) for each in answer.aliases}
    students = {
        alias(each.number, spoken): each.student_id
        for spoken in LANGUAGES
        for each in answer.aliases
    }
    names = names_in_text(answer.aliases, shown, someone(language))
    return _Course(shown, students, names)


def _students_in(value: JsonValue) -> Iterator[str]:
    match value:
        case dict():
            student = value.get("student_id")
            if isinstance(student, str):
                yield student
            for each in value.values():
                yield from _students_in(each)
        case list():
            for each in value:
                yield from _students_in(each)


def _unordered(name: str, items: list[JsonValue]) -> list[JsonValue]:
    """Put what came in the order of the students' ids into that of their aliases.

    Who needs a person is in the order of need, and stays so.
    """
    if name not in _IN_ORDER_OF_IDS:
        return items
    found = [item for item in items if isinstance(item, dict) and "student_id" in item]
    if len(found) < len(items) or any("reasons" in item for item in found):
        return items
    return [*sorted(found, key=lambda item: str(item["student_id"]))]
