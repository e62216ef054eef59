"""The addresses by which an admin enrolls a course's students: look first, then do it."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import CourseOfAdmin, Office, OfficeOfAdmin
from analytics.admin.enrolment_responses import Encoding, Enrolment, RosterFault, RosterStudent
from analytics.admin.uploads import FILE_PROBLEMS, SentRoster, documented_file
from analytics.bodies import CSV
from analytics.names import pseudonyms_told
from analytics.parameters import require_course_id
from flows.enrollment.enroll import Outcome
from flows.enrollment.roster import Entry, Roster, check_roster
from flows.progsnap2.errors import DataSetError
from flows.pseudonyms.roster import enroll_in_any
from ingest_api.problems import Problem

router = APIRouter(prefix="/api/v1/admin", responses=FILE_PROBLEMS)
_ROSTER: Final = "/courses/{course_id:path}/roster"
#: Most students, and most faults, that one answer names.
STUDENTS_NAMED: Final = 500
FAULTS_NAMED: Final = 200
TextEncoding = Annotated[Encoding, Query(description="Encoding of the file's text.")]


@router.post(
    f"{_ROSTER}/preview",
    responses=examples.answer(admin_examples.ENROLMENT),
    openapi_extra=documented_file(CSV),
)
def post_roster_preview(
    request: Request,
    office: OfficeOfAdmin,
    course_id: CourseOfAdmin,
    sent: SentRoster,
    encoding: TextEncoding = "utf-8",
) -> Enrolment:
    """Return what enrolling these students would change, and what is wrong with the file."""
    roster = check_roster(sent, encoding)
    return _enrolled(request, office, course_id, roster, dry_run=True)


@router.post(
    _ROSTER,
    responses=examples.answer(admin_examples.ENROLMENT),
    openapi_extra=documented_file(CSV),
)
def post_roster(
    request: Request,
    office: OfficeOfAdmin,
    course_id: CourseOfAdmin,
    sent: SentRoster,
    encoding: TextEncoding = "utf-8",
) -> Enrolment:
    """Enroll these students: all of them, or, where anything is wrong with the file, nobody."""
    roster = check_roster(sent, encoding)
    if roster.faults:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "nobody was enrolled: mend the lines that errors name, and send the file again",
            errors=_errors(roster.faults),
        )
    enrolled = _enrolled(request, office, course_id, roster, dry_run=False)
    request.app.state.who_is_who.refresh()
    office.note(
        "students enrolled",
        course_id,
        f"{enrolled.new} new, {enrolled.changed} changed",
        new=enrolled.new,
        changed=enrolled.changed,
    )
    return enrolled


def _enrolled(
    request: Request, office: Office, course_id: str, roster: Roster, *, dry_run: bool
) -> Enrolment:
    require_course_id(course_id)
    settings = request.app.state.settings
    with office.stores.postgres() as engine, pseudonyms_told():
        outcome = enroll_in_any(engine, settings, course_id, roster.entries, dry_run=dry_run)
    return Enrolment(
        course_id=course_id,
        is_new_course=outcome.is_new_course,
        new=len(outcome.new),
        changed=len(outcome.changed),
        unchanged=outcome.unchanged,
        others=outcome.others,
        students=_students(outcome)[:STUDENTS_NAMED],
        unread=roster.unread,
        faults=[
            RosterFault(line=fault.line, reason=fault.reason)
            for fault in roster.faults[:FAULTS_NAMED]
        ],
        fault_count=len(roster.faults),
    )


def _students(outcome: Outcome) -> list[RosterStudent]:
    new = [_student(student, "new", {}, entry) for student, entry in outcome.new.items()]
    changed = [
        _student(student, "changed", before, after)
        for student, (before, after) in outcome.changed.items()
    ]
    return new + changed


def _student(student_id: str, change: Any, before: Entry, after: Entry) -> RosterStudent:
    return RosterStudent(
        student_id=student_id,
        change=change,
        name=after.get("display_name"),
        section=after.get("section"),
        seat=after.get("seat"),
        name_before=before.get("display_name"),
        section_before=before.get("section"),
        seat_before=before.get("seat"),
    )


def _errors(faults: list[DataSetError]) -> list[dict[str, Any]]:
    return [
        {"field": "file" if fault.line is None else f"line {fault.line}", "message": fault.reason}
        for fault in faults[:FAULTS_NAMED]
    ]
