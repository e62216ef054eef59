"""Every page that there is, each with a class that has something to show there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from analytics.admin import examples as admin_examples
from analytics.after_class.responses import Report
from analytics.attention.responses import ErrorCluster, Listed, Reason
from analytics.class_marks.responses import ClassMark
from analytics.export.responses import ExportRequest
from analytics.my_progress import examples as my_progress_examples
from analytics.plan.responses import PlannedTime
from analytics.sign_in.responses import Viewer
from tests.streamlit_app.after_class.made_up import exercise, hand, report
from tests.streamlit_app.made_up_class import OWN_TOKEN, READ_TOKEN, STUDENT_TOKEN

COURSE: Final = "python-101"
TITLE: Final = "Python 101"
STUDENT: Final = "s01"


def class_of_twelve(made_up: Any) -> None:
    """Let a class work, so that every page has something to show."""
    now = datetime.now(UTC)
    made_up.clear()
    made_up.titles[COURSE] = TITLE
    made_up.account = "s00"
    for number in range(12):
        student, at = f"s{number:02}", now - timedelta(minutes=12 - number)
        made_up.run(student, exercise="1.1", at=at)
        made_up.run(
            student, None, type="check_result", passed=number % 3 > 0, exercise="1.1", at=at
        )
        for _ in range(number % 4):
            made_up.run(
                student,
                "error",
                exercise="1.2",
                error_name="NameError",
                error_message="name 'x' is not defined",
                at=at + timedelta(seconds=30),
            )
    made_up.planned = [
        PlannedTime(at=now + timedelta(minutes=minutes), exercise=name)
        for minutes, name in ((-30, "1.1"), (-3, "1.2"), (15, "1.2"))
    ]
    made_up.needy = [_needy(f"s{number:02}", now) for number in (3, 7)]
    made_up.clusters = [_cluster(now)]
    at = now - timedelta(minutes=6)
    made_up.noted = [ClassMark(mark_id="m", at=at, text="x + 1", set_at=at, set_by="s00")]
    made_up.after_class.met(_report(now))
    made_up.after_class.start(COURSE, ExportRequest(format="bundle", study="loops"))
    made_up.after_class.finish()
    made_up.after_class.start(COURSE, ExportRequest(format="csv"))


def no_course(made_up: Any) -> None:
    """Let there be no course at all."""
    made_up.clear()
    made_up.courses = []


def nobody_yet(made_up: Any) -> None:
    """Let there be a course in which nothing has happened."""
    made_up.clear()
    made_up.titles[COURSE] = TITLE


def api_away(made_up: Any) -> None:
    """Let the API be away before the page is opened."""
    class_of_twelve(made_up)
    made_up.api_is_away = True


def own_page(made_up: Any) -> None:
    """Let whoever comes be a student of the class."""
    class_of_twelve(made_up)
    viewer = Viewer(student_id=STUDENT, courses=[COURSE])
    own = f"/api/v1/courses/{COURSE}/students/{STUDENT}"
    answers = {
        "/api/v1/viewer": viewer,
        f"{own}/overview": my_progress_examples.OVERVIEW,
        f"{own}/preferences": my_progress_examples.PREFERENCES,
        f"{own}/deletion": my_progress_examples.NOT_REQUESTED,
    }
    _answer(made_up, answers)


def of_admin(made_up: Any) -> None:
    """Let whoever comes be an admin of the class's course."""
    class_of_twelve(made_up)
    [course] = admin_examples.COURSES.courses
    named = course.model_copy(update={"course_id": COURSE, "title": TITLE})
    tokens = [
        each.model_copy(update={"course_id": COURSE}) for each in admin_examples.TOKENS.tokens
    ]
    admin = "/api/v1/admin"
    answers = {
        "/api/v1/viewer": Viewer(account="s00", is_admin=True),
        f"{admin}/courses": admin_examples.COURSES.model_copy(update={"courses": [named]}),
        f"{admin}/accounts": admin_examples.ACCOUNTS,
        f"{admin}/tokens": admin_examples.TOKENS.model_copy(update={"tokens": tokens}),
        f"{admin}/actions": admin_examples.ACTIONS,
        f"{admin}/health": admin_examples.HEALTH,
        f"{admin}/courses/{COURSE}/retention": admin_examples.RETENTION,
        f"{admin}/courses/{COURSE}/stored": admin_examples.OF_COURSE,
    }
    _answer(made_up, answers)


def _answer(made_up: Any, answers: dict[str, Any]) -> None:
    for path, answer in answers.items():
        made_up.answer_with[path] = answer.model_dump(mode="json")


def api_goes_away(made_up: Any, ingest: Any) -> None:
    """Let the API go away while the page is open, and numbers be asked for anew."""
    made_up.api_is_away = True
    ingest.signal()


class View(NamedTuple):
    """A page that somebody looks at.

    Attributes:
        name: What its pictures are called.
        address: Where it is.
        drawn: What is there when it is drawn.
        token: What one comes with; None for nothing.
        of: Lets the class be what the page is about.
        then: Happens when the page is open; None for nothing.
        changed: What is there after that.
        on_phone: What is there instead when it is drawn on a phone; empty for the same.
    """

    name: str
    address: str
    drawn: str
    token: str | None = READ_TOKEN
    of: Callable[[Any], None] = class_of_twelve
    then: Callable[[Any, Any], None] | None = None
    changed: str = ""
    on_phone: str = ""

    def follows(self, before: "View") -> bool:
        """Tell whether one can come here from another view as by a link: it is of the same class.

        In neither the API goes away, and the one before has a dashboard to go on in.
        """
        same = (self.token, self.of) == (before.token, before.of)
        has_dashboard = before.token in (READ_TOKEN, OWN_TOKEN)
        return same and has_dashboard and before.then is None and self.then is None


PROJECTED: Final = "body:has([data-testid=projected])"
NOTICE: Final = "[data-testid=notice]"
VIEWS: Final = (
    View("sign-in", "/sign-in", "form", None),
    View("sign-out", "/sign-out", "form", None),
    View("password", "/password?code=x", "form", None),
    View("signed-out", f"/?course={COURSE}", "form", None),
    View("no-right", f"/?course={COURSE}", "main p", STUDENT_TOKEN),
    View("first-visit", "/", "[data-testid=first-visit]", of=no_course),
    View("nobody-yet", f"/?course={COURSE}", "[data-testid=first-visit]", of=nobody_yet),
    View("no-replay-yet", f"/replay?course={COURSE}", NOTICE, of=nobody_yet),
    View("no-such-course", "/?course=python-102", NOTICE),
    View("live", f"/?course={COURSE}", "[data-testid=class-map]", on_phone=".st-key-clusters"),
    View(
        "live-projected",
        f"/?course={COURSE}&projector=1",
        f"{PROJECTED} [data-testid=class-map]",
        on_phone=f"{PROJECTED} .st-key-clusters",
    ),
    View(
        "live-old",
        f"/?course={COURSE}",
        "[data-testid=connection][data-state=live]",
        then=api_goes_away,
        changed="body:has([data-testid=old]) [data-testid=connection][data-old]",
    ),
    View("replay", f"/replay?course={COURSE}", "[data-testid=replay-time]"),
    View("exercises", f"/exercise?course={COURSE}", "[data-testid=exercise-table]"),
    View("exercise", f"/exercise?course={COURSE}&exercise=1.1", "[data-testid=facts]"),
    View("class", f"/student?course={COURSE}", "[data-testid=class-table]"),
    View("student", f"/student?course={COURSE}&student={STUDENT}", "[data-testid=facts]"),
    View("measures", f"/measures?course={COURSE}", "[data-testid=values-table]"),
    View(
        "runs",
        f"/measures?course={COURSE}&by=run&student={STUDENT}",
        "[data-testid=runs-table]",
    ),
    View("after-class", f"/after-class?course={COURSE}", ".st-key-report_help .cp-table"),
    View("plan", f"/plan?course={COURSE}", "[data-testid=plan-exercises]"),
    View("export", f"/export?course={COURSE}&format=bundle", "[data-testid=export]"),
    *(
        View(f"admin-{part}", f"/admin?course={COURSE}&part={part}", drawn, of=of_admin)
        for part, drawn in (
            ("courses", ".st-key-admin_settings"),
            ("enrolment", "[data-testid=stFileUploader]"),
            ("registration", "[data-testid=stFileUploader]"),
            ("accounts", "[data-testid=stMain] .cp-table"),
            ("tokens", "[data-testid=stMain] .cp-table"),
            ("stored", "[data-testid=stMain] .cp-table"),
            ("health", "[data-testid=health-parts]"),
        )
    ),
    View("own-page", "/", "[data-testid=own-exercises]", OWN_TOKEN, of=own_page),
    View("api-away", f"/?course={COURSE}", NOTICE, of=api_away),
)


def _report(now: datetime) -> Report:
    return report(
        title="Python 101",
        exercises=[exercise(f"1.{n}", n, title=None) for n in range(1, 4)],
        clusters=[_cluster(now)],
        help=[hand("s03", 5, 12), hand("s07", 9, None)],
    )


def _needy(student: str, now: datetime) -> Listed:
    since = now - timedelta(minutes=6)
    values: dict[str, Any] = {
        "error": "NameError",
        "runs": 5,
        "minutes": 6.0,
        "others_had": 3,
        "others": 11,
    }
    said = "same NameError 5 times in 6 minutes; 3 of 11 others had it"
    reasons = [
        Reason(code="hand_up", text="", since=since, values={"minutes": 6.0}, positions=[]),
        Reason(code="same_error", text=said, since=since, values=values, positions=[]),
        Reason(code="failed_runs", text="", since=since, values=values, positions=[]),
    ]
    return Listed(
        student_id=student,
        confidence="high",
        since=since,
        exercise="1.2",
        notebook="course/01_values.ipynb",
        last_run_at=since,
        reasons=reasons,
    )


def _cluster(now: datetime) -> ErrorCluster:
    who = [
        {
            "student_id": f"s{number:02}",
            "failures": 2,
            "first_at": now,
            "last_at": now,
            "exercise": "1.2",
            "position": "1-1",
            "past_at": None,
        }
        for number in (3, 7, 11)
    ]
    return ErrorCluster.model_validate(
        {
            "error_name": "NameError",
            "pattern": "name '…' is not defined",
            "students": 3,
            "failures": 6,
            "since": now - timedelta(minutes=9),
            "last_at": now,
            "is_new": False,
            "got_past": 1,
            "solved": 0,
            "minutes_to_get_past": 2.0,
            "runs_to_get_past": 1.0,
            "exercises": [{"exercise": "1.2", "students": 3}],
            "messages": [{"message": "name 'x' is not defined", "students": 3}],
            "lines": [{"line": "x + 1", "students": 3}],
            "fixed_code": "x = 1",
            "who": who,
        }
    )
