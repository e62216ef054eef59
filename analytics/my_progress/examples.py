"""Examples of the answers about one student, for the API's documentation."""

from datetime import timedelta
from typing import Final

from analytics.attention.examples import ATTENTION
from analytics.examples import AS_OF, NOW
from analytics.my_progress.responses import (
    DeletionRequest,
    DeletionRequests,
    Hand,
    OwnExercise,
    OwnOverview,
    OwnPreferences,
)

OVERVIEW: Final = OwnOverview(
    as_of=AS_OF,
    course_id="python-1",
    course_title="Programming 1",
    time_zone="Asia/Tokyo",
    student_id="ada",
    display_name="Ada Lovelace",
    section="A",
    now=NOW,
    exercise="2.1",
    last_run_at=NOW - timedelta(seconds=1),
    exercises=[
        OwnExercise(
            exercise="1.1", notebook="01.ipynb", state="solved", is_solved=True, failed_runs=0
        ),
        OwnExercise(
            exercise="2.1",
            notebook="02-loops.ipynb",
            state="failing",
            is_solved=False,
            failed_runs=6,
        ),
    ],
    reasons=ATTENTION.students[0].reasons,
    hand=Hand(since=NOW - timedelta(minutes=3), place=2),
    code_sent_at=None,
)
PREFERENCES: Final = OwnPreferences(recording=True, code=False)
REQUESTED: Final = DeletionRequest(course_id="python-1", student_id="ada", requested_at=NOW)
NOT_REQUESTED: Final = DeletionRequest(course_id="python-1", student_id="ada", requested_at=None)
REQUESTS: Final = DeletionRequests(requests=[REQUESTED])
