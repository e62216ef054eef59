"""How a page asks the aggregation API: with whose token, as of when, and of which section."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from analytics.responses import Answer
from streamlit_app.api.aliases import AliasBook
from streamlit_app.api.errors import (
    STRANGE,
    AwayError,
    NumbersUnavailableError,
    away,
    raise_for_refusal,
)
from streamlit_app.api.patience import SLOW_SECONDS, TIMEOUT_SECONDS

API_ROOT: Final = "/api/v1"
_OF_A_COURSE: Final = "/courses/"

AnswerType = TypeVar("AnswerType", bound=Answer)
Through = Callable[[Hashable, Callable[[], Any]], Any]


@dataclass(frozen=True)
class Asking:
    """Asks the aggregation API on behalf of one instructor.

    Args:
        http: Shared by all sessions; its base address is the API's.
        token: The instructor's read token.
        section: What is asked about a course is asked about this section of it; None for all of it.
        aliases_shown: Puts aliases in the place of students while the page is projected; else None.
        moment: Answers about a class are as of then; None for now.
        through: Called with what makes out a question, and with what asks it; see `shared.py`.
    """

    http: httpx.Client
    token: str
    section: str | None = None
    aliases_shown: AliasBook | None = None
    moment: datetime | None = None
    through: Through | None = None

    def at(self, moment: datetime) -> Self:
        """Return a client whose answers about a class are as of a moment of the past."""
        return replace(self, moment=moment)

    def _student(self, course_id: str, shown: str | None) -> str | None:
        """Return whose the name on the page is."""
        if shown is None or self.aliases_shown is None:
            return shown
        return self.aliases_shown.student(course_id, shown)

    def _of(self, course_id: str, shown: str) -> str:
        student_id = self._student(course_id, shown) or shown
        return f"/courses/{segment(course_id)}/students/{segment(student_id)}"

    def _get(
        self,
        path: str,
        answer: type[AnswerType],
        query: Mapping[str, str | float] | None = None,
        *,
        is_slow: bool = False,
    ) -> AnswerType:
        asked = dict(query or {})
        if self.section is not None and path.startswith(_OF_A_COURSE):
            asked["section"] = self.section
        if self.moment is not None:
            asked["as_of"] = self.moment.isoformat()

        def ask() -> AnswerType:
            is_long = is_slow or "as_of" in asked
            wait = SLOW_SECONDS if is_long else TIMEOUT_SECONDS
            return self._ask("GET", path, answer, query=asked, wait=wait)

        # With aliases in it an answer is of one page alone.
        if self.through is None or self.aliases_shown is not None:
            return ask()
        found: AnswerType = self.through((self.token, path, *sorted(asked.items())), ask)
        return found

    def _ask(
        self,
        method: str,
        path: str,
        answer: type[AnswerType],
        *,
        query: Mapping[str, str | float] | None = None,
        json: Mapping[str, int | float | str | bool | None] | None = None,
        wait: float = TIMEOUT_SECONDS,
    ) -> AnswerType:
        response = self._send(method, path, params=query, json=json, timeout=wait)
        try:
            if self.aliases_shown is None:
                return answer.model_validate_json(response.content)
            return answer.model_validate(self.aliases_shown.disguised(response.json()))
        except (ValidationError, ValueError) as error:
            raise NumbersUnavailableError(STRANGE) from error

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            response = self.http.request(method, API_ROOT + path, headers=headers, **request)
        except httpx.HTTPError as error:
            raise AwayError(away(method)) from error
        raise_for_refusal(response)
        return response


def given(**query: str | int | None) -> dict[str, str | int]:
    """Return of a question what is not None."""
    return {name: value for name, value in query.items() if value is not None}


def segment(identifier: str) -> str:
    """Write an id as one segment of a path: ids may hold slashes, blanks and any script.

    Dots are written out as well: a segment that is `.` or `..` would be taken for a step upwards.
    """
    return quote(identifier, safe="").replace(".", "%2E")
