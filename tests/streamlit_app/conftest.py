"""A made-up class behind a real HTTP server and a real WebSocket server, and the dashboard itself.

The aggregation API here answers with the very models that the real one answers with. The ingest
replays after a position and then sends what the test tells it to, as the real one does.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.testing.v1 import AppTest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from analytics.attention_responses import (
    Attention,
    AttentionThresholds,
    ErrorCluster,
    ErrorClusters,
    Listed,
    Mark,
    Marked,
    MarkRequest,
    Snooze,
    Snoozed,
    SnoozeRequest,
    Thresholds,
)
from analytics.class_mark_responses import (
    ClassMark,
    ClassMarkRemoved,
    ClassMarkRequest,
    ClassMarks,
    ClassMarkSet,
)
from analytics.class_responses import (
    Alias,
    Aliases,
    ClassMap,
    ClassSession,
    ClassSessions,
    ClassStream,
    MapStudent,
    StreamExercise,
)
from analytics.code_responses import CodeGroup, CodeGroups
from analytics.measure import load_measure
from analytics.measure_answers import definition, measures
from analytics.plan_responses import PlannedTime
from analytics.responses import (
    AsOf,
    Course,
    CourseEvent,
    Courses,
    Events,
    ExerciseProgress,
    Exercises,
    History,
    HistoryEvent,
    MeasureRow,
    MeasureRows,
    Measures,
    Progress,
    Students,
    StudentState,
    Timeline,
    TimelineBucket,
)
from analytics.sign_in_responses import NewSession, OpenSection, Viewer
from analytics.student_examples import SITTINGS
from analytics.student_responses import Note, NoteRequest, Notes, Sittings
from streamlit_app import session
from tests.streamlit_app.after_class_api import AfterClass, serve_after_class
from tests.streamlit_app.plan_api import serve_plan

READ_TOKEN = "read-token-of-the-instructor"
STUDENT_TOKEN = "token-of-a-student"
#: With which a student came to the own page; what it may see is up to the test.
OWN_TOKEN = "token-of-a-students-own-page"
COURSE = "python-101"


class MadeUpClass:
    """A class whose runs the test decides; both servers tell of it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.courses = [COURSE]
        self.account: str | None = None
        self.sections: list[OpenSection] = []
        self.sections_asked: set[str | None] = set()
        self.titles = {COURSE: "Introduction to Python"}
        self.events: list[HistoryEvent] = []
        self.students: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.code_groups: list[CodeGroup] = []
        self.notes: list[Note] = []
        self.removed: list[Note] = []
        self.seats: dict[str, str] = {}
        self.lost = 0
        self.minutes_of_class = 2
        self.lake_lags = 0
        self.numbers_lag = 0
        self.started = datetime.now(UTC)
        self.api_is_away = False
        self.answer_with: dict[str, Any] = {}
        self.asked: list[str] = []
        self.needy: list[Listed] = []
        self.snoozes: dict[str, Snooze] = {}
        self.thresholds = Thresholds()
        self.marks: dict[str, list[Mark]] = {}
        self.noted: list[ClassMark] = []
        self.time_zone: str | None = None
        self.planned: list[PlannedTime] = []
        self.further_on: list[str] = []
        self.asked_as_of: set[tuple[str, str | None]] = set()
        self.clusters: list[ErrorCluster] = []
        self.too_little: set[str] = set()
        self.further: dict[str, dict[str, Any]] = {}
        self.own: list[dict[str, str]] = []
        self.after_class = AfterClass()
        self.course_sections: list[str] = []

    def run(self, student: str, status: str = "ok", **fields: Any) -> dict[str, Any]:
        """Let a student run a cell; return what the WebSocket would send of it."""
        at = fields.pop("at", datetime.now(UTC))
        everything = dict.fromkeys(HistoryEvent.model_fields)
        given = {"type": "cell_run", "status": status, "exercise": "1.1", **fields}
        number = len(self.events)
        event = HistoryEvent.model_validate(
            {
                **everything,
                "position": f"{int(at.timestamp() * 1000)}-{number}",
                "event_id": str(uuid4()),
                "notebook": "course/01_values.ipynb",
                "occurred_at": at,
                "received_at": at,
                **given,
            }
        )
        self.events.append(event)
        self.students[event.event_id] = student
        return {"course_id": COURSE, "student_id": student, **event.model_dump(mode="json")}

    def as_of(self, lag: int = 0) -> AsOf:
        """Return the position that a store has reached which lags so many events behind."""
        events = self.events[: len(self.events) - lag]
        position = events[-1].position if events else None
        return AsOf(position=position, snapshot=len(events), time=datetime.now(UTC))

    def of(self, student: str) -> list[HistoryEvent]:
        """Return one student's events, newest first."""
        return [e for e in reversed(self.events) if self.students[e.event_id] == student]

    def states(self) -> list[StudentState]:
        """Return where each student is."""
        states = []
        for student in dict.fromkeys(self.students.values()):
            events = self.of(student)
            runs = [event for event in events if event.type == "cell_run"]
            errors = [event for event in runs if event.status == "error"]
            status, first = next(groupby(event.status for event in runs), (None, ()))
            states.append(
                StudentState(
                    student_id=student,
                    last_seen_at=events[0].received_at,
                    active=datetime.now(UTC) - events[0].received_at < timedelta(minutes=5),
                    notebook=events[0].notebook,
                    exercise=events[0].exercise,
                    last_status=status,
                    runs=len(runs),
                    errors=len(errors),
                    error_rate=len(errors) / len(runs) if runs else None,
                    error_streak=len(list(first)) if status == "error" else 0,
                    lost_events=self.lost,
                )
            )
        return states

    def exercises(self) -> list[ExerciseProgress]:
        """Return how far the class is with each exercise."""
        names = sorted({event.exercise for event in self.events if event.exercise})
        found = []
        for name in names:
            events = [event for event in self.events if event.exercise == name]
            runs = [event for event in events if event.type == "cell_run"]
            errors = sum(event.status == "error" for event in runs)
            checks = [event for event in events if event.type == "check_result"]
            passed = [e for e in checks if e.passed] or [e for e in runs if e.status == "ok"]
            found.append(
                ExerciseProgress(
                    exercise=name,
                    notebook=events[-1].notebook,
                    started=len({self.students[event.event_id] for event in events}),
                    passed=len({self.students[event.event_id] for event in passed}),
                    passed_by="check" if checks else "run",
                    runs=len(runs),
                    errors=errors,
                    error_rate=errors / len(runs) if runs else None,
                )
            )
        return found

    def measure_rows(
        self, by: str, student: str | None, exercise: str | None, further: dict[str, Any]
    ) -> list[MeasureRow]:
        """Return, whatever the measure, the share of the runs that failed.

        It is null for a student of whom there is too little; every row has the further columns.
        """
        runs: dict[tuple[str | None, str | None, str | None], list[HistoryEvent]] = {}
        if by == "course":
            runs[None, None, None] = []
        for event in self.events:
            whose = self.students[event.event_id]
            if event.type != "cell_run":
                continue
            if student not in (None, whose) or exercise not in (None, event.exercise or ""):
                continue
            of_student = whose if by in ("student", "student_exercise", "run") else None
            of_exercise = event.exercise if by in ("exercise", "student_exercise", "run") else None
            position = event.position if by == "run" else None
            runs.setdefault((of_student, of_exercise, position), []).append(event)
        return [
            MeasureRow(
                student_id=of_student,
                exercise=of_exercise,
                position=position,
                value=None
                if not events or of_student in self.too_little
                else sum(event.status == "error" for event in events) / len(events),
                **further,
            )
            for (of_student, of_exercise, position), events in runs.items()
        ]

    def progress(self) -> Progress:
        """Return the numbers of the whole class."""
        states = self.states()
        runs, errors = sum(s.runs for s in states), sum(s.errors for s in states)
        return Progress(
            as_of=self.as_of(self.numbers_lag),
            course_id=COURSE,
            students=len(states),
            active_students=sum(state.active for state in states),
            runs=runs,
            errors=errors,
            error_rate=errors / runs if runs else None,
            lost_events=self.lost,
            exercises=self.exercises(),
        )

    def class_map(self) -> ClassMap:
        """Return how far each student is with each exercise."""
        exercises, now = self.exercises(), datetime.now(UTC)
        students = []
        for state in self.states():
            events = self.of(state.student_id)
            cells = [
                _cell([event for event in events if event.exercise == each.exercise])
                for each in exercises
            ]
            runs = [event.received_at for event in events if event.type == "cell_run"]
            ages = [int((now - at).total_seconds()) // 60 for at in runs]
            students.append(
                MapStudent(
                    student_id=state.student_id,
                    seat=self.seats.get(state.student_id),
                    states="".join(letter for letter, _ in cells),
                    failed_runs=[failed for letter, failed in cells if letter == "f"],
                    runs=[ages.count(minute) for minute in range(14, -1, -1)],
                    exercise=state.exercise,
                    last_run_at=max(runs, default=None),
                    active=state.active,
                )
            )
        return ClassMap(
            as_of=self.as_of(self.numbers_lag),
            course_id=COURSE,
            now=now,
            exercises=exercises,
            students=students,
        )

    def class_stream(self) -> ClassStream:
        """Return where everybody is, and was a minute before if it is the second one."""
        at = [state.exercise for state in self.states()]
        names = [each.exercise for each in self.exercises()]
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        steps = [now - timedelta(minutes=1), now]
        return ClassStream(
            as_of=self.as_of(),
            course_id=COURSE,
            bucket_seconds=60,
            steps=steps[-self.minutes_of_class :] if names else [],
            exercises=[
                StreamExercise(exercise=name, students=[at.count(name)] * self.minutes_of_class)
                for name in names
            ],
        )

    def timeline(self, exercise: str | None = None) -> Timeline:
        """Return the runs of each minute, of one exercise or of all."""
        minute = timedelta(minutes=1)
        start = min((e.received_at for e in self.events), default=datetime.now(UTC))
        start = start.replace(second=0, microsecond=0)
        buckets = []
        while start <= datetime.now(UTC):
            events = [
                e
                for e in self.events
                if start <= e.received_at < start + minute and exercise in (None, e.exercise)
            ]
            runs = [event for event in events if event.type == "cell_run"]
            errors = sum(event.status == "error" for event in runs)
            buckets.append(
                TimelineBucket(start=start, runs=len(runs), errors=errors, events=len(events))
            )
            start += minute
        return Timeline(as_of=self.as_of(), course_id=COURSE, bucket_seconds=60, buckets=buckets)


def _cell(events: list[HistoryEvent]) -> tuple[str, int]:
    """Return the state of an exercise by its events, newest first, and its failed runs."""
    if any(event.passed for event in events):
        return "s", 0
    runs = [event.status for event in events if event.type == "cell_run"]
    failed = len(list(takewhile(lambda status: status == "error", runs)))
    if failed:
        return "f", failed
    return ("r" if "ok" in runs else "w" if events else "."), 0


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


def _api(made_up: MadeUpClass) -> FastAPI:
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
        assert bucket == "1m"
        return made_up.timeline(exercise)

    _serve_live(app, made_up)
    serve_after_class(app, made_up)
    _serve_picture(app, made_up)
    _serve_class_marks(app, made_up)
    serve_plan(app, made_up)
    _serve_attention(app, made_up)
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
            and (before is None or _order(event.position) < _order(before))
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
    def history(course: str, student: str, limit: int, before: str | None = None) -> History:
        known(course)
        if student not in made_up.students.values():
            raise HTTPException(404)
        in_lake = made_up.events[: len(made_up.events) - made_up.lake_lags]
        events = [event for event in made_up.of(student) if event in in_lake]
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
    ) -> MeasureRows:
        standard = {"by", "student_id", "exercise", "section"}
        own = {key: text for key, text in request.query_params.items() if key not in standard}
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


def _serve_class_marks(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.get("/api/v1/courses/{course}/class_sessions")
    def class_sessions(course: str) -> ClassSessions:
        times = [event.received_at for event in made_up.events]
        met = ClassSession(
            started_at=min(times, default=made_up.started),
            ended_at=max(times, default=made_up.started),
            students=len(made_up.states()),
            runs=len(times),
        )
        sessions = made_up.after_class.sessions or ([met] if times else [])
        return ClassSessions(as_of=made_up.as_of(), course_id=course, sessions=sessions)

    @app.get("/api/v1/courses/{course}/marks")
    def class_marks(course: str) -> ClassMarks:
        return ClassMarks(course_id=course, marks=made_up.noted)

    @app.post("/api/v1/courses/{course}/marks")
    def note(course: str, asked: ClassMarkRequest) -> ClassMarkSet:
        now = datetime.now(UTC)
        mark = ClassMark(
            mark_id=str(uuid4()), at=asked.at or now, text=asked.text, set_at=now, set_by=asked.by
        )
        made_up.noted.append(mark)
        return ClassMarkSet(course_id=course, mark=mark)

    @app.delete("/api/v1/courses/{course}/marks/{mark_id}")
    def take_back(course: str, mark_id: str) -> ClassMarkRemoved:
        made_up.noted = [each for each in made_up.noted if each.mark_id != mark_id]
        return ClassMarkRemoved(course_id=course, mark_id=mark_id)


def _serve_attention(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.put("/api/v1/courses/{course}/attention/thresholds")
    def set_thresholds(course: str, thresholds: Thresholds) -> AttentionThresholds:
        made_up.thresholds = thresholds
        return AttentionThresholds(course_id=course, thresholds=thresholds, defaults=Thresholds())

    @app.get("/api/v1/courses/{course}/attention")
    def attention(course: str) -> Attention:
        listed = [
            each.model_copy(
                update={
                    "snooze": made_up.snoozes.get(each.student_id),
                    "mark": (made_up.marks.get(each.student_id) or [None])[-1],
                }
            )
            for each in made_up.needy
        ]
        helped = [each for each in listed if each.mark and each.mark.mark == "helped"]
        return Attention(
            as_of=made_up.as_of(),
            course_id=course,
            now=datetime.now(UTC),
            lesson_minutes=180,
            thresholds=made_up.thresholds,
            students=[each for each in listed if each.snooze is None and each not in helped],
            snoozed=[each for each in listed if each.snooze is not None],
            helped=helped,
        )

    @app.post("/api/v1/courses/{course}/attention/{student}/snooze")
    def snooze(course: str, student: str, asked: SnoozeRequest) -> Snoozed:
        until = datetime.now(UTC) + timedelta(minutes=asked.minutes)
        made_up.snoozes[student] = Snooze(until=until, by=asked.by)
        return Snoozed(course_id=course, student_id=student, snooze=made_up.snoozes[student])

    @app.delete("/api/v1/courses/{course}/attention/{student}/snooze")
    def end_snooze(course: str, student: str) -> Snoozed:
        made_up.snoozes.pop(student, None)
        return Snoozed(course_id=course, student_id=student)

    @app.post("/api/v1/courses/{course}/attention/{student}/mark")
    def mark(course: str, student: str, asked: MarkRequest) -> Marked:
        given = Mark(mark=asked.mark, at=datetime.now(UTC), by=asked.by)
        made_up.marks.setdefault(student, []).append(given)
        return Marked(course_id=course, student_id=student, mark=asked.mark)

    @app.delete("/api/v1/courses/{course}/attention/{student}/mark")
    def take_mark_back(course: str, student: str) -> Marked:
        made_up.marks.get(student, [None]).pop()
        return Marked(course_id=course, student_id=student)

    @app.get("/api/v1/courses/{course}/students/{student}/sittings")
    def sittings(course: str, student: str) -> Sittings:
        [sitting] = SITTINGS.sittings
        there = sitting.model_copy(update={"notebooks": ["course/01_values.ipynb"]})
        return Sittings(
            as_of=made_up.as_of(), course_id=course, student_id=student, sittings=[there]
        )

    _serve_notes(app, made_up)

    @app.get("/api/v1/courses/{course}/code_groups")
    def code_groups(course: str, exercise: str) -> CodeGroups:
        return CodeGroups(
            as_of=made_up.as_of(),
            course_id=course,
            exercise=exercise,
            sharing=sum(group.students for group in made_up.code_groups),
            groups=made_up.code_groups,
        )

    @app.get("/api/v1/courses/{course}/error_clusters")
    def error_clusters(course: str, minutes: int, exercise: str | None = None) -> ErrorClusters:
        assert minutes == (60 if exercise is None else 100_000)
        return ErrorClusters(
            as_of=made_up.as_of(),
            course_id=course,
            start=None,
            until=None,
            clusters=made_up.clusters,
        )


def _serve_notes(app: FastAPI, made_up: MadeUpClass) -> None:
    path = "/api/v1/courses/{course}/students/{student}/notes"

    @app.get(path)
    def notes(course: str, student: str) -> Notes:
        return Notes(
            course_id=course, student_id=student, notes=made_up.notes, removed=made_up.removed
        )

    @app.post(path)
    def add(course: str, student: str, asked: NoteRequest) -> Notes:
        note = Note(note_id=uuid4().hex, text=asked.text, at=datetime.now(UTC), by="grace")
        made_up.notes.insert(0, note)
        return notes(course, student)

    @app.delete(f"{path}/{{note_id}}")
    def remove(course: str, student: str, note_id: str) -> Notes:
        [note] = [each for each in made_up.notes if each.note_id == note_id]
        made_up.notes.remove(note)
        made_up.removed.append(note)
        return notes(course, student)

    @app.post(f"{path}/{{note_id}}/restore")
    def restore(course: str, student: str, note_id: str) -> Notes:
        [note] = [each for each in made_up.removed if each.note_id == note_id]
        made_up.removed.remove(note)
        made_up.notes.append(note)
        return notes(course, student)


class FakeIngest:
    """A WebSocket server as the ingest's: it replays after a position, then sends what it is told.

    `connections` holds what each browser asked for; `stop` takes the server away.
    """

    def __init__(self, made_up: MadeUpClass) -> None:
        self._made_up = made_up
        self._open: set[ServerConnection] = set()
        self._lock = threading.Lock()
        self.connections: list[dict[str, Any]] = []
        self._server: Server | None = None
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        """The address as the browser reaches it: behind a proxy, under a path."""
        return f"http://127.0.0.1:{self.port}/school/cellpulse"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = serve(
            self._talk, "127.0.0.1", self.port, subprotocols=["cellpulse.v1"], compression=None
        )
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close every connection and stop to listen."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection, as a restart does."""
        with self._lock:
            closing, self._open = self._open, set()
        for connection in closing:
            connection.close(1012)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every browser."""
        with self._lock:
            for connection in self._open:
                connection.send(json.dumps(message))

    def signal(self) -> None:
        """Tell every browser that stored numbers moved."""
        self.send({"signal": "rollups-advanced", "position": self._made_up.as_of().position})

    def _talk(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        if urlsplit(request.path).path != "/school/cellpulse/ws/dashboard":
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        offered = request.headers["Sec-WebSocket-Protocol"].split(", ")
        with self._lock:
            after = query.get("after", "0-0")
            for event in self._made_up.events:
                if _order(event.position) > _order(after):
                    student = self._made_up.students[event.event_id]
                    message = {"student_id": student, **event.model_dump(mode="json")}
                    connection.send(json.dumps(message))
            self._open.add(connection)
            self.connections.append({"query": query, "offered": offered})
        try:
            for _ in connection:
                pass
        except ConnectionClosed:
            pass
        with self._lock:
            self._open.discard(connection)


def _order(position: str) -> tuple[int, ...]:
    return tuple(map(int, position.split("-")))


@pytest.fixture(scope="session")
def api_server() -> Iterator[tuple[MadeUpClass, str]]:
    """Serve the made-up class's aggregation API; return the class and the address."""
    made_up = MadeUpClass()
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(_api(made_up), access_log=False, log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield made_up, f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.fixture
def made_up(api_server: tuple[MadeUpClass, str]) -> MadeUpClass:
    """Return a class in which nothing has happened yet."""
    api_server[0].clear()
    return api_server[0]


@pytest.fixture
def api_url(api_server: tuple[MadeUpClass, str], made_up: MadeUpClass) -> str:
    """Return the address of the aggregation API of a class in which nothing has happened yet."""
    assert made_up is api_server[0]
    return api_server[1]


@pytest.fixture
def open_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str
) -> Callable[..., AppTest]:
    """Return a function that opens a page of an instructor by its module, without the frame."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: READ_TOKEN)

    def open_alone(page: str, **query: str) -> AppTest:
        app = AppTest.from_string(
            f"from streamlit_app import {page}\n{page}.show()", default_timeout=30
        )
        app.query_params.update({"course": COURSE, **query})
        app.run()
        assert not app.exception, app.exception
        return app

    return open_alone


@pytest.fixture
def text_of() -> Callable[[AppTest], str]:
    """Return a function that gives all that a page has as HTML."""

    def text_of(app: AppTest) -> str:
        assert not app.exception, app.exception
        return "".join(block.body for block in app.html)

    return text_of


@pytest.fixture(scope="session")
def ingest_server(api_server: tuple[MadeUpClass, str]) -> Iterator[FakeIngest]:
    """Run one ingest for all tests."""
    ingest = FakeIngest(api_server[0])
    yield ingest
    ingest.stop()


@pytest.fixture
def ingest(ingest_server: FakeIngest) -> Iterator[FakeIngest]:
    """Return an ingest that nobody is connected to."""
    ingest_server.hang_up()
    ingest_server.connections.clear()
    yield ingest_server
    ingest_server.hang_up()
    if ingest_server._server is None:
        ingest_server.start()


@contextmanager
def _running_dashboard(
    directory: Path, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = {
        **os.environ,
        "CELLPULSE_DATA_DIR": str(directory),
        "CELLPULSE_DASHBOARD_PORT": str(port),
        **settings,
    }
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit_app.serve"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _await_health(address, log)
        yield process, address, log
    finally:
        process.terminate()
        process.wait(20)


def _await_health(address: str, log: Path) -> None:
    end = time.monotonic() + 120  # it imports much, and the machine may be busy
    while time.monotonic() < end:
        try:
            if httpx.get(f"{address}/_stcore/health").is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def running_dashboard() -> Callable[..., Any]:
    """Return the context manager that runs the real dashboard: its process, address and log."""
    return _running_dashboard


@pytest.fixture(scope="session")
def dashboard_process(
    api_server: tuple[MadeUpClass, str],
    ingest_server: FakeIngest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """Run one dashboard for all tests; return its process, address and log."""
    with _running_dashboard(
        tmp_path_factory.mktemp("dashboard"),
        CELLPULSE_API_URL=api_server[1],
        CELLPULSE_PUBLIC_INGEST_URL=ingest_server.address,
    ) as running:
        yield running


@pytest.fixture
def dashboard(dashboard_process: tuple[Any, str, Any], made_up: MadeUpClass) -> str:
    """Return the address of the dashboard of a class in which nothing has happened yet."""
    assert made_up.events == []
    return dashboard_process[1]


@pytest.fixture(scope="session")
def browser(
    open_browser: Callable[[], AbstractContextManager[Browser]],
) -> Iterator[BrowserContext]:
    """Start a browser; its cache stays warm from test to test, its cookies don't."""
    expect.set_options(timeout=20_000)  # the machine may be busy; what is awaited ends it sooner
    with open_browser() as browser:
        yield browser.new_context(
            viewport={"width": 1440, "height": 900}, timezone_id="Asia/Tokyo", locale="en-GB"
        )


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """Open an empty tab whose user has no cookie yet."""
    browser.clear_cookies()
    page = browser.new_page()
    yield page
    page.close()
