"""An example of each answer, for the API's documentation; the models keep them true."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from analytics.responses import (
    Answer,
    AsOf,
    Course,
    CourseEvent,
    Courses,
    Events,
    ExerciseProgress,
    Exercises,
    History,
    HistoryEvent,
    Progress,
    Students,
    StudentState,
    Timeline,
    TimelineBucket,
)
from ingest_api.problems import documented_problem

#: When every example was answered, and which data it counts.
NOW: Final = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
AS_OF: Final = AsOf(position="1789378199412-0", snapshot=4711, time=NOW)

_CODE: Final = "for number in numbers:\n    total += number"

_LOOPS: Final = ExerciseProgress(
    exercise="2.1",
    notebook="02-loops.ipynb",
    started=24,
    passed=17,
    passed_by="check",
    failed=19,
    runs=131,
    errors=46,
    error_rate=46 / 131,
)

COURSES: Final = Courses(
    as_of=AS_OF,
    courses=[
        Course(
            course_id="python-1",
            title="Programming 1",
            students=30,
            last_event_at=AS_OF.time,
            time_zone="Asia/Tokyo",
            sections=["A", "B"],
        )
    ],
)
PROGRESS: Final = Progress(
    as_of=AS_OF,
    course_id="python-1",
    students=30,
    active_students=26,
    runs=412,
    errors=103,
    error_rate=0.25,
    lost_events=0,
    exercises=[_LOOPS],
)
EXERCISES: Final = Exercises(as_of=AS_OF, course_id="python-1", exercises=[_LOOPS])
STUDENTS: Final = Students(
    as_of=AS_OF,
    course_id="python-1",
    students=[
        StudentState(
            student_id="ada",
            display_name="Ada Lovelace",
            section="A",
            last_seen_at=NOW - timedelta(seconds=1),
            active=True,
            notebook="02-loops.ipynb",
            exercise="2.1",
            last_status="error",
            runs=20,
            errors=5,
            error_rate=0.25,
            error_streak=3,
            lost_events=0,
        )
    ],
)
# Every field has a value here, as OpenAPI leaves out those that are null.
HISTORY: Final = History(
    as_of=AS_OF,
    course_id="python-1",
    student_id="ada",
    events=[
        HistoryEvent(
            position="1789378199412-0",
            event_id="0199470f-6f94-7cc2-a6d5-3b1f0f4e6f11",
            type="cell_run",
            session_id="4b1f9c52-kernel",
            seq=23,
            notebook="02-loops.ipynb",
            cell_id="a1b2c3d4",
            exercise="2.1",
            execution_count=17,
            status="error",
            error_name="NameError",
            error_message="name 'total' is not defined",
            duration_ms=3.2,
            occurred_at=NOW - timedelta(milliseconds=620),
            received_at=NOW - timedelta(milliseconds=588),
            code_sha256=sha256(_CODE.encode()).hexdigest(),
            code_lines=2,
            code_chars=len(_CODE),
            code=_CODE,
            output="1\n",
            check_name="sum of a list",
            passed=False,
            points=0.5,
            points_possible=2,
            help_message="Where does total begin?",
            hook_version="0.1.0",
            truncated=["output"],
            extra={"kernel": "python3"},
        )
    ],
    next_before="1789378199412-0",
)
EVENTS: Final = Events(
    as_of=AS_OF,
    course_id="python-1",
    events=[
        CourseEvent(student_id="ada", **event.model_dump(exclude_none=True))
        for event in HISTORY.events
    ],
    next_before=HISTORY.next_before,
)
TIMELINE: Final = Timeline(
    as_of=AS_OF,
    course_id="python-1",
    bucket_seconds=60,
    buckets=[
        TimelineBucket(start=NOW - timedelta(minutes=2), runs=14, errors=3, events=17),
        TimelineBucket(start=NOW - timedelta(minutes=1), runs=0, errors=0, events=0),
    ],
)


def answer(example: Answer, status: HTTPStatus = HTTPStatus.OK) -> dict[int | str, dict[str, Any]]:
    """Return the part of a route's documentation that shows `example` as its answer."""
    return {
        int(status): {
            "content": {
                "application/json": {"example": example.model_dump(mode="json", exclude_unset=True)}
            }
        }
    }


#: What an address answers while the lake or PostgreSQL is away.
AWAY: Final = documented_problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "the lake or its PostgreSQL does not answer"
)
#: The errors that every address can answer with.
#: FastAPI's own answer to a body that is not even text.
NOT_TEXT: Final = documented_problem(HTTPStatus.BAD_REQUEST, "There was an error parsing the body")
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    **documented_problem(HTTPStatus.UNAUTHORIZED, "send the header 'Authorization: Bearer TOKEN'"),
    **documented_problem(
        HTTPStatus.FORBIDDEN,
        "this token is for another course: for more ask whoever runs Cellpulse "
        "('cellpulse account')",
    ),
    **documented_problem(
        HTTPStatus.NOT_FOUND, "there is no such course: GET /api/v1/courses lists them"
    ),
    **documented_problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "a parameter is wrong: see errors, correct it and ask again",
    ),
    **AWAY,
}
