"""The aggregation API of a made-up class: it answers what the class says."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from analytics.class_view.responses import (
    Alias,
    Aliases,
    ClassMap,
    ClassStream,
)
from analytics.measures.answers import definition, measures
from analytics.measures.measure import load_measure
from analytics.measures.responses import MeasureRows, Measures
from analytics.parameters import bucket_length
from analytics.responses import (
    Course,
    CourseEvent,
    Courses,
    Events,
    Exercises,
    History,
    Progress,
    Students,
    Timeline,
)
from analytics.sign_in.responses import NewSession, Viewer
from ingest_api.problems import Problem
from tests.streamlit_app.after_class_api import serve_after_class
from tests.streamlit_app.attention_api import serve_attention, serve_class_marks
from tests.streamlit_app.made_up_class import (
    COURSE,
    OWN_TOKEN,
    READ_TOKEN,
    STUDENT_TOKEN,
    MadeUpClass,
    order,
)
from tests.streamlit_app.plan_api import serve_plan


async def _while_it_hangs(made_up: MadeUpClass) -> None:
    while made_up.api_hangs:
        await asyncio.sleep(0.05)


def _judging_api(made_up: MadeUpClass) -> FastAPI:
    """Refuse and fail as the aggregation API does."""
    app = FastAPI()

    @app.middleware("http")
    async def judge(request: Request, call_next: Callable[..., Any]) -> Any:
        made_up.asked.append(request.url.path)
        if request.url.path.startswith("/api/v1/courses/"):
            made_up.sections_asked.add(request.query_params.get("section"))
        when = request.query_params.get("as_of")
        made_up.asked_as_of.add((request.url.path.rpartition("/")[2], when))
        await _while_it_hangs(made_up)
        if made_up.api_is_away:
            return JSONResponse({"detail": "the lake is away"}, 503)
        if request.url.path in made_up.answer_with:
            return JSONResponse(made_up.answer_with[request.url.path])
        if request.url.path == "/api/v1/sign-in":
            return await call_next(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == STUDENT_TOKEN:
            return JSONResponse({"detail": "use a read token"}, 403)
        if token not in (READ_TOKEN, OWN_TOKEN):
            return JSONResponse({"detail": "use a token"}, 401)
        return await call_next(request)

    @app.post("/api/v1/sign-in")
    def sign_in() -> NewSession:
        return NewSession(token=READ_TOKEN, viewer=Viewer(account=made_up.account))

    @app.get("/api/v1/viewer")
    def viewer() -> Viewer:
        return Viewer(account=made_up.account, sections=tuple(made_up.sections))

    return app


def made_up_api(made_up: MadeUpClass) -> FastAPI:
    """Serve the made-up class as the aggregation API does."""
    app = _judging_api(made_up)

    def known(course: str) -> None:
        if course not in made_up.courses:
            raise HTTPException(404)

    @app.get("/api/v1/courses")
    def courses() -> Courses:
        last = made_up.events[-1].received_at if made_up.events else None
        return Courses(
            as_of=made_up.as_of(),
            courses=[
                Course(
                    course_id=course,
                    title=made_up.titles.get(course, course),
                    students=len(made_up.states()),
                    last_event_at=last if course == COURSE else None,
                    time_zone=made_up.time_zone,
                    pseudonymous=made_up.pseudonymous,
                    sections=made_up.course_sections if course == COURSE else [],
                )
                for course in made_up.courses
            ],
        )

    @app.get("/api/v1/courses/{course}/progress")
    def progress(course: str) -> Progress:
        known(course)
        return made_up.progress()

    @app.get("/api/v1/courses/{course}/students")
    def students(course: str) -> Students:
        known(course)
        return Students(as_of=made_up.as_of(), course_id=course, students=made_up.states())

    @app.get("/api/v1/courses/{course}/timeline")
    def timeline(course: str, bucket: str, exercise: str | None = None) -> Timeline:
        known(course)
        assert bucket_length(bucket) >= timedelta(minutes=1)
        return made_up.timeline(exercise)

    _serve_live(app, made_up)
    serve_after_class(app, made_up)
    _serve_picture(app, made_up)
    serve_class_marks(app, made_up)
    serve_plan(app, made_up)
    serve_attention(app, made_up)
    _serve_measures(app, made_up)

    @app.get("/api/v1/courses/{course}/events")
    def events(
        course: str,
        limit: int,
        student_id: str | None = None,
        exercise: str | None = None,
        before: str | None = None,
    ) -> Events:
        known(course)
        in_lake = [
            event
            for event in made_up.events[: len(made_up.events) - made_up.lake_lags]
            if student_id in (None, made_up.students[event.event_id])
            and exercise in (None, event.exercise or "")
            and (before is None or order(event.position) < order(before))
        ]
        page = [
            CourseEvent(student_id=made_up.students[event.event_id], **event.model_dump())
            for event in in_lake[-limit:][::-1]
        ]
        return Events(
            as_of=made_up.as_of(made_up.lake_lags),
            course_id=course,
            events=page,
            next_before=page[-1].position if limit < len(in_lake) else None,
        )

    @app.get("/api/v1/courses/{course}/students/{student:path}/history")
    def history(
        course: str, student: str, limit: int, before: str | None = None, *, heartbeats: bool = True
    ) -> History:
        known(course)
        if student not in made_up.students.values():
            raise HTTPException(404)
        in_lake = made_up.events[: len(made_up.events) - made_up.lake_lags]
        events = [
            event
            for event in made_up.of(student)
            if event in in_lake and (heartbeats or event.type != "heartbeat")
        ]
        order = [event.position for event in events]
        first = order.index(before) + 1 if before else 0
        page = events[first : first + limit]
        more = first + limit < len(events)
        return History(
            as_of=made_up.as_of(made_up.lake_lags),
            course_id=course,
            student_id=student,
            events=page,
            next_before=page[-1].position if more else None,
        )

    return app


def _serve_live(app: FastAPI, made_up: MadeUpClass) -> None:
    """Serve what the addresses of the parts answer, in one answer."""

    @app.get("/api/v1/courses/{course}/live")
    def live(course: str, minutes: int, events: int, *, stream: bool) -> Any:
        of_path = {
            each.path: each.endpoint
            for each in app.routes
            if isinstance(each, APIRoute) and "GET" in each.methods
        }

        def part(name: str, **asked: Any) -> Any:
            set_by_hand = made_up.answer_with.get(f"/api/v1/courses/{course}/{name}")
            return set_by_hand or of_path[f"/api/v1/courses/{{course}}/{name}"](course, **asked)

        return {
            "as_of": made_up.as_of(),
            "course_id": course,
            "now": datetime.now(UTC),
            "progress": part("progress"),
            "class_map": part("class_map"),
            "attention": part("attention"),
            "error_clusters": part("error_clusters", minutes=minutes),
            "marks": part("marks"),
            "plan": part("plan"),
            "class_stream": part("class_stream") if stream else None,
            "events": part("events", limit=events) if events else None,
        }


def _serve_measures(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.get("/api/v1/measures")
    def definitions() -> Measures:
        return measures()

    @app.get("/api/v1/courses/{course}/exercises")
    def exercises(course: str) -> Exercises:
        return Exercises(as_of=made_up.as_of(), course_id=course, exercises=made_up.exercises())

    @app.get("/api/v1/courses/{course}/measures/{name}", response_model_exclude_unset=True)
    def rows(
        course: str,
        name: str,
        by: str,
        request: Request,
        student_id: str | None = None,
        exercise: str | None = None,
    ) -> Any:
        standard = {"by", "student_id", "exercise", "section"}
        own = {key: text for key, text in request.query_params.items() if key not in standard}
        compared = own.get("against_section")
        if compared not in (None, *made_up.course_sections):
            problem = Problem(HTTPStatus.NOT_FOUND, "there is no such section", section=compared)
            return problem.to_response()
        measure = load_measure(name)
        assert own.keys() <= measure.parameters.keys()
        made_up.own.append(own)
        further = made_up.further.get(name, {})
        return MeasureRows(
            as_of=made_up.as_of(),
            course_id=course,
            by=by,
            measure=definition(measure),
            rows=made_up.measure_rows(by, student_id, exercise, further),
        )


def _serve_picture(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.get("/api/v1/courses/{course}/class_map")
    def class_map(course: str) -> ClassMap:
        return made_up.class_map().model_copy(update={"course_id": course})

    @app.get("/api/v1/courses/{course}/aliases")
    def aliases(course: str) -> Aliases:
        listed = [
            Alias(student_id=student, display_name=made_up.names.get(student), number=number * 41)
            for number, student in enumerate(dict.fromkeys(made_up.students.values()))
        ]
        return Aliases(course_id=course, aliases=listed)

    @app.get("/api/v1/courses/{course}/class_stream")
    def class_stream(course: str) -> ClassStream:
        return made_up.class_stream().model_copy(update={"course_id": course})
