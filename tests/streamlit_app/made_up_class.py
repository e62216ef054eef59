"""A made-up class, whose numbers the tests set."""

from datetime import UTC, datetime, timedelta
from itertools import groupby, takewhile
from typing import Any
from uuid import uuid4

from analytics.attention.responses import (
    ErrorCluster,
    Listed,
    Mark,
    Snooze,
    Thresholds,
)
from analytics.class_marks.responses import (
    ClassMark,
)
from analytics.class_view.responses import (
    ClassMap,
    ClassStream,
    MapStudent,
    StreamExercise,
)
from analytics.code_groups.responses import CodeGroup
from analytics.measures.responses import MeasureRow
from analytics.plan.responses import PlannedTime
from analytics.responses import (
    AsOf,
    ExerciseProgress,
    HistoryEvent,
    Progress,
    StudentState,
    Timeline,
    TimelineBucket,
)
from analytics.sign_in.responses import OpenSection
from analytics.student.responses import Note
from tests.streamlit_app.after_class_api import AfterClass

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
        self.sharing: int | None = None
        self.notes: list[Note] = []
        self.notes_are_full = False
        self.removed: list[Note] = []
        self.seats: dict[str, str] = {}
        self.lost = 0
        self.minutes_of_class = 2
        self.lake_lags = 0
        self.numbers_lag = 0
        self.started = datetime.now(UTC)
        self.api_is_away = False
        self.api_hangs = False
        self.answer_with: dict[str, Any] = {}
        self.asked: list[str] = []
        self.needy: list[Listed] = []
        self.snoozes: dict[str, Snooze] = {}
        self.thresholds = Thresholds()
        self.marks: dict[str, list[Mark]] = {}
        self.noted: list[ClassMark] = []
        self.time_zone: str | None = None
        self.pseudonymous = False
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
                    display_name=self.names.get(student),
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
            errors = [event for event in runs if event.status == "error"]
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
                    failed=len({self.students[event.event_id] for event in errors}),
                    errors=len(errors),
                    error_rate=len(errors) / len(runs) if runs else None,
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
                    display_name=self.names.get(state.student_id),
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


def order(position: str) -> tuple[int, ...]:
    return tuple(map(int, position.split("-")))
