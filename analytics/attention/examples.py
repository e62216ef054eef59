"""Examples of the answers about error clusters and attention, for the API's documentation."""

from datetime import timedelta
from typing import Final

from analytics.attention.responses import (
    Attention,
    AttentionThresholds,
    ClusterExercise,
    ClusterLine,
    ClusterMessage,
    ClusterStudent,
    ErrorCluster,
    ErrorClusters,
    Listed,
    Marked,
    Reason,
    Snooze,
    Snoozed,
    Thresholds,
)
from analytics.examples import AS_OF, NOW

ATTENTION: Final = Attention(
    as_of=AS_OF,
    course_id="python-1",
    now=NOW,
    lesson_minutes=180,
    thresholds=Thresholds(),
    students=[
        Listed(
            student_id="ada",
            confidence="medium",
            since=NOW - timedelta(minutes=4),
            exercise="2.1",
            notebook="02-loops.ipynb",
            last_run_at=NOW - timedelta(seconds=1),
            reasons=[
                Reason(
                    code="same_error",
                    text="same NameError 6 times in 4 minutes; 3 of 28 others had it",
                    since=NOW - timedelta(minutes=4),
                    values={
                        "error": "NameError",
                        "message": "name 'total' is not defined",
                        "runs": 6,
                        "minutes": 4.0,
                        "others_had": 3,
                        "others": 28,
                        "exercise": "2.1",
                    },
                    positions=["1789378160000-0", "1789378199412-0"],
                )
            ],
        )
    ],
    snoozed=[],
    helped=[],
)
THRESHOLDS: Final = AttentionThresholds(
    course_id="python-1",
    thresholds=Thresholds(silent_minutes=8),
    defaults=Thresholds(),
)
SNOOZED: Final = Snoozed(
    course_id="python-1",
    student_id="ada",
    snooze=Snooze(until=NOW + timedelta(minutes=10), by="Grace"),
)
MARKED: Final = Marked(course_id="python-1", student_id="ada", mark="going", at=NOW)
NOT_MARKED: Final = Marked(course_id="python-1", student_id="ada")
NOT_SNOOZED: Final = Snoozed(course_id="python-1", student_id="ada")
ERROR_CLUSTERS: Final = ErrorClusters(
    as_of=AS_OF,
    course_id="python-1",
    start=NOW - timedelta(minutes=60),
    until=NOW,
    clusters=[
        ErrorCluster(
            error_name="NameError",
            pattern="name '…' is not defined",
            students=2,
            failures=7,
            since=NOW - timedelta(minutes=4),
            last_at=NOW - timedelta(seconds=1),
            is_new=True,
            got_past=1,
            solved=1,
            minutes_to_get_past=1.5,
            runs_to_get_past=2,
            exercises=[ClusterExercise(exercise="2.1", students=2)],
            messages=[ClusterMessage(message="name 'total' is not defined", students=2)],
            lines=[ClusterLine(line="total += number", students=2)],
            fixed_code="total = 0\nfor number in numbers:\n    total += number",
            who=[
                ClusterStudent(
                    student_id="ada",
                    failures=6,
                    first_at=NOW - timedelta(minutes=4),
                    last_at=NOW - timedelta(seconds=1),
                    exercise="2.1",
                    position="1789378199412-0",
                    past_at=NOW - timedelta(minutes=1),
                )
            ],
        )
    ],
)
