"""Who may read what: dependencies that turn a request's token and ids into a permitted question."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from analytics.answers import is_in_sections
from analytics.names import GRANT
from analytics.parameters import (
    EncodedCourseId,
    EncodedStudentId,
    OnlySection,
    OnlyStudent,
    decoded_id,
)
from ingest_api.access import grant_of, refuse_ended, refuse_revoked
from ingest_api.problems import Problem
from ingest_api.tokens import Grant

_ASK: Final = "for more ask whoever runs Cellpulse ('cellpulse account')"

# Documents the header in OpenAPI; the check itself is `grant_of`'s.
_BEARER = HTTPBearer(
    auto_error=False, description="A token of scope 'read': `cellpulse token --scope read`."
)


async def _reader(request: Request, _: Annotated[object, Security(_BEARER)]) -> Grant:
    grant = grant_of(request.headers.get("authorization"), request.app.state.secrets, "read")
    await refuse_revoked(grant, request.app.state.revoked)
    await refuse_ended(grant, request.app.state.signed_out)
    setattr(request.state, GRANT, grant)
    return grant


async def _class_reader(grant: Annotated[Grant, Depends(_reader)]) -> Grant:
    if grant.student_id is not None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this token is for one student's own history, and this is about the class: {_ASK}",
        )
    return grant


async def _class_of(
    grant: Annotated[Grant, Depends(_class_reader)], encoded: EncodedCourseId
) -> str:
    course_id = _permitted_course(grant, encoded)
    if sections := grant.sections_of(course_id):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this is about the whole course, and you may see {_named(sections)} of it: {_ASK}",
        )
    return course_id


async def _part_of(
    grant: Annotated[Grant, Depends(_class_reader)],
    encoded: EncodedCourseId,
    section: OnlySection = None,
) -> tuple[str, str | None]:
    course_id = _permitted_course(grant, encoded)
    return course_id, permitted_section(grant, course_id, section)


def permitted_section(grant: Grant, course_id: str, section: str | None) -> str | None:
    """Return the section that a question is confined to; None for the whole course.

    Raises:
        Problem: 403, the grant covers other sections, or one of several has to be named.
    """
    sections = grant.sections_of(course_id)
    if not sections or section in sections:
        return section
    if section is None and len(sections) == 1:
        return sections[0]
    raise Problem(
        HTTPStatus.FORBIDDEN,
        f"you may see {_named(sections)} of this course: add section={sections[0]}; {_ASK}",
    )


def _student_of(
    request: Request,
    grant: Annotated[Grant, Depends(_reader)],
    encoded_course: EncodedCourseId,
    encoded_student: EncodedStudentId,
) -> tuple[str, str]:
    course_id = _permitted_course(grant, encoded_course)
    student_id = decoded_id(encoded_student)
    if student_id is not None:
        student_id = request.app.state.who_is_who.stored_id(course_id, student_id)
    if grant.student_id is not None and grant.student_id != student_id:
        raise Problem(HTTPStatus.FORBIDDEN, f"this token is for another student: {_ASK}")
    if student_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no student can have this id: correct the address")
    _require_in_sections(request, grant, course_id, student_id)
    request.app.state.looked_at.note(grant, course_id, student_id)
    return course_id, student_id


async def _own_student_of(
    grant: Annotated[Grant, Depends(_reader)],
    student: Annotated[tuple[str, str], Depends(_student_of)],
) -> tuple[str, str]:
    if grant.student_id is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "only the student may do this, on their own page (%cellpulse me)",
        )
    return student


def _only_student(
    request: Request,
    grant: Annotated[Grant, Depends(_reader)],
    encoded: EncodedCourseId,
    student_id: OnlyStudent = None,
) -> str | None:
    if student_id is not None:
        course_id = _permitted_course(grant, encoded)
        student_id = str(request.app.state.who_is_who.stored_id(course_id, student_id))
        _require_in_sections(request, grant, course_id, student_id)
        request.app.state.looked_at.note(grant, course_id, student_id)
    return student_id


def _require_in_sections(request: Request, grant: Grant, course_id: str, student_id: str) -> None:
    """Go on where a student is in a section that the grant covers, or it covers the course.

    Raises:
        Problem: 403, the student is in another section, or in none, or not there at all.
    """
    sections = grant.sections_of(course_id)
    if sections and not request.app.state.lake.read(
        lambda lake: is_in_sections(lake, course_id, student_id, sections)
    ):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"you may see the students of {_named(sections)}, and this is none of them: {_ASK}",
        )


async def _course_of(
    grant: Annotated[Grant, Depends(_reader)], encoded: EncodedCourseId
) -> tuple[Grant, str]:
    return grant, _permitted_course(grant, encoded)


def _permitted_course(grant: Grant, encoded: str) -> str:
    course_id = decoded_id(encoded)
    if course_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no course can have this id: correct the address")
    if not grant.allows_course(course_id) and not grant.sections_of(course_id):
        raise Problem(HTTPStatus.FORBIDDEN, f"this token is for another course: {_ASK}")
    return course_id


def _named(sections: Sequence[str]) -> str:
    return f"section {' and '.join(sections)}"


#: Grant of any token that may read.
Reader = Annotated[Grant, Depends(_reader)]
#: Grant of a token, and the id of a course of which it may read at least one student.
CourseOf = Annotated[tuple[Grant, str], Depends(_course_of)]
#: Grant of a token that may read about whole classes.
ClassReader = Annotated[Grant, Depends(_class_reader)]
#: Id of a course about which the token may read everything.
ClassOf = Annotated[str, Depends(_class_of)]
#: Id of a course, and the section that the question is confined to; None for all of the course.
PartOf = Annotated[tuple[str, str | None], Depends(_part_of)]
#: The student that a question about a course is confined to, if any; one whom the token may read.
PermittedStudent = Annotated[str | None, Depends(_only_student)]
#: Ids of a course and of a student in it whose history the token may read.
StudentOf = Annotated[tuple[str, str], Depends(_student_of)]
#: Ids of a course and of the student in it whose own the token is.
OwnStudentOf = Annotated[tuple[str, str], Depends(_own_student_of)]
