"""The numbers at the top of the Live page: at most six, each with its meaning."""

from typing import Final

from analytics.attention_responses import Attention
from analytics.class_responses import ClassMap
from analytics.responses import Progress
from streamlit_app.class_map.matrix import (
    hands_up,
    runs_a_minute,
    solved_of_reached,
    where_most_are,
)
from streamlit_app.layout import Number
from streamlit_app.wording import NEVER, percent

HERE_NOW: Final = ("here now", "Students who did something in the last 5 minutes")
OF_ALL: Final = "of {n}"
NEED: Final = ("need a person", "Students on the list at the right, each with a reason")
HANDS: Final = ("hands up", "Students who asked for help and wait")
ONE_HAND: Final = ("hand up", HANDS[1])
MOST_ARE: Final = ("where most are", "The exercise of most students who are here now")
MOST_HERE: Final = "{n} here"
SOLVED: Final = (
    "solved of what was reached",
    "Share of the begun exercises that were solved, over all students",
)
RUNS: Final = ("runs a minute", "Mean of the last five full minutes")
NOTHING_LOST: Final = "nothing lost"
LOST: Final = "{n} runs lost"


def strip_numbers(progress: Progress, class_map: ClassMap, attention: Attention) -> list[Number]:
    """Return the numbers, in the order in which they are read."""
    most, hands = where_most_are(class_map), hands_up(attention)
    exercise, students = most or (NEVER, 0)
    needy = len(attention.students)
    return [
        Number(str(progress.active_students), *HERE_NOW, of=OF_ALL.format(n=progress.students)),
        Number(str(needy), *NEED, is_alarm=needy > 0),
        Number(str(hands), *(ONE_HAND if hands == 1 else HANDS)),
        Number(exercise, *MOST_ARE, of=MOST_HERE.format(n=students) if students else ""),
        Number(percent(solved_of_reached(class_map)), *SOLVED),
        Number(f"{runs_a_minute(class_map):.0f}", *RUNS),
    ]


def what_is_lost(progress: Progress) -> str:
    """Say whether anything that students did never came here."""
    lost = progress.lost_events
    return LOST.format(n=f"{lost:,}") if lost else NOTHING_LOST
