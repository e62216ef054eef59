"""The addresses by which an admin looks after courses, and sees who changed what."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Final, cast

from fastapi import APIRouter, Query

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import PROBLEMS, Admin, CourseOfAdmin, OfficeOfAdmin
from analytics.admin.course_responses import (
    LONGEST_RETENTION,
    AdminActionLine,
    AdminActions,
    AdminCourse,
    AdminCourses,
    CourseNames,
    CourseRetention,
    CourseSettings,
    NewCourse,
)
from analytics.queries.query import load_query
from analytics.routes import Lake
from flows.erasure.retention import due, retentions
from flows.stores import admin_actions
from flows.stores.courses import CourseChanges, CourseSettingsError, make_course, set_course
from ingest_api.problems import Problem, documented_problem

router = APIRouter(prefix="/api/v1/admin", responses={**PROBLEMS, **examples.NOT_TEXT})
_TAKEN: Final = documented_problem(
    HTTPStatus.CONFLICT, "there is a course 'python-1' already: choose it to change it"
)
_NONE: Final = "no title"


@router.get("/courses", responses=examples.answer(admin_examples.COURSES))
def get_admin_courses(lake: Lake, _: Admin) -> AdminCourses:
    """Return every course, with its settings and what there is of it."""
    rows = lake.read(load_query("admin_courses").rows)
    return AdminCourses(courses=[AdminCourse.model_validate(row) for row in rows])


@router.post("/courses", responses={**examples.answer(admin_examples.NEW_COURSE), **_TAKEN})
def post_admin_course(office: OfficeOfAdmin, asked: NewCourse) -> NewCourse:
    """Make a course, before its first event."""
    try:
        with office.stores.postgres() as engine:
            make_course(engine, asked.course_id, asked.title, asked.time_zone)
    except CourseSettingsError as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from error
    office.note("course made", asked.course_id, _said(asked), **_names(asked))
    return asked


@router.put("/courses/{course_id:path}", responses=examples.answer(admin_examples.SETTINGS))
def put_admin_course(
    office: OfficeOfAdmin, course_id: CourseOfAdmin, asked: CourseSettings
) -> CourseSettings:
    """Set a course's title, time zone and retention.

    Null takes one away, and one that is left out stays as it is. The answer is what is set then.
    """
    changes = cast("CourseChanges", asked.model_dump(exclude_unset=True))
    try:
        with office.stores.postgres() as engine:
            known = CourseSettings.model_validate(asdict(set_course(engine, course_id, changes)))
    except CourseSettingsError as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from error
    kept = "for ever" if known.retention_days is None else f"{known.retention_days} days"
    office.note(
        "course changed",
        course_id,
        f"{_said(known)}, students kept {kept}",
        **_names(known),
        retention_days=known.retention_days,
    )
    return known


@router.get(
    "/courses/{course_id:path}/retention", responses=examples.answer(admin_examples.RETENTION)
)
def get_admin_retention(
    office: OfficeOfAdmin,
    course_id: CourseOfAdmin,
    days: Annotated[
        int | None,
        Query(
            ge=1, le=LONGEST_RETENTION, description="Instead of what is set: to look before it is."
        ),
    ] = None,
) -> CourseRetention:
    """Return how many students' time in a course is over now."""
    with office.stores.postgres() as engine:
        kept = {each.course_id: each.days for each in retentions(engine)}
        if course_id not in kept:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no course {course_id!r}: make it first")
        over = due(engine, course_id, days)
    asked = kept[course_id] if days is None else days
    return CourseRetention(retention_days=asked, due=len(over))


@router.get("/actions", responses=examples.answer(admin_examples.ACTIONS))
def get_admin_actions(
    office: OfficeOfAdmin,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most changes.")] = 50,
) -> AdminActions:
    """Return what admins changed here, newest first."""
    with office.stores.postgres() as engine:
        rows = admin_actions.latest(engine, limit)
    return AdminActions(actions=[AdminActionLine.model_validate(row._asdict()) for row in rows])


def _names(asked: CourseNames) -> dict[str, str | None]:
    return {"title": asked.title, "time_zone": asked.time_zone}


def _said(asked: CourseNames) -> str:
    zone = "the browser's time" if asked.time_zone is None else asked.time_zone
    return f"{asked.title or _NONE}, {zone}"
