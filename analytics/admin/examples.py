"""An example of each answer to an admin, for the API's documentation."""

from datetime import timedelta
from typing import Final

from analytics.admin.account_responses import (
    AccountLink,
    Accounts,
    KnownAccount,
    RemovedAccount,
)
from analytics.admin.course_responses import (
    AdminActionLine,
    AdminActions,
    AdminCourse,
    AdminCourses,
    CourseRetention,
    CourseSettings,
    NewCourse,
)
from analytics.admin.enrolment_responses import Enrolment, RosterFault, RosterStudent
from analytics.admin.health_responses import Health, HealthLine
from analytics.admin.registration_responses import (
    RegistrationPreview,
    RetiredExercise,
    SentExercise,
)
from analytics.admin.stored_responses import (
    StoredAboutStudent,
    StoredCourse,
    StoredOfCourse,
    StoredRows,
)
from analytics.admin.token_responses import HandedOutToken, HandedOutTokens, RevokedToken
from analytics.examples import NOW

_BEGIN: Final = NOW - timedelta(days=7)

COURSES: Final = AdminCourses(
    courses=[
        AdminCourse(
            course_id="python-1",
            title="Programming 1",
            time_zone="Asia/Tokyo",
            retention_days=365,
            pseudonymous=True,
            enrolled=30,
            sections=2,
            section_names=["A", "B"],
            exercises=18,
            registered_at=_BEGIN,
            first_event_at=_BEGIN,
            last_event_at=NOW,
        )
    ]
)
NEW_COURSE: Final = NewCourse(course_id="python-1", title="Programming 1", time_zone="Asia/Tokyo")
SETTINGS: Final = CourseSettings(title="Programming 1", time_zone="Asia/Tokyo", retention_days=365)
RETENTION: Final = CourseRetention(retention_days=365, due=3)
ACTIONS: Final = AdminActions(
    actions=[
        AdminActionLine(
            made_at=NOW,
            who="ada",
            what="students enrolled",
            course_id="python-1",
            details="30 new, 0 changed",
            values={"new": 30, "changed": 0},
        )
    ]
)
ENROLMENT: Final = Enrolment(
    course_id="python-1",
    is_new_course=False,
    new=1,
    changed=1,
    unchanged=28,
    others=2,
    students=[
        RosterStudent(student_id="s31", change="new", name="Grace Hopper", section="A", seat="C4"),
        RosterStudent(
            student_id="s02",
            change="changed",
            name="Alan Turing",
            section="B",
            name_before="Alan Turing",
            section_before="A",
        ),
    ],
    unread=["email"],
    faults=[RosterFault(line=7, reason="no student_id: give the student one, or delete the line")],
    fault_count=1,
)
REGISTRATION: Final = RegistrationPreview(
    course_id="python-1",
    notebooks=["01-start.ipynb"],
    exercises=[
        SentExercise(
            exercise="1.1",
            title="A first sum",
            notebook="01-start.ipynb",
            points=2,
            due_at=NOW,
            checks=["sum"],
            is_new=True,
        )
    ],
    checks=1,
    new=1,
    retired=[RetiredExercise(exercise="1.0", notebook="00-hello.ipynb")],
    unmatched=["scratch"],
    without_ids=[],
)
ACCOUNTS: Final = Accounts(
    accounts=[
        KnownAccount(
            account="ada",
            role="instructor",
            courses=["python-1"],
            sections=[],
            has_password=True,
        ),
        KnownAccount(
            account="ben",
            role="assistant",
            courses=["python-1"],
            sections=["A"],
            has_password=False,
        ),
    ],
    roles=["admin", "instructor", "assistant"],
)
LINK: Final = AccountLink(account="ada", path="/password?code=eyJhbGciOiJIUzI1NiJ9.e30.x")
REMOVED: Final = RemovedAccount(account="ada")
_STORES: Final = [
    StoredRows(store="lake", part="events", rows=412, size_bytes=18_220),
    StoredRows(store="postgres", part="sessions", rows=9),
]
ABOUT_STUDENT: Final = StoredAboutStudent(
    student_id="s01",
    courses=[
        StoredCourse(
            course_id="python-1",
            enrolled_at=_BEGIN,
            name="Ada Lovelace",
            section="A",
            events=412,
            first_event_at=_BEGIN,
            last_event_at=NOW,
            sessions=9,
            stores=_STORES,
        )
    ],
)
OF_COURSE: Final = StoredOfCourse(
    course_id="python-1",
    students=30,
    events=12_400,
    first_event_at=_BEGIN,
    last_event_at=NOW,
    stores=_STORES,
)
HEALTH: Final = Health(
    ok=True,
    words="all is well",
    parts=[HealthLine(name="redis", level="well", code="ok", values={}, words="ok")],
    stores=[
        HealthLine(
            name="lake",
            level="well",
            code="lag",
            values={"events": 3, "seconds": 0.2, "missed": 0},
            words="lag 3 events, 0.2 s",
        )
    ],
    rooms=[
        HealthLine(
            name="disk",
            level="well",
            code="used_of",
            values={"used_bytes": 12e9, "limit_bytes": 50e9},
            words="12.0 GB of 50.0 GB in use",
        )
    ],
    backup=HealthLine(
        name="backup",
        level="well",
        code="made",
        values={"age_seconds": 18_000},
        words="the last one was made 5.0 hours ago",
    ),
    log_length=1_204,
    events={"accepted": 48_211, "duplicates": 3, "rejected": 0, "lost": 0},
)
TOKENS: Final = HandedOutTokens(
    tokens=[
        HandedOutToken(
            token_id="3f2a9c0e5d7b41c8a6e0f1d2c3b4a596",  # noqa: S106 - it opens nothing
            scope="ingest",
            course_id="python-1",
            student_id="ada",
            issued_at=_BEGIN,
            expires_at=None,
            revoked_at=None,
        ),
        HandedOutToken(
            token_id="9b1d7e44c0aa4f0c8e35d2617f8090ab",  # noqa: S106 - it opens nothing
            scope="read",
            course_id="*",
            student_id=None,
            issued_at=_BEGIN,
            expires_at=None,
            revoked_at=NOW,
        ),
    ]
)
REVOKED: Final = RevokedToken(token_id=TOKENS.tokens[0].token_id)
