"""Examples of the answers about the class map and its way, for the API's documentation."""

from datetime import UTC, datetime, timedelta
from typing import Final

from analytics.class_view.responses import (
    Alias,
    Aliases,
    ClassMap,
    ClassSession,
    ClassSessions,
    ClassStream,
    MapStudent,
    StreamExercise,
)
from analytics.responses import AsOf, ExerciseProgress

_NOW: Final = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
_AS_OF: Final = AsOf(position="1789378199412-0", snapshot=4711, time=_NOW)

CLASS_MAP: Final = ClassMap(
    as_of=_AS_OF,
    course_id="python-1",
    now=_NOW,
    exercises=[
        ExerciseProgress(
            exercise=name,
            notebook="02-loops.ipynb",
            started=2,
            passed=passed,
            passed_by="check",
            runs=12,
            errors=6,
            error_rate=0.5,
        )
        for name, passed in (("2.1", 1), ("2.2", 0))
    ],
    students=[
        MapStudent(
            student_id="ada",
            seat="B4",
            states="sf",
            failed_runs=[4],
            runs=[0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 1, 2, 2, 1],
            exercise="2.2",
            last_run_at=_NOW - timedelta(seconds=20),
            active=True,
        )
    ],
)
CLASS_STREAM: Final = ClassStream(
    as_of=_AS_OF,
    course_id="python-1",
    bucket_seconds=60,
    steps=[_NOW - timedelta(minutes=2), _NOW - timedelta(minutes=1)],
    exercises=[
        StreamExercise(exercise="2.1", students=[24, 17]),
        StreamExercise(exercise="2.2", students=[2, 10]),
    ],
)
CLASS_SESSIONS: Final = ClassSessions(
    as_of=_AS_OF,
    course_id="python-1",
    sessions=[
        ClassSession(started_at=_NOW - timedelta(minutes=42), ended_at=_NOW, students=27, runs=512)
    ],
)
ALIASES: Final = Aliases(
    course_id="python-1",
    aliases=[Alias(student_id="ada", display_name="Ada Lovelace", number=1_041)],
)
