"""The API's addresses for admins as the Admin page uses them: a method for each, typed answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from analytics.admin.account_responses import (
    AccountLink,
    Accounts,
    NewAccount,
    RemovedAccount,
)
from analytics.admin.course_responses import (
    AdminActions,
    AdminCourses,
    CourseRetention,
    CourseSettings,
    NewCourse,
)
from analytics.admin.enrolment_responses import Enrolment
from analytics.admin.health_responses import Health
from analytics.admin.registration_responses import RegistrationPreview
from analytics.admin.stored_responses import StoredAboutStudent, StoredOfCourse
from analytics.admin.token_responses import HandedOutTokens, RevokedToken
from analytics.responses import Answer
from streamlit_app.api.admin_words import refusal_in_words
from streamlit_app.api.asking import API_ROOT, segment
from streamlit_app.api.errors import AWAY, STRANGE, AccessRefusedError, NumbersUnavailableError
from streamlit_app.api.patience import LONG_SECONDS, SLOW_SECONDS

#: As many as the API gives at once.
_PAGE: Final = "1000"
_CSV: Final = "text/csv"
_ZIP: Final = "application/zip"

AnswerType = TypeVar("AnswerType", bound=Answer)


class ChangeRefusedError(Exception):
    """The API did not take a change; the message is a sentence for the admin."""


@dataclass(frozen=True)
class AdminClient:
    """Asks the aggregation API on behalf of one admin.

    Every method raises `AccessRefusedError` where the token is no admin's, `ChangeRefusedError`
    where the API refuses what was asked, and `NumbersUnavailableError` where it is away.

    Args:
        http: Shared by all sessions; its base address is the API's.
        token: The admin's token.
    """

    http: httpx.Client
    token: str

    def courses(self) -> AdminCourses:
        """Return every course, with its settings."""
        return self._ask("GET", "/courses", AdminCourses)

    def make_course(self, asked: NewCourse) -> None:
        """Make a course."""
        self._ask("POST", "/courses", NewCourse, json=asked)

    def set_course(self, course_id: str, asked: CourseSettings) -> None:
        """Set of a course's title, time zone and retention what is given; the rest stays."""
        self._ask("PUT", f"/courses/{segment(course_id)}", CourseSettings, json=asked)

    def retention(self, course_id: str, days: int) -> CourseRetention:
        """Return how many students would be erased now if they were kept so many days."""
        path = f"/courses/{segment(course_id)}/retention"
        return self._ask("GET", path, CourseRetention, query={"days": str(days)}, wait=LONG_SECONDS)

    def preview_roster(self, course_id: str, roster: bytes, encoding: str) -> Enrolment:
        """Return what enrolling a roster's students would change."""
        return self._roster(course_id, "roster/preview", roster, encoding)

    def enroll(self, course_id: str, roster: bytes, encoding: str) -> Enrolment:
        """Enroll a roster's students."""
        return self._roster(course_id, "roster", roster, encoding)

    def preview_notebooks(self, course_id: str, notebooks: bytes) -> RegistrationPreview:
        """Return what registering a zip file of notebooks would change."""
        return self._notebooks(course_id, "registration/preview", notebooks)

    def register(self, course_id: str, notebooks: bytes) -> RegistrationPreview:
        """Register a zip file of notebooks."""
        return self._notebooks(course_id, "registration", notebooks)

    def accounts(self) -> Accounts:
        """Return who can sign in."""
        return self._ask("GET", "/accounts", Accounts)

    def add_account(self, asked: NewAccount) -> AccountLink:
        """Make an account; return its link, which nobody is told again."""
        return self._ask("POST", "/accounts", AccountLink, json=asked)

    def reset_account(self, account: str) -> AccountLink:
        """Take an account's password away; return its new link."""
        return self._ask("POST", f"/accounts/{segment(account)}/reset", AccountLink)

    def remove_account(self, account: str) -> None:
        """Close an account."""
        self._ask("DELETE", f"/accounts/{segment(account)}", RemovedAccount)

    def tokens(self) -> HandedOutTokens:
        """Return which tokens were handed out, newest first, of all pages that there are."""
        page = self._ask("GET", "/tokens", HandedOutTokens, query={"limit": _PAGE})
        tokens = page.tokens
        while page.next_before is not None:
            query = {"limit": _PAGE, "before": page.next_before}
            page = self._ask("GET", "/tokens", HandedOutTokens, query=query)
            tokens = [*tokens, *page.tokens]
        return HandedOutTokens(tokens=tokens, next_before=None)

    def revoke_token(self, token_id: str) -> None:
        """Revoke a token."""
        self._ask("POST", f"/tokens/{segment(token_id)}/revoke", RevokedToken)

    def about_student(self, student_id: str) -> StoredAboutStudent:
        """Return what is stored about a student."""
        path = f"/students/{segment(student_id)}/stored"
        return self._ask("GET", path, StoredAboutStudent, wait=LONG_SECONDS)

    def of_course(self, course_id: str) -> StoredOfCourse:
        """Return what is stored of a course."""
        path = f"/courses/{segment(course_id)}/stored"
        return self._ask("GET", path, StoredOfCourse, wait=LONG_SECONDS)

    def actions(self) -> AdminActions:
        """Return what admins changed, newest first."""
        return self._ask("GET", "/actions", AdminActions)

    def health(self) -> Health:
        """Return how every part and store is."""
        return self._ask("GET", "/health", Health)

    def _roster(self, course_id: str, what: str, roster: bytes, encoding: str) -> Enrolment:
        path = f"/courses/{segment(course_id)}/{what}"
        query = {"encoding": encoding}
        return self._ask(
            "POST", path, Enrolment, content=roster, kind=_CSV, query=query, wait=LONG_SECONDS
        )

    def _notebooks(self, course_id: str, what: str, notebooks: bytes) -> RegistrationPreview:
        path = f"/courses/{segment(course_id)}/{what}"
        return self._ask(
            "POST", path, RegistrationPreview, content=notebooks, kind=_ZIP, wait=LONG_SECONDS
        )

    def _ask(
        self,
        method: str,
        path: str,
        answer: type[AnswerType],
        *,
        json: BaseModel | None = None,
        content: bytes | None = None,
        kind: str = "application/json",
        query: Mapping[str, str] | None = None,
        wait: float = SLOW_SECONDS,
    ) -> AnswerType:
        sent = content if json is None else json.model_dump_json(exclude_unset=True).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        if sent is not None:
            headers["Content-Type"] = kind
        try:
            response = self.http.request(
                method,
                f"{API_ROOT}/admin{path}",
                params=query,
                content=sent,
                headers=headers,
                timeout=wait,
            )
        except httpx.HTTPError as error:
            raise NumbersUnavailableError(str(AWAY)) from error
        _raise_for_refusal(response)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise NumbersUnavailableError(str(STRANGE)) from error


def _raise_for_refusal(response: httpx.Response) -> None:
    if response.is_success:
        return
    if response.status_code >= 500 or response.status_code == 429:  # noqa: PLR2004
        raise NumbersUnavailableError(str(AWAY))
    said = _said(response)
    if response.status_code in (401, 403):
        raise AccessRefusedError(said)
    raise ChangeRefusedError(said)


def _said(response: httpx.Response) -> str:
    """Return what the API says: its detail, or the faults where it names them."""
    try:
        problem: dict[str, Any] = response.json()
        faults = [str(fault["message"]) for fault in problem.get("errors", ())]
        return refusal_in_words(faults or [str(problem["detail"])])
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(STRANGE)
