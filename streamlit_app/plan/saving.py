"""What is saved as the plan of a day, taken over from another and undone, and what is said of it.

No plan is overwritten that a colleague saved meanwhile; only what is saved in the moment between
the question for it and the change goes unnoticed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final

import streamlit as st

from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime, PlanSet
from streamlit_app import session
from streamlit_app.api.errors import ASKED_FIRST
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.refusal import Changes
from streamlit_app.plan import pace
from streamlit_app.plan.written import as_lines, as_text, read_plan

SAVED: Final = Plural(
    "Saved: {n} exercise is planned for {day}.", "Saved: {n} exercises are planned for {day}."
)
REMOVED: Final = Text("Saved: nothing is planned for {day}.")
UNDONE: Final = Text("Undone: {day} is planned as before.")
CHANGED: Final = Text("Nothing was changed: meanwhile another plan was saved for {day} ({plan}).")
CHANGED_TO_NONE: Final = Text("Nothing was changed: meanwhile the plan for {day} was removed.")
AGAIN: Final = Text("What you wrote is still in the field: save it again to replace that.")
CHANGES: Final = Changes("plan", ASKED_FIRST)
#: What is wrong, line by line, with what was not saved.
WRONG: Final = "plan_wrong"

_TEXT: Final = "plan_text"
_LAST: Final = "plan_last"


@dataclass(frozen=True)
class CourseDay:
    """Whose day is planned: the course, the day, and the zone in which it is that day."""

    course_id: str
    day: date
    zone: tzinfo

    def field(self, plan: ClassPlan) -> str:
        """Return the name of the field for a plan: another one when a colleague changed it."""
        return f"{_TEXT}/{self.course_id}/{self.day}/{as_text(plan, self.zone)}"


@dataclass(frozen=True)
class Saved:
    """What was saved last: of which day, what is planned since, and what was planned before."""

    of: CourseDay
    planned: Sequence[PlannedTime]
    before: Sequence[PlannedTime]
    told: str
    can_undo: bool = True


def last_saved(course_id: str) -> Saved | None:
    """Return what this page saved last for a course."""
    last: Saved | None = st.session_state.get(f"{_LAST}/{course_id}")
    return last


def save(of: CourseDay, shown: ClassPlan) -> None:
    """Save what is written in the field for the plan that was shown."""
    text = st.session_state[of.field(shown)]
    planned, wrong = read_plan(text, of.day, of.zone, shown.exercises)
    st.session_state[WRONG] = wrong
    if wrong:
        return
    other = _set(of, planned, shown.planned, _saved)
    if other is not None:  # its field begins with what was typed, not with that plan
        st.session_state[of.field(other)] = text
        CHANGES.refuse(f"{_changed(of, other)} {AGAIN}")


def take_over(of: CourseDay, taken: Sequence[PlannedTime]) -> None:
    """Save what an earlier day had, where the day has nothing."""
    other = _set(of, taken, (), _saved)
    if other is not None:
        CHANGES.refuse(_changed(of, other))


def undo(last: Saved, exercises: Sequence[str]) -> None:
    """Save again what was planned before, as far as the course still has those exercises."""
    of = last.of
    before = [each for each in last.before if each.exercise in exercises]
    other = _set(of, before, last.planned, _undone)
    if other is not None:  # there is nothing of one's own any more that could be undone
        st.session_state.pop(f"{_LAST}/{of.course_id}", None)
        CHANGES.refuse(_changed(of, other))


def _saved(of: CourseDay, done: PlanSet) -> Saved:
    count = len(done.planned)
    text = SAVED.format(count, day=of.day) if count else REMOVED.format(day=of.day)
    return Saved(of, done.planned, done.before, text)


def _undone(of: CourseDay, _: PlanSet) -> Saved:
    return Saved(of, (), (), UNDONE.format(day=of.day), can_undo=False)


def _set(
    of: CourseDay,
    planned: Sequence[PlannedTime],
    known: Sequence[PlannedTime | PlannedReached],
    told: Callable[[CourseDay, PlanSet], Saved],
) -> ClassPlan | None:
    """Plan a day, unless somebody else has planned it since; return that plan, else None.

    Args:
        of: The day.
        planned: What it is to have.
        known: What the page showed, or saved, as its plan.
        told: Says what was saved.
    """
    # Once: whoever goes on to another page ends what asks Streamlit for anything between the two.
    api, span = session.api(), pace.span_of(of.day, of.zone)
    stored = api.plan(of.course_id, span=span)
    # What is as wanted already, as by a double click, is nobody else's.
    if _moments(stored.planned) not in (_moments(known), _moments(planned)):
        return stored
    done = api.set_plan(of.course_id, span, planned)
    st.session_state[f"{_LAST}/{of.course_id}"] = told(of, done)
    return None


def _moments(planned: Sequence[PlannedTime | PlannedReached]) -> set[tuple[datetime, str]]:
    return {(each.at, each.exercise) for each in planned}


def _changed(of: CourseDay, stored: ClassPlan) -> str:
    if not stored.planned:
        return CHANGED_TO_NONE.format(day=of.day)
    plan = ", ".join(as_lines(stored, of.zone))
    return CHANGED.format(day=of.day, plan=plan)
