"""The words of the report about a session of class."""

from typing import Final

TITLE: Final = "After class"
WHEN: Final = "{day}, {start} to {end}"
ZONE: Final = "times in {zone}"
AS_OF: Final = (
    "Made by Cellpulse from all that had arrived up to {position} of the log; {runs} runs."
)
NO_POSITION: Final = "the beginning"

HERE: Final = ("students here", "Students who ran a cell or got a check result in this session")
ENROLLED: Final = "of {students}"
RUNS: Final = ("runs", "How often anyone ran a cell")
WITH_ERROR: Final = ("with an error", "Share of the runs that ended in an error")
BEGUN: Final = ("exercises begun", "Exercises at which anybody worked in this session")
HANDS: Final = ("hands up", "Students who raised a hand")

CHANGES: Final = ("What to change", "each sentence with the numbers that it rests on")
NOTHING_TO_CHANGE: Final = "Nothing in these numbers asks for a change."
HARD: Final = (
    "Go through {exercise} again: {unsolved} of the {attempted} who tried it had not solved it at "
    "the end (with 95 % confidence {lower} to {upper})."
)
STILL_AT: Final = (
    "Show how to get past “{failure}”: {still} of the {students} who met it had not done so at the "
    "end, most of them in {where}."
)
STILL_AT_NOWHERE: Final = (
    "Show how to get past “{failure}”: {still} of the {students} who met it had not done so at the "
    "end."
)
TOOK_LONG: Final = (
    "Explain “{failure}” beforehand: half of the {past} who got past it needed {minutes} min or "
    "longer."
)
NOT_BEGUN: Final = (
    "Make time for {exercise}: it is due on {due}, and {missing} of the {here} here have not begun "
    "it in this session."
)
STILL_UP: Final = "Go to {names} next time: {hands} hands were still up at the end."
ONE_STILL_UP: Final = "Go to {names} next time: the hand was still up at the end."
WAITED: Final = (
    "Ask for another helper: half of the {visited} to whom somebody went had waited {minutes} min "
    "or longer."
)
ABSENT: Final = (
    "Ask after those who were not here: {absent} of {students} students of the course did nothing "
    "in this session."
)
AND_OTHERS: Final = "{names} and {n} more"

REACHED: Final = ("Planned and reached", "what was due or begun")
OVER_TIME: Final = ("Where the class was", "share of the students at each exercise")
HARDEST: Final = ("Hardest exercises", "not solved, of those who tried; the line is the 95 % range")
FAILURES: Final = ("The same failures", "students who met them, and how many got past")
HELP: Final = ("Help", "from the raised hand until somebody came")

EXERCISE: Final = "exercise"
POINTS: Final = "points"
DUE: Final = "due"
STARTED: Final = "begun"
SOLVED: Final = "solved"
BEFORE: Final = "before"
UNSOLVED: Final = "not solved"
TRIED: Final = "tried"
RANGE: Final = "95 % range"
COMMONEST: Final = "commonest failure"
FAILURE: Final = "failure"
WHERE: Final = "where"
STUDENTS: Final = "students"
PAST: Final = "got past"
NOT_PAST: Final = "did not"
MINUTES: Final = "in min"
WHO: Final = "who"
ASKED: Final = "asked"
CAME: Final = "somebody came"
MARKED: Final = "marks"
WAITED_FOR: Final = "somebody came"
NOBODY_CAME: Final = "nobody came"
NOT_ASKED: Final = "did not ask"
TOOK_DOWN: Final = "no, hand taken down"
NOT_SEEN: Final = "no"
RAN_ONLY: Final = "{n}, ran only"
TIME: Final = "time"
SHARE: Final = "share"

UNTOUCHED: Final = "{n} more exercises are registered; nobody worked at them in this session."
ONE_UNTOUCHED: Final = "1 more exercise is registered; nobody worked at it in this session."
MORE_ROWS: Final = "{n} more are not listed here."
ONE_MORE_ROW: Final = "1 more is not listed here."
NOTHING_REACHED: Final = "Nothing was due, and nobody worked at an exercise."
NOT_AT_AN_EXERCISE: Final = "Nobody worked at an exercise."
NOT_HARD: Final = "No exercise was tried by {least} students or more."
NO_FAILURES: Final = "No run failed."
NO_HELP: Final = "Nobody raised a hand, and nobody was marked as helped."
