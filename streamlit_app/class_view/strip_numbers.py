"""The numbers at the top of the Live page: at most six, each with its meaning."""

from typing import Final

from analytics.attention.responses import Attention, ErrorClusters
from analytics.class_view.responses import ClassMap
from analytics.responses import Progress
from streamlit_app.addresses import address
from streamlit_app.class_view.failures import commonest_at
from streamlit_app.class_view.map.matrix import (
    hands_up,
    hardest,
    solved_of_reached,
    where_most_are,
)
from streamlit_app.language.formats import number
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts import units
from streamlit_app.page_parts.layout import Number
from streamlit_app.page_parts.wording import NEVER, percent

HERE_NOW: Final = (
    Text("here now"),
    Text("Students who did something in the last 5 minutes, of all who are enrolled or have come"),
    units.STUDENTS,
    units.COUNTED,
)
OF_ALL: Final = Text("of {n}")
NEED: Final = (
    Text("need a person"),
    Text("Students who are listed on this page, each with a reason"),
    units.STUDENTS,
    units.ATTENTION,
)
ONE_NEEDS: Final = (Text("needs a person"), *NEED[1:])
HANDS: Final = (
    Text("hands up"),
    Text("Students who asked for help and wait"),
    units.STUDENTS,
    units.COUNTED,
)
ONE_HAND: Final = (Text("hand up"), *HANDS[1:])
MOST_ARE: Final = (
    Text("where most are"),
    Text("The exercise of most students who are here now, and how many they are"),
    Text("an exercise, and a number of students"),
    Text("Cellpulse's own; each student's latest run"),
)
MOST_HERE: Final = Text("{n} here")
SOLVED: Final = (
    Text("solved of what was reached"),
    Text("Share of the begun exercises that were solved, over all students"),
    units.PERCENT,
    units.SHARE,
)
HARDEST: Final = (
    Text("hardest exercise"),
    Text(
        "Of the exercises that three students or more have begun, the one where a run of the "
        "largest share of them failed; and the error that most had there in the last hour"
    ),
    Text("an exercise, and a number of the students who began it"),
    units.COUNTED,
)
FAILED: Final = Text("hardest: {n} of {all} had an error")
NOTHING_LOST: Final = Text("nothing lost")
LOST: Final = Plural("{n} event lost", "{n} events lost")


def strip_numbers(
    progress: Progress, class_map: ClassMap, attention: Attention, clusters: ErrorClusters
) -> list[Number]:
    """Return the numbers, in the order in which they are read."""
    needy, hands = len(attention.students), hands_up(attention)
    return [
        Number(
            number(progress.active_students),
            *HERE_NOW,
            of=OF_ALL.format(n=number(progress.students)),
        ),
        Number(str(needy), *(ONE_NEEDS if needy == 1 else NEED), is_alarm=needy > 0),
        Number(str(hands), *(ONE_HAND if hands == 1 else HANDS)),
        _most_are(class_map),
        _hardest(class_map, clusters),
        Number(percent(solved_of_reached(class_map)), *SOLVED),
    ]


def _most_are(class_map: ClassMap) -> Number:
    most = where_most_are(class_map)
    if most is None:
        return Number(NEVER, *MOST_ARE)
    exercise, students = most
    of = MOST_HERE.format(n=students)
    return Number(exercise, *MOST_ARE, of=of, link=_page_of(exercise, class_map))


def _hardest(class_map: ClassMap, clusters: ErrorClusters) -> Number:
    found = hardest(class_map)
    if found is None:
        return Number(NEVER, *HARDEST)
    label = FAILED.format(n=found.failed, all=found.started)
    error = commonest_at(clusters, found.exercise) or ""
    link = _page_of(found.exercise, class_map)
    return Number(found.exercise, label, *HARDEST[1:], of=error, link=link)


def _page_of(exercise: str, class_map: ClassMap) -> str:
    return address("exercise", course=class_map.course_id, exercise=exercise)


def what_is_lost(progress: Progress) -> str:
    """Say whether anything that students did never came here."""
    lost = progress.lost_events
    return LOST.format(lost) if lost else str(NOTHING_LOST)
