"""The time of a replay as a component: the browser counts it, Python draws the class as of then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import streamlit as st

from streamlit_app.language.text import Text, for_browser, locale
from streamlit_app.session import course_zone

#: How many seconds of class pass in a second.
SPEEDS: Final = (1, 10, 30, 60)
TEXTS: Final = {
    "label": Text("Time of the replay"),
    "play": Text("Play"),
    "pause": Text("Pause"),
    "speed": Text("Speed"),
    "times": Text("{n}\N{MULTIPLICATION SIGN}"),
    "next": Text("Next mark"),
    "slider": Text("Moment of class"),
    "marks": Text("Marks of this class"),
    "mark": Text("{time} {text}"),
    "since": Text("{n} min into class"),
}
KEY: Final = "replay_time"
_FOLDER: Final = Path(__file__).parent

_time = st.components.v2.component(
    "cellpulse_replay_time",
    js="\n".join(
        (_FOLDER / part).read_text("utf-8") for part in ("../../page_parts/leaving.js", "time.js")
    ),
    css=(_FOLDER / "time.css").read_text("utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Asked:
    """What the browser asks for.

    Args:
        at: The moment of class.
        speed: One of `SPEEDS`.
        is_playing: Whether it goes on by itself.
    """

    at: datetime
    speed: int
    is_playing: bool


def replay_time(data: dict[str, Any], on_asked: Callable[[], None]) -> None:
    """Show the slider.

    Args:
        data: `begin_ms`, `end_ms`, `at_ms`: of the session of class and the moment; `speed`; `runs`
            of each minute; `marks`, each with `at_ms` and `text`; `drawing`, another one each time
            that the page is drawn from its beginning, see leaving.js.
        on_asked: Is called when the browser asks for another moment or speed; see `asked`.
    """
    ours = {
        "speeds": SPEEDS,
        "texts": for_browser(TEXTS),
        "locale": locale().replace("_", "-"),
        "time_zone": course_zone(),
    }
    _time(key=KEY, data={**data, **ours}, on_asked_change=on_asked)


def asked() -> Asked | None:
    """Return what the browser has just asked for; None where it is nothing that can be."""
    told = st.session_state[KEY].get("asked")
    return read_asked(told)


def read_asked(told: Any) -> Asked | None:
    """Return what a browser asks for, as it sends it; None where it is nothing that can be."""
    try:
        at = datetime.fromtimestamp(told["at_ms"] / 1000, UTC)
        speed, is_playing = told["speed"], told["playing"] is True
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return Asked(at, speed, is_playing) if speed in SPEEDS else None
