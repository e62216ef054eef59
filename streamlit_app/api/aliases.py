"""Puts aliases in the place of students: in every answer of the API, and back in every question.

While a page is projected nothing else reaches the browser, as this happens where the pages get
their data and not where they draw it: whatever a page draws, an alias is all that it has.
"""

import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pydantic import JsonValue

from analytics.class_view.responses import Aliases
from analytics.written import WRITTEN
from streamlit_app.api.alias_words import LANGUAGES, alias, someone
from streamlit_app.api.errors import NumbersUnavailableError

#: How long names are taken for those of the roster, in seconds.
NAMES_SECONDS: Final = 60.0
#: Lists that come in the order of the students' ids, which would tell who is who.
_IN_ORDER_OF_IDS: Final = {"students", "who", "rows"}
#: Of a student, beside the id; a seat is somebody whom everybody can see.
_PERSONAL: Final = {"display_name", "seat"}
#: What students may have named after themselves, beside what they wrote; `error` is the error's
#: name in the values of a reason.
_NAMED: Final = {"error", "error_name", "notebook", "notebooks"}
#: A word of a name, without what stands before, between and after words.
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: A shorter word of Latin letters is rather a part of a program than somebody's name.
_SHORTEST_NAME: Final = 3


@dataclass(frozen=True)
class _Course:
    """The aliases of one course.

    Args:
        shown: Each student's alias, in the language of the page.
        students: Whose an alias is, in any language.
        named: Each student's alias by the case-folded id and every part of the name.
        names: Finds these in a text; None where there are none.
    """

    shown: Mapping[str, str]
    students: Mapping[str, str]
    named: Mapping[str, str]
    names: re.Pattern[str] | None


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
        return _told(self._course(course_id), text)

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
                return _told(course, value)
        return value


def _told(course: _Course, text: str) -> str:
    found = course.names
    if found is None:
        return text
    # A file's name may have its accents apart from the letters.
    return found.sub(partial(_alias_found, course.named), _composed(text))


def _course(answer: Aliases, language: str) -> _Course:
    shown = {each.student_id: alias(each.number, language) for each in answer.aliases}
    students = {
        alias(each.number, spoken): each.student_id
        for spoken in LANGUAGES
        for each in answer.aliases
    }
    parts = {
        part: shown[each.student_id]
        for each in answer.aliases
        for part in (*_parts(each.display_name or ""), _composed(each.student_id))
        if len(part) >= _SHORTEST_NAME or not part.isascii()
    }
    named = {part.casefold(): shown_as for part, shown_as in parts.items()}
    # To ignore case finds no letter that folds to two, as ß does: both are looked for.
    written = sorted({*parts, *named}, key=lambda part: (-len(part), part))
    found = "|".join(map(_as_a_word, written))
    names = re.compile(found, re.IGNORECASE) if found else None
    return _Course(shown, students, named, names)


def _parts(name: str) -> Iterator[str]:
    """Yield what may stand for somebody's name in a text: its words too, apart and in one."""
    whole = _composed(name)
    words = _WORD.findall(whole)
    yield from (whole, *whole.split(), *words)
    if len(words) > 1:
        yield from ("".join(words), "".join(reversed(words)))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _as_a_word(name: str) -> str:
    """Return what finds a name; a Latin one only where it is a word of its own, as in `of_ada`."""
    escaped = re.escape(name)
    return rf"(?<![^\W_]){escaped}(?![^\W_])" if name.isascii() else escaped


def _alias_found(named: Mapping[str, str], found: re.Match[str]) -> str:
    return named.get(found[0].casefold(), found[0])


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
