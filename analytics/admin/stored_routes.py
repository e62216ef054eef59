"""The addresses by which an admin sees what is stored about whom."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import PROBLEMS, Admin, CourseOfAdmin, OfficeOfAdmin
from analytics.admin.stored_responses import (
    StoredAboutStudent,
    StoredCourse,
    StoredOfCourse,
    StoredRows,
)
from analytics.answers import require_member
from analytics.names import WhoIsWho
from analytics.parameters import EncodedStudentId, decoded_id
from analytics.queries.query import load_query
from analytics.routes import Lake
from flows.stores import kept
from flows.stores.kept import OfCourse
from ingest_api.problems import Problem

router = APIRouter(prefix="/api/v1/admin", responses=PROBLEMS)
#: What a store that is no table holds.
_EVENTS: Final = "events"
_NO_EVENTS: Final[dict[str, Any]] = {
    "events": 0,
    "students": 0,
    "first_event_at": None,
    "last_event_at": None,
}


async def _student(_: Admin, encoded: EncodedStudentId) -> str:
    student_id = decoded_id(encoded)
    if student_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no student can have this id: correct the address")
    return student_id


StudentOfAdmin = Annotated[str, Depends(_student)]


@router.get(
    "/students/{student_id:path}/stored", responses=examples.answer(admin_examples.ABOUT_STUDENT)
)
def get_admin_student(
    request: Request, lake: Lake, office: OfficeOfAdmin, student_id: StudentOfAdmin
) -> StoredAboutStudent:
    """Return in which courses and stores there is something about a student."""
    who: WhoIsWho = request.app.state.who_is_who
    courses = []
    for stored in who.ids_of(student_id):
        events = _events(lake, course_id=None, student_id=stored)
        name = who.known[stored].display_name if stored in who.known else None
        with office.stores.postgres() as engine:
            found = kept.about_student(engine, stored)
        courses += [
            _of_student(each, events.get(each.course_id, _NO_EVENTS), name) for each in found
        ]
    return StoredAboutStudent(student_id=student_id, courses=courses)


@router.get("/courses/{course_id:path}/stored", responses=examples.answer(admin_examples.OF_COURSE))
def get_admin_course(lake: Lake, office: OfficeOfAdmin, course_id: CourseOfAdmin) -> StoredOfCourse:
    """Return how much of a course each store has."""
    lake.read(lambda connection: require_member(connection, course_id))
    found = _events(lake, course_id=course_id, student_id=None).get(course_id, _NO_EVENTS)
    with office.stores.postgres() as engine:
        rows, size = kept.of_course(engine, course_id), kept.lake_bytes(engine, course_id)
    return StoredOfCourse(
        course_id=course_id,
        students=found["students"],
        events=found["events"],
        first_event_at=found["first_event_at"],
        last_event_at=found["last_event_at"],
        stores=[
            StoredRows(store="lake", part=_EVENTS, rows=found["events"], size_bytes=size),
            *_told(rows),
        ],
    )


def _events(lake: Lake, **only: str | None) -> dict[str, dict[str, Any]]:
    rows = lake.read(lambda connection: load_query("kept_events").rows(connection, **only))
    return {row["course_id"]: row for row in rows}


def _of_student(found: OfCourse, events: Mapping[str, Any], name: str | None) -> StoredCourse:
    return StoredCourse(
        course_id=found.course_id,
        enrolled_at=found.enrolled_at,
        name=found.display_name or name,
        section=found.section,
        events=events["events"],
        first_event_at=events["first_event_at"],
        last_event_at=events["last_event_at"],
        sessions=found.sessions,
        stores=[StoredRows(store="lake", part=_EVENTS, rows=events["events"]), *_told(found.rows)],
    )


def _told(rows: Mapping[str, int]) -> list[StoredRows]:
    """Return the tables of PostgreSQL, then what is not counted."""
    return [
        *(StoredRows(store="postgres", part=name, rows=count) for name, count in rows.items()),
        # Both keep events by their place, not by whose they are.
        StoredRows(store="redis", part=_EVENTS, rows=None),
        StoredRows(store="influxdb", part=_EVENTS, rows=None),
    ]
