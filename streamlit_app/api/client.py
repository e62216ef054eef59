"""The aggregation API as the pages use it: one method for each question, typed answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from analytics.after_class.responses import Report
from analytics.attention.responses import (
    Attention,
    AttentionThresholds,
    ErrorClusters,
    Marked,
    MarkKind,
    Snoozed,
    Thresholds,
)
from analytics.class_marks.responses import ClassMarkRemoved, ClassMarks, ClassMarkSet
from analytics.class_view.responses import Aliases, ClassMap, ClassSessions, ClassStream
from analytics.code_groups.responses import CodeGroups
from analytics.export.responses import Export, ExportRequest, Exports
from analytics.live.responses import Live
from analytics.my_progress.responses import DeletionRequest, OwnOverview, OwnPreferences
from analytics.plan.responses import ClassPlan, PlannedTime, PlanRequest, PlanSet
from analytics.responses import (
    Answer,
    Courses,
    Events,
    Exercises,
    History,
    MeasureRows,
    Measures,
    Progress,
    Students,
    Timeline,
)
from analytics.sign_in.responses import Viewer
from analytics.student.responses import Notes, Sittings
from streamlit_app.api.aliases import AliasBook
from streamlit_app.language.text import Text

API_ROOT: Final = "/api/v1"
_OF_A_COURSE: Final = "/courses/"
#: Longest wait for an answer, in seconds; a page with old numbers is better than a frozen one.
TIMEOUT_SECONDS: Final = 5.0
#: The API closes a connection that was idle for 5 s: a question must not go over it just then.
LIMITS: Final = httpx.Limits(
    max_connections=100, max_keepalive_connections=20, keepalive_expiry=3.0
)
#: The same for a file with everything about a student.
FILE_SECONDS: Final = 120.0

AnswerType = TypeVar("AnswerType", bound=Answer)

_AWAY = Text("The numbers can't be had right now. This page keeps trying by itself.")
_REFUSED = Text(
    "The link that you came with does not open this. "
    "Ask whoever runs Cellpulse for a link to your course."
)
_UNKNOWN = Text("There is no such course or student. Choose another one above.")
_BUSY = Text("An export of this course is running already. Wait until it is done.")
_STRANGE = Text(
    "The numbers came in a form that this page can't read. "
    "Tell whoever runs Cellpulse; its parts may be of different versions."
)


class NumbersUnavailableError(Exception):
    """The aggregation API gave no numbers; the message is a sentence for the instructor."""


class AccessRefusedError(NumbersUnavailableError):
    """The token opens nothing, or not this course."""


class BusyError(NumbersUnavailableError):
    """Something that runs must end first."""


class NotKnownError(NumbersUnavailableError):
    """There is no such course or student."""


@dataclass(frozen=True)
class MeasureQuery:
    """What is asked of a measure.

    Args:
        by: What a row is of: course, exercise, student, student_exercise or run.
        student: Only rows of this student.
        exercise: Only rows of this exercise; '' is outside exercises.
        own: Values of the measure's own parameters.
    """

    by: str
    student: str | None = None
    exercise: str | None = None
    own: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiClient:
    """Asks the aggregation API on behalf of one instructor.

    Args:
        http: Shared by all sessions; its base address is the API's.
        token: The instructor's read token.
        section: What is asked about a course is asked about this section of it; None for all of it.
        aliases_shown: Puts aliases in the place of students while the page is projected; else None.
        moment: Answers about a class are as of then; None for now.
    """

    http: httpx.Client
    token: str
    section: str | None = None
    aliases_shown: AliasBook | None = None
    moment: datetime | None = None

    def at(self, moment: datetime) -> Self:
        """Return a client whose answers about a class are as of a moment of the past."""
        return replace(self, moment=moment)

    def viewer(self) -> Viewer:
        """Return whose token it is, and what it opens."""
        return self._get("/viewer", Viewer)

    def courses(self) -> Courses:
        """Return the courses that the token may read."""
        return self._get("/courses", Courses)

    def live(
        self,
        course_id: str,
        *,
        minutes: int,
        span: tuple[datetime, datetime],
        stream: bool = False,
        events: int = 0,
    ) -> Live:
        """Return all that a Live page shows, read at one moment.

        Args:
            course_id: The course.
            minutes: How far back failures are looked for.
            span: From when to when the plan is.
            stream: Whether the class's way through the exercises is asked for too.
            events: How many of the latest events are.
        """
        query: dict[str, str | float] = {
            "minutes": minutes,
            "from": span[0].isoformat(),
            "to": span[1].isoformat(),
            "stream": str(stream).lower(),
            "events": events,
        }
        return self._get(f"/courses/{_segment(course_id)}/live", Live, query)

    def progress(self, course_id: str) -> Progress:
        """Return the numbers of the whole class and of each exercise."""
        return self._get(f"/courses/{_segment(course_id)}/progress", Progress)

    def students(self, course_id: str) -> Students:
        """Return where each student is."""
        return self._get(f"/courses/{_segment(course_id)}/students", Students)

    def timeline(
        self,
        course_id: str,
        *,
        exercise: str | None = None,
        span: tuple[datetime, datetime] | None = None,
    ) -> Timeline:
        """Return the runs of each minute, of one exercise where it is named.

        Args:
            course_id: The course.
            exercise: Only runs of this exercise.
            span: From when to when; None for the last three hours of class.
        """
        query = _given(bucket="1m", exercise=exercise)
        if span is not None:
            query |= {"from": span[0].isoformat(), "to": span[1].isoformat()}
        return self._get(f"/courses/{_segment(course_id)}/timeline", Timeline, query)

    def class_map(self, course_id: str) -> ClassMap:
        """Return how far each student is with each exercise."""
        return self._get(f"/courses/{_segment(course_id)}/class_map", ClassMap)

    def aliases(self, course_id: str) -> Aliases:
        """Return each student's neutral alias, with which a page can be shown to the class."""
        return self._get(f"/courses/{_segment(course_id)}/aliases", Aliases)

    def class_stream(self, course_id: str) -> ClassStream:
        """Return how many students were at each exercise, minute by minute."""
        return self._get(f"/courses/{_segment(course_id)}/class_stream", ClassStream)

    def class_sessions(self, course_id: str) -> ClassSessions:
        """Return when the class met, latest first."""
        return self._get(f"/courses/{_segment(course_id)}/class_sessions", ClassSessions)

    def report(
        self, course_id: str, *, start: datetime, until: datetime, as_of: str | None = None
    ) -> Report:
        """Return what a session of class came to, or had come to at a place in the log."""
        query = _given(as_of=as_of) | {"from": start.isoformat(), "to": until.isoformat()}
        return self._get(f"/courses/{_segment(course_id)}/report", Report, query)

    def exports(self, course_id: str) -> Exports:
        """Return the exports of a course that run or are kept, newest first."""
        return self._get(f"/courses/{_segment(course_id)}/exports", Exports)

    def start_export(self, course_id: str, request: ExportRequest) -> Export:
        """Start an export of a course.

        Raises:
            BusyError: Another one is running.
        """
        path = f"/courses/{_segment(course_id)}/exports"
        asked = request.model_dump(mode="json", by_alias=True)
        return self._ask("POST", path, Export, json=asked)

    def cancel_export(self, course_id: str, export_id: str) -> Export:
        """End an export that runs; one that has ended stays as it is."""
        path = f"/courses/{_segment(course_id)}/exports/{_segment(export_id)}/cancel"
        return self._ask("POST", path, Export)

    def class_marks(self, course_id: str) -> ClassMarks:
        """Return what instructors noted about moments of class."""
        return self._get(f"/courses/{_segment(course_id)}/marks", ClassMarks)

    def set_class_mark(
        self, course_id: str, text: str, *, at: datetime | None = None
    ) -> ClassMarkSet:
        """Note something about a moment of class, by default this one, for everybody."""
        body = _given(text=text, at=None if at is None else at.isoformat())
        return self._ask("POST", f"/courses/{_segment(course_id)}/marks", ClassMarkSet, json=body)

    def remove_class_mark(self, course_id: str, mark_id: str) -> None:
        """Take a mark back."""
        path = f"/courses/{_segment(course_id)}/marks/{_segment(mark_id)}"
        self._ask("DELETE", path, ClassMarkRemoved)

    def plan(self, course_id: str, *, span: tuple[datetime, datetime]) -> ClassPlan:
        """Return what is planned for a stretch of time, and where the class is against it."""
        query = {"from": span[0].isoformat(), "to": span[1].isoformat()}
        return self._get(f"/courses/{_segment(course_id)}/plan", ClassPlan, query)

    def set_plan(
        self, course_id: str, span: tuple[datetime, datetime], planned: Sequence[PlannedTime]
    ) -> PlanSet:
        """Plan a stretch of time anew, for everybody."""
        asked = PlanRequest(start=span[0], until=span[1], planned=list(planned))
        body = asked.model_dump(mode="json", exclude_none=True)
        return self._ask("PUT", f"/courses/{_segment(course_id)}/plan", PlanSet, json=body)

    def exercises(self, course_id: str) -> Exercises:
        """Return how far the class is with each exercise, in the order of the course."""
        return self._get(f"/courses/{_segment(course_id)}/exercises", Exercises)

    def events(
        self,
        course_id: str,
        *,
        limit: int,
        before: str | None = None,
        student: str | None = None,
        exercise: str | None = None,
    ) -> Events:
        """Return what the class did last, newest first.

        Args:
            course_id: The course.
            limit: Most entries, up to 1,000.
            before: `next_before` of the page after this one; the newest page when absent.
            student: Only what this student did.
            exercise: Only what was done in this exercise; '' is outside exercises.
        """
        query = _given(
            limit=limit,
            before=before,
            student_id=self._student(course_id, student),
            exercise=exercise,
        )
        return self._get(f"/courses/{_segment(course_id)}/events", Events, query)

    def measures(self) -> Measures:
        """Return what each measure means."""
        return self._get("/measures", Measures)

    def measure(self, course_id: str, name: str, question: MeasureQuery) -> MeasureRows:
        """Return the numbers of a measure."""
        student_id = self._student(course_id, question.student)
        query = _given(by=question.by, student_id=student_id, exercise=question.exercise)
        path = f"/courses/{_segment(course_id)}/measures/{_segment(name)}"
        return self._get(path, MeasureRows, {**query, **question.own})

    def history(
        self, course_id: str, student_id: str, *, limit: int, before: str | None = None
    ) -> History:
        """Return a page of what one student did, newest first.

        Args:
            course_id: The course.
            student_id: The student.
            limit: Most entries of the page.
            before: `next_before` of the page after this one; the newest page when absent.
        """
        query = _given(limit=limit, before=before)
        path = f"{self._of(course_id, student_id)}/history"
        return self._get(path, History, query)

    def sittings(self, course_id: str, student_id: str) -> Sittings:
        """Return when a student was at work, newest first."""
        return self._get(f"{self._of(course_id, student_id)}/sittings", Sittings)

    def notes(self, course_id: str, student_id: str) -> Notes:
        """Return what instructors noted about a student, newest first."""
        return self._get(f"{self._of(course_id, student_id)}/notes", Notes)

    def add_note(self, course_id: str, student_id: str, text: str) -> None:
        """Note something about a student."""
        path = f"{self._of(course_id, student_id)}/notes"
        self._ask("POST", path, Notes, json={"text": text})

    def remove_note(self, course_id: str, student_id: str, note_id: str) -> None:
        """Remove a note."""
        path = f"{self._of(course_id, student_id)}/notes/{_segment(note_id)}"
        self._ask("DELETE", path, Notes)

    def restore_note(self, course_id: str, student_id: str, note_id: str) -> None:
        """Bring a note back."""
        path = f"{self._of(course_id, student_id)}/notes/{_segment(note_id)}/restore"
        self._ask("POST", path, Notes)

    def attention(self, course_id: str) -> Attention:
        """Return who needs a person now, most urgent first."""
        return self._get(f"/courses/{_segment(course_id)}/attention", Attention)

    def code_groups(self, course_id: str, exercise: str) -> CodeGroups:
        """Return the latest code of each student at an exercise, in groups that are alike."""
        path = f"/courses/{_segment(course_id)}/code_groups"
        return self._get(path, CodeGroups, {"exercise": exercise})

    def error_clusters(
        self, course_id: str, *, minutes: int, exercise: str | None = None
    ) -> ErrorClusters:
        """Return which failures students share, of the last minutes, in one exercise or in all."""
        path = f"/courses/{_segment(course_id)}/error_clusters"
        return self._get(path, ErrorClusters, _given(minutes=minutes, exercise=exercise))

    def set_thresholds(self, course_id: str, thresholds: Thresholds) -> None:
        """Set from when on each reason of the list counts, for everybody."""
        path = f"/courses/{_segment(course_id)}/attention/thresholds"
        self._ask("PUT", path, AttentionThresholds, json=thresholds.model_dump())

    def snooze(self, course_id: str, student_id: str, *, minutes: int) -> None:
        """Take a student off the list of who needs a person, for everybody."""
        path = self._attention_of(course_id, student_id, "snooze")
        self._ask("POST", path, Snoozed, json={"minutes": minutes})

    def end_snooze(self, course_id: str, student_id: str) -> None:
        """Put a student back on the list."""
        self._ask("DELETE", self._attention_of(course_id, student_id, "snooze"), Snoozed)

    def mark(self, course_id: str, student_id: str, mark: MarkKind) -> None:
        """Tell everybody that one goes to a student, or has helped."""
        path = self._attention_of(course_id, student_id, "mark")
        self._ask("POST", path, Marked, json={"mark": mark})

    def take_mark_back(self, course_id: str, student_id: str) -> None:
        """Take a student's latest mark back."""
        self._ask("DELETE", self._attention_of(course_id, student_id, "mark"), Marked)

    def _student(self, course_id: str, shown: str | None) -> str | None:
        """Return whose the name on the page is."""
        if shown is None or self.aliases_shown is None:
            return shown
        return self.aliases_shown.student(course_id, shown)

    def _of(self, course_id: str, shown: str) -> str:
        student_id = self._student(course_id, shown) or shown
        return f"/courses/{_segment(course_id)}/students/{_segment(student_id)}"

    def _attention_of(self, course_id: str, shown: str, what: str) -> str:
        student_id = self._student(course_id, shown) or shown
        return f"/courses/{_segment(course_id)}/attention/{_segment(student_id)}/{what}"

    def overview(self, course_id: str, student_id: str) -> OwnOverview:
        """Return how far a student is, and what instructors see: nothing in it is of others."""
        return self._get(f"{self._of(course_id, student_id)}/overview", OwnOverview)

    def preferences(self, course_id: str, student_id: str) -> OwnPreferences:
        """Return what a student allows to be recorded."""
        return self._get(f"{self._of(course_id, student_id)}/preferences", OwnPreferences)

    def set_preferences(self, course_id: str, student_id: str, wanted: OwnPreferences) -> None:
        """Set what a student allows; only the student's own token may."""
        path = f"{self._of(course_id, student_id)}/preferences"
        self._ask("PUT", path, OwnPreferences, json=wanted.model_dump())

    def deletion(self, course_id: str, student_id: str) -> DeletionRequest:
        """Return whether a student asks for everything to be deleted."""
        return self._get(f"{self._of(course_id, student_id)}/deletion", DeletionRequest)

    def request_deletion(self, course_id: str, student_id: str) -> None:
        """Ask for everything about the student to be deleted."""
        self._ask("POST", f"{self._of(course_id, student_id)}/deletion", DeletionRequest)

    def withdraw_deletion(self, course_id: str, student_id: str) -> None:
        """Don't ask for it any more."""
        self._ask("DELETE", f"{self._of(course_id, student_id)}/deletion", DeletionRequest)

    def own_data(self, course_id: str, student_id: str) -> bytes:
        """Return everything that is stored about a student, as a zip file."""
        path = f"{self._of(course_id, student_id)}/data"
        return self._send("GET", path, timeout=FILE_SECONDS).content

    def _get(
        self, path: str, answer: type[AnswerType], query: Mapping[str, str | float] | None = None
    ) -> AnswerType:
        asked = dict(query or {})
        if self.section is not None and path.startswith(_OF_A_COURSE):
            asked["section"] = self.section
        if self.moment is not None:
            asked["as_of"] = self.moment.isoformat()
        return self._ask("GET", path, answer, query=asked)

    def _ask(
        self,
        method: str,
        path: str,
        answer: type[AnswerType],
        *,
        query: Mapping[str, str | float] | None = None,
        json: Mapping[str, int | float | str | bool | None] | None = None,
    ) -> AnswerType:
        response = self._send(method, path, params=query, json=json)
        try:
            if self.aliases_shown is None:
                return answer.model_validate_json(response.content)
            return answer.model_validate(self.aliases_shown.disguised(response.json()))
        except (ValidationError, ValueError) as error:
            raise NumbersUnavailableError(_STRANGE) from error

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            response = self.http.request(method, API_ROOT + path, headers=headers, **request)
        except httpx.HTTPError as error:
            raise NumbersUnavailableError(_AWAY) from error
        _raise_for_refusal(response)
        return response


def _raise_for_refusal(response: httpx.Response) -> None:
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        if response.status_code in (401, 403):
            raise AccessRefusedError(_REFUSED) from error
        if response.status_code == 409:  # noqa: PLR2004 - conflict
            raise BusyError(_BUSY) from error
        if response.status_code == 404:  # noqa: PLR2004 - not found
            raise NotKnownError(_UNKNOWN) from error
        if response.status_code >= 500 or response.status_code == 429:  # noqa: PLR2004
            raise NumbersUnavailableError(_AWAY) from error
        raise NumbersUnavailableError(_STRANGE) from error


def _given(**query: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in query.items() if value is not None}


def _segment(identifier: str) -> str:
    """Write an id as one segment of a path: ids may hold slashes, blanks and any script.

    Dots are written out as well: a segment that is `.` or `..` would be taken for a step upwards.
    """
    return quote(identifier, safe="").replace(".", "%2E")


#: What `admin_client.py` says and writes in the same way.
AWAY: Final = _AWAY
STRANGE: Final = _STRANGE
segment: Final = _segment
