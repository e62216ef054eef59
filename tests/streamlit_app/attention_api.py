"""The attention list, marks and notes in the API of a made-up class."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from fastapi import FastAPI, HTTPException

from analytics.attention.responses import (
    Attention,
    AttentionThresholds,
    ErrorClusters,
    Mark,
    Marked,
    MarkRequest,
    Snooze,
    Snoozed,
    SnoozeRequest,
    Thresholds,
)
from analytics.class_marks.responses import (
    ClassMark,
    ClassMarkRemoved,
    ClassMarkRequest,
    ClassMarks,
    ClassMarkSet,
)
from analytics.class_view.responses import (
    ClassSession,
    ClassSessions,
)
from analytics.code_groups.responses import CodeGroups
from analytics.student.examples import SITTINGS
from analytics.student.responses import Note, NoteRequest, Notes, Sittings
from tests.streamlit_app.made_up_class import MadeUpClass


def serve_class_marks(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.get("/api/v1/courses/{course}/class_sessions")
    def class_sessions(course: str, as_of: str | None = None) -> ClassSessions:
        times = [event.received_at for event in made_up.events]
        met = ClassSession(
            started_at=min(times, default=made_up.started),
            ended_at=max(times, default=made_up.started),
            arrived_at=min(times, default=made_up.started),
            students=len(made_up.states()),
            runs=len(times),
        )
        now = made_up.after_class.sessions or ([met] if times else [])
        sessions = made_up.after_class.sessions_then.get(as_of or "", now)
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


def serve_attention(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.get("/api/v1/courses/{course}/attention/thresholds")
    def thresholds(course: str) -> AttentionThresholds:
        return AttentionThresholds(
            course_id=course, thresholds=made_up.thresholds, defaults=Thresholds()
        )

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

    @app.get("/api/v1/courses/{course}/students/{student}/sittings")
    def sittings(course: str, student: str) -> Sittings:
        [sitting] = SITTINGS.sittings
        there = sitting.model_copy(update={"notebooks": ["course/01_values.ipynb"]})
        return Sittings(
            as_of=made_up.as_of(), course_id=course, student_id=student, sittings=[there]
        )

    serve_attention_marks(app, made_up)
    serve_notes(app, made_up)

    @app.get("/api/v1/courses/{course}/code_groups")
    def code_groups(course: str, exercise: str) -> CodeGroups:
        return CodeGroups(
            as_of=made_up.as_of(),
            course_id=course,
            exercise=exercise,
            sharing=made_up.sharing or sum(group.students for group in made_up.code_groups),
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


def serve_attention_marks(app: FastAPI, made_up: MadeUpClass) -> None:
    @app.post("/api/v1/courses/{course}/attention/{student}/mark")
    def mark(course: str, student: str, asked: MarkRequest) -> Marked:
        given = Mark(mark=asked.mark, at=datetime.now(UTC), by=asked.by)
        made_up.marks.setdefault(student, []).append(given)
        return Marked(course_id=course, student_id=student, mark=asked.mark, at=given.at)

    @app.delete("/api/v1/courses/{course}/attention/{student}/mark")
    def take_mark_back(course: str, student: str, at: datetime) -> Marked:
        there = made_up.marks.get(student, [])
        made_up.marks[student] = [each for each in there if each.at != at]
        if made_up.marks[student] == there:
            raise HTTPException(404)
        return Marked(course_id=course, student_id=student)


def serve_notes(app: FastAPI, made_up: MadeUpClass) -> None:
    path = "/api/v1/courses/{course}/students/{student}/notes"

    @app.get(path)
    def notes(course: str, student: str) -> Notes:
        return Notes(
            course_id=course, student_id=student, notes=made_up.notes, removed=made_up.removed
        )

    @app.post(path)
    def add(course: str, student: str, asked: NoteRequest) -> Notes:
        if made_up.notes_are_full:
            raise HTTPException(409)
        note = Note(note_id=uuid4().hex, text=asked.text, at=datetime.now(UTC), by="grace")
        made_up.notes.insert(0, note)
        return notes(course, student)

    @app.delete(f"{path}/{{note_id}}")
    def remove(course: str, student: str, note_id: str) -> Notes:
        if note_id not in {each.note_id for each in made_up.notes}:
            raise HTTPException(404)
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
