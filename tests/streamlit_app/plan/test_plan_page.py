"""The plan on the pages: set and undone on its own page, and on Live where the class is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime
from analytics.responses import AsOf
from analytics.sign_in.responses import OpenSection
from streamlit_app import session
from streamlit_app.addresses import read_day
from streamlit_app.after_class.document import document_of
from streamlit_app.plan.pace import line, of_the_day, pace_of, span_of
from streamlit_app.plan.written import as_text, read_plan
from tests.streamlit_app.after_class.made_up import NINE, exercise, report

TOKYO: Final = ZoneInfo("Asia/Tokyo")
NOW: Final = datetime(2026, 9, 14, 1, 20, tzinfo=UTC)
DAY: Final = date(2026, 9, 14)


def _plan(*planned: tuple[int, str, int], median: str | None = "1.1", at_work: int = 9) -> Any:
    return ClassPlan(
        as_of=AsOf(position="1-0", snapshot=1, time=NOW),
        course_id="c",
        now=NOW,
        at_work=at_work,
        median_exercise=median,
        exercises=["1.1", "1.2", "1.3", "<b>"],
        planned=[
            PlannedReached(at=NOW + timedelta(minutes=minutes), exercise=name, reached=reached)
            for minutes, name, reached in planned
        ],
    )


def test_the_line_says_where_the_class_is_against_the_plan() -> None:
    """What is planned for now, the median student, how many are there, and what comes next."""
    plan = _plan((-20, "1.1", 9), (-5, "1.3", 2), (-5, "1.2", 4), (10, "<b>", 0))
    told = line(plan, TOKYO)
    assert "<b>1.3</b> planned for now" in told
    assert "median student at 1.1" in told
    assert "2 of 9 there" in told
    assert "2 exercises behind" in told
    assert "then &lt;b&gt; at 10:30" in told.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert pace_of(plan).behind == 2


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (_plan((5, "1.2", 0)), "the plan begins at 10:25"),
        (_plan((-5, "1.1", 9)), "on plan"),
        (_plan((-5, "1.1", 9), median="1.3"), "on plan"),
        (_plan((-5, "1.1", 0), median=None), "1 exercise behind"),
        (_plan((-5, "1.1", 0), median=None), "has not begun an exercise"),
        (_plan((-5, "1.1", 0), median=None, at_work=0), "nobody at work"),
    ],
)
def test_the_line_also_speaks_at_the_edges(plan: ClassPlan, told: str) -> None:
    """Before the plan, after it, ahead of it, and with nobody there."""
    assert told in line(plan, TOKYO)


def test_the_plan_that_is_shown_is_that_of_the_day_where_the_class_is() -> None:
    """The numbers come with the days around it, as no zone is named when they are asked for."""
    midnight = -(10 * 60 + 20)  # in Tokyo, where it is 10:20
    plan = _plan(*((midnight + each, "1.1", 0) for each in (-1, 0, 24 * 60 - 1, 24 * 60)))
    assert of_the_day(plan, TOKYO).planned == plan.planned[1:3]
    assert of_the_day(plan, ZoneInfo("Etc/GMT+12")).planned == plan.planned[:2]


def test_a_plan_is_written_as_one_types_it() -> None:
    """Times are those of the course's zone, also by a Japanese keyboard; blanks are nothing."""
    text = "9:00 1.1\n\n  \uff11\uff10\uff1a\uff12\uff10\u30001.2 \n23.59 a b"
    planned, wrong = read_plan(text, DAY, TOKYO, ["1.1", "1.2", "a b"])
    assert wrong == []
    assert [(f"{each.at:%d %H:%M}", each.exercise) for each in planned] == [
        ("14 00:00", "1.1"),
        ("14 01:20", "1.2"),
        ("14 14:59", "a b"),
    ]
    begin, end = span_of(DAY, TOKYO)
    assert (begin.astimezone(UTC).hour, end - begin) == (15, timedelta(days=1))
    assert as_text(_plan((0, "1.2", 3)), TOKYO) == "10:20 1.2"


def test_each_line_that_can_t_be_read_says_why() -> None:
    """And with what to write instead."""
    text = "1.1\n24:00 1.1\n09:60 1.1\n09:00 1.9\n09:00 loop-1\n09:10 1.1"
    planned, wrong = read_plan(text, DAY, TOKYO, ["1.1", "loops-1"])
    assert len(planned) == 1
    assert wrong == [
        "Line 1: begin it with a time, as in 09:30 1.1",
        "Line 2: there is no time 24:00; times go from 00:00 to 23:59",
        "Line 3: there is no time 09:60; times go from 00:00 to 23:59",
        "Line 4: the course has no exercise “1.9”",
        "Line 5: the course has no exercise “loop-1”; did you mean “loops-1”?",
    ]


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch, made_up: Any) -> None:
    """Let the course be taught in Tokyo, and one student be at 1.1."""
    monkeypatch.setattr(session, "local_zone", lambda: TOKYO)
    made_up.run("Vole")
    made_up.further_on = ["1.2"]


def _area(app: Any) -> Any:
    (area,) = app.text_area
    return area


def _click(app: Any, label: str) -> None:
    next(each for each in app.button if each.label == label).click().run()


@pytest.mark.usefixtures("in_tokyo")
def test_a_plan_is_set_corrected_and_undone(made_up: Any, open_alone: Any, text_of: Any) -> None:
    """What is wrong keeps what was typed and saves nothing; undo brings the plan before back."""
    app = open_alone("plan", day="2026-09-14")
    _area(app).input("9:00 1.1\n9:30 1.7")
    _click(app, "Save the plan")
    assert made_up.planned == []
    assert "Line 2: the course has no exercise “1.7”" in text_of(app)
    assert _area(app).value == "9:00 1.1\n9:30 1.7"
    _area(app).input("9:00 1.1\n9:30 1.2")
    _click(app, "Save the plan")
    assert [each.at.hour for each in made_up.planned] == [0, 0]
    assert "Saved: 2 exercises are planned for 2026-09-14." in text_of(app)
    assert "Line 2" not in text_of(app)
    assert _area(app).value == "09:00 1.1\n09:30 1.2"
    _area(app).input(" ")
    _click(app, "Save the plan")
    assert made_up.planned == []
    assert "nothing is planned" in text_of(app)
    _click(app, "Undo")
    assert [each.exercise for each in made_up.planned] == ["1.1", "1.2"]
    assert "Undone" in text_of(app)
    assert not [each for each in app.button if each.label == "Undo"]
    made_up.api_is_away = True
    _area(app).input("9:00 1.1")
    _click(app, "Save the plan")
    assert "That could not be done: a part of Cellpulse does not answer." in text_of(app)


@pytest.mark.usefixtures("in_tokyo")
def test_a_plan_that_a_colleague_saved_is_not_overwritten(
    made_up: Any, open_alone: Any, text_of: Any
) -> None:
    """It is shown beside what was typed, and goes only when that is saved once more."""
    app = open_alone("plan", day="2026-09-14")
    other = [PlannedTime(at=NOW, exercise="1.2")]
    refused = "meanwhile another plan was saved for 2026-09-14 (10:20 1.2)."
    made_up.planned = list(other)
    _area(app).input("9:00 1.1")
    _click(app, "Save the plan")
    assert made_up.planned == other
    assert refused in text_of(app)
    assert "still in the field" in text_of(app)
    assert _area(app).value == "9:00 1.1"
    _click(app, "Save the plan")
    assert [each.exercise for each in made_up.planned] == ["1.1"]
    assert "Nothing was changed" not in text_of(app)
    assert _area(app).value == "09:00 1.1"
    third = [PlannedTime(at=NOW, exercise="1.1")]
    made_up.planned = list(third)
    _click(app, "Undo")
    assert made_up.planned == third
    assert refused.replace("1.2", "1.1") in text_of(app)
    assert _area(app).value == "10:20 1.1"
    assert not [each for each in app.button if each.label == "Undo"]
    made_up.planned = []
    _click(app, "Save the plan")
    assert made_up.planned == []
    assert "meanwhile the plan for 2026-09-14 was removed" in text_of(app)


@pytest.mark.usefixtures("in_tokyo")
def test_the_latest_plan_before_is_taken_over(made_up: Any, open_alone: Any, text_of: Any) -> None:
    """At the same times of day, and with undo; a day that has a plan is offered none."""
    early = [
        PlannedTime(at=NOW + timedelta(days=-days, minutes=minutes), exercise=name)
        for days, minutes, name in ((9, 0, "1.1"), (7, 0, "1.1"), (7, 10, "1.2"), (7, 20, "gone"))
    ]
    made_up.planned = list(early)
    app = open_alone("plan", day="2026-09-14")
    _click(app, "Take over the plan of 2026-09-07")
    assert _area(app).value == "10:20 1.1\n10:30 1.2"
    assert "Saved: 2 exercises are planned" in text_of(app)
    assert not [each for each in app.button if each.key == "take_over"]
    _click(app, "Undo")
    assert made_up.planned == early


@pytest.mark.usefixtures("in_tokyo")
def test_an_assistant_sees_the_plan_and_sets_none(
    made_up: Any, open_alone: Any, text_of: Any
) -> None:
    """Whoever sees a section is told who sets it."""
    made_up.planned = [PlannedTime(at=NOW, exercise="1.2")]
    made_up.sections = [OpenSection(course_id="python-101", section="A")]
    app = open_alone("plan", day="2026-09-14", section="A")
    assert not app.text_area
    assert "Whoever sees the whole course sets its plan" in text_of(app)
    assert "10:20" in text_of(app)


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "soon", ""])
def test_a_day_on_which_no_class_can_meet_is_today(open_alone: Any, day: str) -> None:
    """An address that somebody wrote."""
    assert read_day(day) is None
    assert not open_alone("plan", day=day).exception


def test_live_and_replay_show_the_pace_of_their_day(
    made_up: Any, open_alone: Any, text_of: Any
) -> None:
    """With the whole plan as a table; only Live leads to where it is changed."""
    made_up.run("Vole")
    made_up.further_on = ["1.2"]
    app = open_alone("live")
    assert "No plan for this day." in text_of(app)
    assert "Plan the exercises" in text_of(app)
    made_up.planned = [PlannedTime(at=datetime.now(UTC) - timedelta(seconds=1), exercise="1.2")]
    app.run()
    assert "<b>1.2</b> planned for now" in text_of(app)
    assert "0 of 1 there" in text_of(app)
    assert 'data-testid="plan-table"' in text_of(app)
    assert "Change the plan" in text_of(app)
    past = open_alone("replay")
    assert "planned for now" in text_of(past)
    assert "Change the plan" not in text_of(past)


def test_the_report_of_a_session_has_its_plan() -> None:
    """What is planned is listed with its time, whether it was reached or not, in place of dues."""
    due = NINE + timedelta(days=1)
    without = document_of(report(exercises=[exercise("1", 1), exercise("2", 2, due_at=due)]), UTC)
    assert without.sections[0].head[2] == "due"
    planned = [
        exercise("1", 1, planned_at=NINE),
        exercise("2", 2, attempted=0, solved=0, planned_at=NINE + timedelta(minutes=30)),
        exercise("3", 3, attempted=0, solved=0, due_at=due),
    ]
    reached = document_of(report(exercises=planned), UTC).sections[0]
    assert reached.head[2] == "planned by"
    assert [row[2] for row in reached.rows] == ["00:00", "00:30"]
    assert "1 exercise of the plan was begun by nobody who was here." in reached.notes
    at_home = exercise("2", 2, attempted=0, solved=0, planned_at=NINE, begun_by_end=9)
    assert document_of(report(exercises=[at_home]), UTC).sections[0].notes == []
