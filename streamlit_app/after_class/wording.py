"""The words of the report about a session of class."""

from datetime import datetime
from typing import Final

from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts import units

TITLE: Final = Text("After class")
WHEN: Final = Text("{day}, {start} to {end}")
OF_SECTION: Final = Text("{course} · section {section}")
ZONE: Final = Text("times in {zone}")
AS_OF: Final = Text(
    "Made by Cellpulse from all that had arrived up to {position} of the log; {runs} runs."
)
NO_POSITION: Final = Text("the beginning")

HERE: Final = (
    Text("students here"),
    Text("Students who ran a cell or got a check result in this session"),
    units.STUDENTS,
    units.COUNTED,
)
ENROLLED: Final = Text("of {students}")
RUNS: Final = (Text("runs"), Text("How often anyone ran a cell"), units.RUNS, units.COUNTED)
BEGUN: Final = (
    Text("exercises begun"),
    Text("Exercises at which anybody worked in this session"),
    units.EXERCISES,
    units.COUNTED,
)
HANDS: Final = (
    Text("hands up"),
    Text("Students who raised a hand"),
    units.STUDENTS,
    units.COUNTED,
)

CHANGES: Final = (Text("What to change"), Text("each sentence with the numbers that it rests on"))
NOTHING_TO_CHANGE: Final = Text("Nothing in these numbers asks for a change.")
HARD: Final = Text(
    "Go through {exercise} again: {unsolved} of the {attempted} who tried it had not solved it at "
    "the end (with 95 % confidence {lower} to {upper})."
)
STILL_AT: Final = Text(
    "Show how to get past “{failure}”: {still} of the {students} who met it had not done so at the "
    "end, most of them in {where}."
)
STILL_AT_NOWHERE: Final = Text(
    "Show how to get past “{failure}”: {still} of the {students} who met it had not done so at the "
    "end."
)
TOOK_LONG: Final = Text(
    "Explain “{failure}” beforehand: half of the {past} who got past it needed {minutes} min or "
    "longer."
)
NOT_BEGUN: Final = Text(
    "Make time for {exercise}: it is due on {due}, and {missing} of the {here} here have not begun "
    "it."
)
STILL_UP: Final = Plural(
    "Go to {names} next time: the hand was still up at the end.",
    "Go to {names} next time: {n} hands were still up at the end.",
)
WAITED: Final = Text(
    "Ask for another helper: half of the {visited} to whom somebody went had waited {minutes} min "
    "or longer."
)
ABSENT: Final = Text(
    "Ask after those who were not here: {absent} of {students} students did nothing in this "
    "session."
)
AND_OTHERS: Final = Text("{names} and {n} more")

REACHED: Final = (Text("Planned and reached"), Text("what was due or begun"))
REACHED_OF_PLAN: Final = (Text("Planned and reached"), Text("the plan, and what else was begun"))
OVER_TIME: Final = (Text("Where the class was"), Text("share of the students at each exercise"))
HARDEST: Final = (
    Text("Hardest exercises"),
    Text("not solved, of those who tried; the line is the 95 % range"),
)
FAILURES: Final = (Text("The same failures"), Text("students who met them, and how many got past"))
HELP: Final = (Text("Help"), Text("from the raised hand until somebody came or it was taken down"))

EXERCISE: Final = Text("exercise")
POINTS: Final = Text("points")
DUE: Final = Text("due")
PLANNED: Final = Text("planned by")
STARTED: Final = Text("begun")
SOLVED: Final = Text("solved")
BEFORE: Final = Text("before")
UNSOLVED: Final = Text("unsolved")
TRIED: Final = Text("tried")
RANGE: Final = Text("95 % range")
RANGE_FROM: Final = Text("95 % range, from")
RANGE_TO: Final = Text("95 % range, to")
STATE: Final = Text("state")
COMMONEST: Final = Text("commonest failure")
FAILURE: Final = Text("failure")
WHERE: Final = Text("where")
STUDENTS: Final = Text("students")
PAST: Final = Text("got past")
NOT_PAST: Final = Text("did not")
MINUTES: Final = Text("in min")
WHO: Final = Text("who")
ASKED: Final = Text("asked")
CAME: Final = Text("somebody came")
MARKED: Final = Text("marks")
WAITED_FOR: Final = Text("somebody came")
NOBODY_CAME: Final = Text("nobody came")
NOT_ASKED: Final = Text("did not ask")
TOOK_DOWN: Final = Text("no, hand taken down")
NOT_SEEN: Final = Text("no")
RAN_ONLY: Final = Text("{n}, ran only")

UNTOUCHED: Final = Plural(
    "{n} more exercise is registered; nobody worked at it in this session.",
    "{n} more exercises are registered; nobody worked at them in this session.",
)
MORE_ROWS: Final = Plural("{n} more is not listed here.", "{n} more are not listed here.")
NOT_REACHED: Final = Plural(
    "{n} exercise of the plan was begun by nobody who was here.",
    "{n} exercises of the plan were begun by nobody who was here.",
)
NOTHING_REACHED: Final = Text("Nothing was planned or due, and nobody worked at an exercise.")
NOT_AT_AN_EXERCISE: Final = Text("Nobody worked at an exercise.")
NOT_HARD: Final = Text("No exercise was tried by {least} students or more.")
NO_FAILURES: Final = Text("No run failed.")
NO_HELP: Final = Text("Nobody raised a hand, and nobody was marked as helped.")


def end_of(begin: datetime, end: datetime) -> str:
    """Return when a session ended, in the zone of both: its day too where it is another one."""
    return f"{end:%H:%M}" if end.date() == begin.date() else f"{end:%Y-%m-%d %H:%M}"
