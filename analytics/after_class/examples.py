"""An example of the answer about a session of class, for the API's documentation."""

from datetime import UTC, datetime, timedelta
from typing import Final

from analytics.after_class.responses import Report, ReportExercise, ReportHelp, ReportStream
from analytics.attention.examples import ERROR_CLUSTERS
from analytics.class_view.examples import CLASS_STREAM
from analytics.responses import AsOf

_END: Final = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)

REPORT: Final = Report(
    as_of=AsOf(position="1789378199412-0", snapshot=4711, time=_END),
    course_id="python-1",
    title="Programming 1",
    start=_END - timedelta(minutes=90),
    until=_END,
    students=30,
    here=27,
    runs=512,
    errors=131,
    exercises=[
        ReportExercise(
            exercise="2.1",
            title="Sum of a list",
            notebook="02-loops.ipynb",
            registered=True,
            points=4,
            due_at=_END + timedelta(days=4),
            planned_at=_END - timedelta(minutes=70),
            started=24,
            begun_by_end=25,
            attempted=22,
            solved=17,
            solved_before=1,
            solved_by="check",
            runs=131,
            errors=46,
            difficulty=5 / 22,
            lower=0.1012,
            upper=0.4344,
        )
    ],
    stream=ReportStream(
        bucket_seconds=60, steps=CLASS_STREAM.steps, exercises=CLASS_STREAM.exercises
    ),
    clusters=ERROR_CLUSTERS.clusters,
    help=[
        ReportHelp(
            student_id="ada",
            display_name="Ada Lovelace",
            exercise="2.1",
            hands=1,
            asked_at=_END - timedelta(minutes=31),
            visited_at=_END - timedelta(minutes=27),
            taken_down_at=_END - timedelta(minutes=21),
            helped_at=_END - timedelta(minutes=22),
            marks=2,
            is_open=False,
        )
    ],
)
