"""Who may read what: dependencies that turn a request's token and ids into a permitted question."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from analytics.parameters import EncodedCourseId, EncodedStudentId, decoded_id
from ingest_api.access import grant_of, refuse_ended
from ingest_api.problems import Problem
from ingest_api.tokens import Grant

# Documents the header in OpenAPI; the check itself is `grant_of`'s.
_BEARER = HTTPBearer(
    auto_error=False, description="A token of scope 'read': `cellpulse token --scope read`."
)


async def _reader(request: Request, _: Annotated[object, Security(_BEARER)]) -> Grant:
    grant = grant_of(request.headers.get("authorization"), request.app.state.secret, "read")
    await refuse_ended(grant, request.app.state.signed_out)
    return grant


async def _class_reader(grant: Annotated[Grant, Depends(_reader)]) -> Grant:
    if grant.student_id is not None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "this token is for one student's own history; this address needs one for the class",
        )
    return grant


async def _class_of(
    grant: Annotated[Grant, Depends(_class_reader)], encoded: EncodedCourseId
) -> str:
    return _permitted_course(grant, encoded)


async def _student_of(
    grant: Annotated[Grant, Depends(_reader)],
    encoded_course: EncodedCourseId,
    encoded_student: EncodedStudentId,
) -> tuple[str, str]:
    course_id = _permitted_course(grant, encoded_course)
    student_id = decoded_id(encoded_student)
    if grant.student_id is not None and grant.student_id != student_id:
        raise Problem(HTTPStatus.FORBIDDEN, "this token is for another student")
    if student_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no student can have this id: correct the address")
    return course_id, student_id


async def _own_student_of(
    grant: Annotated[Grant, Depends(_reader)],
    student: Annotated[tuple[str, str], Depends(_student_of)],
) -> tuple[str, str]:
    if grant.student_id is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "only the student may change this, on their own page (%cellpulse me)",
        )
    return student


async def _course_of(
    grant: Annotated[Grant, Depends(_reader)], encoded: EncodedCourseId
) -> tuple[Grant, str]:
    return grant, _permitted_course(grant, encoded)


def _permitted_course(grant: Grant, encoded: str) -> str:
    course_id = decoded_id(encoded)
    if course_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no course can have this id: correct the address")
    if not grant.allows_course(course_id):
        raise Problem(HTTPStatus.FORBIDDEN, "this token is for another course")
    return course_id


#: Grant of any token that may read.
Reader = Annotated[Grant, Depends(_reader)]
#: Grant of a token, and the id of a course of which it may read at least one student.
CourseOf = Annotated[tuple[Grant, str], Depends(_course_of)]
#: Grant of a token that may read about whole classes.
ClassReader = Annotated[Grant, Depends(_class_reader)]
#: Id of a course about which the token may read everything.
ClassOf = Annotated[str, Depends(_class_of)]
#: Ids of a course and of a student in it whose history the token may read.
StudentOf = Annotated[tuple[str, str], Depends(_student_of)]
#: Ids of a course and of the student in it whose own the token is.
OwnStudentOf = Annotated[tuple[str, str], Depends(_own_student_of)]
