"""The numbers at the top of the Live page: at most six, each with its meaning."""

from typing import Final

from analytics.attention.responses import Attention
from analytics.class_view.responses import ClassMap
from analytics.responses import Progress
from streamlit_app.class_view.map.matrix import (
    hands_up,
    runs_a_minute,
    solved_of_reached,
    where_most_are,
)
from streamlit_app.language.formats import number
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.layout import Number
from streamlit_app.page_parts.wording import NEVER, percent

HERE_NOW: Final = (Text("here now"), Text("Students who did something in the last 5 minutes"))
OF_ALL: Final = Text("of {n}")
NEED: Final = (Text("need a person"), Text("Students on the list at the right, each with a reason"))
HANDS: Final = (Text("hands up"), Text("Students who asked for help and wait"))
ONE_HAND: Final = (Text("hand up"), HANDS[1])
MOST_ARE: Final = (Text("where most are"), Text("The exercise of most students who are here now"))
MOST_HERE: Final = Text("{n} here")
SOLVED: Final = (
    Text("solved of what was reached"),
    Text("Share of the begun exercises that were solved, over all students"),
)
RUNS: Final = (Text("runs a minute"), Text("Mean of the last five full minutes"))
NOTHING_LOST: Final = Text("nothing lost")
LOST: Final = Plural("{n} run lost", "{n} runs lost")


def strip_numbers(progress: Progress, class_map: ClassMap, attention: Attention) -> list[Number]:
    """Return the numbers, in the order in which they are read."""
    most, hands = where_most_are(class_map), hands_up(attention)
    exercise, students = most or (NEVER, 0)
    needy = len(attention.students)
    return [
        Number(
            number(progress.active_students),
            *HERE_NOW,
            of=OF_ALL.format(n=number(progress.students)),
        ),
        Number(str(needy), *NEED, is_alarm=needy > 0),
        Number(str(hands), *(ONE_HAND if hands == 1 else HANDS)),
        Number(exercise, *MOST_ARE, of=MOST_HERE.format(n=students) if students else ""),
        Number(percent(solved_of_reached(class_map)), *SOLVED),
        Number(number(round(runs_a_minute(class_map))), *RUNS),
    ]


def what_is_lost(progress: Progress) -> str:
    """Say whether anything that students did never came here."""
    lost = progress.lost_events
    return LOST.format(lost) if lost else str(NOTHING_LOST)
