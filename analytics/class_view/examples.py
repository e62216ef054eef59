"""Examples of the answers about the class map and its way, for the API's documentation."""

from datetime import timedelta
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
from analytics.examples import AS_OF, NOW
from analytics.responses import ExerciseProgress

CLASS_MAP: Final = ClassMap(
    as_of=AS_OF,
    course_id="python-1",
    now=NOW,
    exercises=[
        ExerciseProgress(
            exercise=name,
            notebook="02-loops.ipynb",
            started=2,
            passed=passed,
            passed_by="check",
            failed=2,
            runs=12,
            errors=6,
            error_rate=0.5,
        )
        for name, passed in (("2.1", 1), ("2.2", 0))
    ],
    students=[
        MapStudent(
            student_id="ada",
            display_name="Ada Lovelace",
            seat="B4",
            states="sf",
            failed_runs=[4],
            runs=[0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 1, 2, 2, 1],
            exercise="2.2",
            last_run_at=NOW - timedelta(seconds=20),
            active=True,
        )
    ],
)
CLASS_STREAM: Final = ClassStream(
    as_of=AS_OF,
    course_id="python-1",
    bucket_seconds=60,
    steps=[NOW - timedelta(minutes=2), NOW - timedelta(minutes=1)],
    exercises=[
        StreamExercise(exercise="2.1", students=[24, 17]),
        StreamExercise(exercise="2.2", students=[2, 10]),
    ],
)
CLASS_SESSIONS: Final = ClassSessions(
    as_of=AS_OF,
    course_id="python-1",
    sessions=[
        ClassSession(
            started_at=NOW - timedelta(minutes=42),
            ended_at=NOW,
            arrived_at=NOW - timedelta(minutes=42),
            students=27,
            runs=512,
        )
    ],
)
ALIASES: Final = Aliases(
    course_id="python-1",
    aliases=[Alias(student_id="ada", display_name="Ada Lovelace", number=1_041)],
)
