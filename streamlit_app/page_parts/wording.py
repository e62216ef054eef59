"""How the pages say things: ages, shares, places, outcomes. The instructor's words only."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Final

from analytics.attention.responses import ErrorCluster
from analytics.responses import HistoryEvent
from streamlit_app.language.formats import number
from streamlit_app.language.formats import percent as in_percent
from streamlit_app.language.text import Plural, Text

#: What happened, as one of the kinds that have a glyph, and the word beside it.
KINDS: Final = {
    "ok": Text("ran"),
    "error": Text("error"),
    "stopped": Text("stopped"),
    "solved": Text("solved"),
    "unsolved": Text("not solved"),
    "help": Text("hand up"),
    "hand_down": Text("hand down"),
    "came": Text("came in"),
    "left": Text("left"),
}
COUNTED_STUDENTS: Final = Plural("{n} student", "{n} students")
COUNTED_RUNS: Final = Plural("{n} run", "{n} runs")
COUNTED_EVENTS: Final = Plural("{n} event", "{n} events")
COUNTED_DAYS: Final = Plural("{n} day", "{n} days")
SECONDS: Final = Text("{n} s")
AGES: Final[Mapping[str, Text | Plural]] = {
    "seconds": SECONDS,
    "minutes": Text("{n} min"),
    "hours": Text("{n} h"),
    "days": COUNTED_DAYS,
}
AGO: Final = Text("{age} ago")
MILLISECONDS: Final = Text("{n} ms")
NEVER: Final = "\N{EN DASH}"
#: Who is enrolled and has never been seen.
NOT_STARTED: Final = Text("not started")
NEW: Final = Text("new")
#: A failure whose error has no name.
UNNAMED: Final = Text("Error")
_NOTEBOOK: Final = ".ipynb"
NOBODY_YET: Final = Text("nobody yet")
GOT_PAST: Final = Plural(
    "{past} of {students}, in {minutes} min and {n} run",
    "{past} of {students}, in {minutes} min and {n} runs",
)

_RUNS = {"ok": "ok", "error": "error", "interrupted": "stopped"}
_OTHERS = {
    "help_requested": "help",
    "help_resolved": "hand_down",
    "session_started": "came",
    "session_ended": "left",
}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def kind_of_run(status: str | None) -> str | None:
    """Return the kind of a run by its status; None when there was no run."""
    return _RUNS.get(status or "")


def kind_of(event: HistoryEvent) -> str | None:
    """Return the kind of an entry of a history; None for what is not shown."""
    if event.type == "cell_run":
        return kind_of_run(event.status)
    if event.type == "check_result":
        return "solved" if event.passed else "unsolved"
    return _OTHERS.get(event.type)


def ago(then: datetime | None, now: datetime) -> str:
    """Say how long ago a student was seen, or did something; and of whom it never was, so."""
    return str(NOT_STARTED) if then is None else AGO.format(age=age(then, now))


def age(then: datetime, now: datetime) -> str:
    """Say how long it has been since something, as coarsely as one needs it."""
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < _MINUTE:
        return AGES["seconds"].format(n=seconds)
    if seconds < _HOUR:
        return AGES["minutes"].format(n=seconds // _MINUTE)
    if seconds < 2 * _DAY:
        return AGES["hours"].format(n=seconds // _HOUR)
    return AGES["days"].format(n=seconds // _DAY)


def got_past(cluster: ErrorCluster) -> str:
    """Say how many got past a failure, and what it took half of them at most."""
    if cluster.minutes_to_get_past is None or cluster.runs_to_get_past is None:
        return str(NOBODY_YET)
    return GOT_PAST.format(
        ceil(cluster.runs_to_get_past),
        past=cluster.got_past,
        students=cluster.students,
        minutes=number(round(cluster.minutes_to_get_past)),
    )


def percent(share: float | None) -> str:
    """Say a share of 0 to 1 in percent."""
    return NEVER if share is None else in_percent(share)


def duration(milliseconds: float | None) -> str:
    """Say how long a run took."""
    if milliseconds is None:
        return ""
    if milliseconds < 1_000:  # noqa: PLR2004 - below a second
        return MILLISECONDS.format(n=f"{milliseconds:.0f}")
    return SECONDS.format(n=f"{milliseconds / 1_000:.1f}")


def file_name(notebook: str | None) -> str:
    """Return a notebook's name without its folder and ending."""
    name = (notebook or "").rsplit("/", 1)[-1]
    return name[: -len(_NOTEBOOK)] if name.casefold().endswith(_NOTEBOOK) else name


def named(exercise: str, title: str | None) -> str:
    """Return an exercise's name and title; a title that begins with the name says both."""
    if title is None or title == exercise:
        return exercise
    return title if title.startswith(f"{exercise} ") else f"{exercise} · {title}"


def where(exercise: str | None, notebook: str | None) -> str:
    """Say where a student works: the exercise, else the notebook."""
    return exercise or file_name(notebook)
