"""Where the class is against the plan of the day, in one calm line, with the whole plan behind it.

The Live page says it of now and the Replay page of the past; the plan itself is that of now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from html import escape
from typing import Final

import streamlit as st

from analytics.plan.responses import ClassPlan, PlannedReached
from streamlit_app import session
from streamlit_app.addresses import address
from streamlit_app.language.formats import clock
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.tables import Column, row_cells, table
from streamlit_app.page_parts.units import SOURCE, UNIT

PACE: Final = Text("Pace against plan")
MEANING: Final = Text(
    "Planned for now is the exercise that the day's plan wants begun by now. There is who has "
    "begun it or one after it, in the order of the course, at any time. Counted are students who "
    "did anything in the last 30 minutes; the median student is the one in the middle of them."
)
PACE_UNIT: Final = Text("exercises behind what is planned, and a number of students")
PACE_SOURCE: Final = Text("Cellpulse's own; the day's plan, and who has begun which exercise")
WHAT: Final = Text("What is “{title}”?")
NO_PLAN: Final = Text("No plan for this day.")
MAKE_PLAN: Final = Text("Plan the exercises")
PLANNED_NOW: Final = Text("planned for now")
NOT_BEGUN: Final = Text("the plan begins at {time} with {exercise}")
MEDIAN_AT: Final = Text("median student at {exercise}")
MEDIAN_NOWHERE: Final = Text("the median student has not begun an exercise")
THERE: Final = Text("{n} of {all} there")
NOBODY: Final = Text("nobody at work")
NEXT: Final = Text("then {exercise} at {time}")
ON_PLAN: Final = Text("on plan")
BEHIND: Final = Plural("{n} exercise behind", "{n} exercises behind")
WHOLE_PLAN: Final = Text("The plan")
CHANGE_PLAN: Final = Text("Change the plan")
CAPTION: Final = Text("The plan of the day, and how many have got there")
COLUMNS: Final = (
    Column(Text("By")),
    Column(Text("Exercise")),
    Column(Text("There now"), is_number=True),
)


@dataclass(frozen=True)
class Pace:
    """Where the class is against a plan.

    Args:
        current: What is planned for now; None before the plan begins.
        following: What is planned next; None after its end.
        behind: So many exercises the median student is before what is planned; 0 for none.
    """

    current: PlannedReached | None
    following: PlannedReached | None
    behind: int


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day of a moment in a zone."""
    return moment.astimezone(zone).date()


def span_of(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return begin and end of a day in a zone."""
    begin, end = (
        datetime.combine(each, time(), tzinfo=zone) for each in (day, day + timedelta(days=1))
    )
    return begin, end


def of_the_day(plan: ClassPlan, zone: tzinfo) -> ClassPlan:
    """Return of a plan what is of the day of its moment in a zone."""
    begin, end = span_of(day_of(plan.now, zone), zone)
    planned = [each for each in plan.planned if begin <= each.at < end]
    return plan.model_copy(update={"planned": planned})


def pace_of(plan: ClassPlan) -> Pace:
    """Return where the class is against its plan; of several for one moment the furthest counts."""
    place = {name: number for number, name in enumerate(plan.exercises)}

    def order(each: PlannedReached) -> tuple[datetime, int]:
        return each.at, place.get(each.exercise, -1)

    begun = [each for each in plan.planned if each.at <= plan.now]
    to_come = [each for each in plan.planned if each.at > plan.now]
    current = max(begun, key=order, default=None)
    median = place.get(plan.median_exercise or "", -1)
    behind = 0 if current is None else place.get(current.exercise, -1) - median
    return Pace(current, min(to_come, key=order, default=None), max(0, behind))


def show(course_id: str, plan: ClassPlan, *, is_past: bool) -> None:
    """Draw the line, its “?”, and the whole plan behind a button; without a plan only the place."""
    zone = session.local_zone()
    with st.container(key="pace", horizontal=True, vertical_alignment="center"):
        if not plan.planned:
            return
        st.html(_what(), width="content")
        st.html(line(plan, zone), width="content")
        with st.popover(str(WHOLE_PLAN), key="whole_plan"):
            st.html(plan_table(plan.planned, zone))
            if not is_past:
                st.html(_link(course_id, plan, CHANGE_PLAN))


def offer(course_id: str, plan: ClassPlan) -> None:
    """Say where there is no plan, and lead to where one is made; with one draw nothing."""
    if not plan.planned:
        st.html(
            f'<p class="cp-muted cp-small" data-testid="no-plan">{NO_PLAN} '
            f"{_link(course_id, plan, MAKE_PLAN)}</p>"
        )


def _link(course_id: str, plan: ClassPlan, text: Text) -> str:
    day = day_of(plan.now, session.local_zone()).isoformat()
    return f'<a href="{address("plan", course=course_id, day=day)}" target="_self">{text}</a>'


def line(plan: ClassPlan, zone: tzinfo) -> str:
    """Say in one line where the class is against its plan, as HTML."""
    parts = (f"<span>{each}</span>" for each in _told(plan, zone))
    inner = ' <span aria-hidden="true">·</span> '.join(parts)
    return f'<p class="cp-pace" data-testid="pace">{inner}</p>'


def plan_table(planned: Sequence[PlannedReached], zone: tzinfo) -> str:
    """Return one row an exercise of the plan, with how many are there."""
    rows = []
    for each in planned:
        cells = [clock(each.at.astimezone(zone)), escape(each.exercise), str(each.reached)]
        rows.append(f"<tr>{row_cells(COLUMNS, cells, first_names_row=True)}</tr>")
    return table("plan-table", CAPTION, COLUMNS, rows)


def _what() -> str:
    label = escape(WHAT.format(title=PACE))
    told = f"{MEANING} {UNIT.format(unit=PACE_UNIT)} {SOURCE.format(source=PACE_SOURCE)}"
    return (
        f'<details class="cp-why" data-testid="why"><summary title="{label}"><span>{PACE}</span>'
        f'<span class="cp-mark">?</span></summary><p>{escape(told)}</p></details>'
    )


def _told(plan: ClassPlan, zone: tzinfo) -> list[str]:
    """Return the parts of the line, as HTML."""
    pace = pace_of(plan)
    if pace.current is None:
        return [_at(NOT_BEGUN, pace.following, zone)] if pace.following else []
    told = [f"<b>{escape(pace.current.exercise)}</b> {PLANNED_NOW}", *_class(plan, pace)]
    return [*told, _at(NEXT, pace.following, zone)] if pace.following else told


def _class(plan: ClassPlan, pace: Pace) -> list[str]:
    if not plan.at_work or pace.current is None:
        return [str(NOBODY)]
    median = plan.median_exercise
    at = str(MEDIAN_NOWHERE) if median is None else escape(MEDIAN_AT.format(exercise=median))
    there = THERE.format(n=pace.current.reached, all=plan.at_work)
    if pace.behind:
        look, glyph, word = "cp-behind", "▽", BEHIND.format(pace.behind)
    else:
        look, glyph, word = "cp-on-plan", "●", str(ON_PLAN)
    return [at, there, f'<b class="{look}"><span aria-hidden="true">{glyph}</span> {word}</b>']


def _at(text: Text, planned: PlannedReached, zone: tzinfo) -> str:
    when = clock(planned.at.astimezone(zone))
    return escape(text.format(time=when, exercise=planned.exercise))
