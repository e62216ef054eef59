"""Health on the Admin page: each part and store, with a shape, a colour and a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

import streamlit as st

from analytics.admin.health_responses import Health, HealthLine
from streamlit_app import session
from streamlit_app.admin.frame import NOTHING, note
from streamlit_app.api.admin_client import ChangeRefusedError
from streamlit_app.api.errors import AccessRefusedError, NumbersUnavailableError
from streamlit_app.language.formats import number, size
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts import notices, units
from streamlit_app.page_parts.layout import Number, card_title, strip
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.tables import Column, row_cells, table

SUMMARY: Final = Text("Health")
PARTS: Final = (Text("Parts"), Text("whether each answers"))
STORES: Final = (Text("Stores"), Text("how far each is behind what was accepted"))
ROOMS: Final = (Text("Room and backup"), Text("what can be full, and what can be restored"))
#: Level → the word beside its shape.
LEVELS: Final = {
    "well": Text("well"),
    "watch": Text("look at it"),
    "bad": Text("mend it"),
    "off": Text("not in use"),
}
NAMES: Final = {
    "redis": Text("Redis"),
    "postgres": Text("PostgreSQL"),
    "influxdb": Text("InfluxDB"),
    "ingest": Text("ingest"),
    "relay": Text("relay"),
    "worker": Text("worker"),
    "dashboard": Text("dashboard"),
    "lake": Text("lake"),
    "backup": Text("backup"),
    "lrs": Text("learning record store"),
    "api": Text("aggregation API"),
    "memory": Text("memory of Redis"),
    "database": Text("database of PostgreSQL"),
    "disk": Text("disk of the lake"),
}
ALL_IS_WELL: Final = Text("all is well")
NOT_ALL_IS_WELL: Final = Text("not all is well: see what is to be looked at or mended")
STATES: Final = {
    "ok": Text("it answers"),
    "down": Text("it does not answer"),
    "off": Text("nobody asked for it"),
}
LAG: Final = Plural("{n} event behind, {seconds} s", "{n} events behind, {seconds} s")
MISSED: Final = Plural("{lag}; it missed {n} event or more", "{lag}; it missed {n} events or more")
USED: Final = Text("{used} in use")
USED_OF: Final = Text("{used} of {limit} in use")
NEVER_MADE: Final = Text("none was made yet: 'cellpulse backup' makes one")
MADE: Final = Plural("the last one was made {n} hour ago", "the last one was made {n} hours ago")
_OF_EDGE: Final = (units.EVENTS, Text("the ingest's own counters, kept on Redis"))
EVENTS: Final = {
    "accepted": (Text("accepted"), Text("Events that were taken, so far"), *_OF_EDGE),
    "duplicates": (
        Text("duplicates"),
        Text("Events that were sent twice, and taken once"),
        *_OF_EDGE,
    ),
    "rejected": (
        Text("rejected"),
        Text(
            "Events that were refused: whoever posted them was told why, and "
            "'cellpulse rejected list' has what was set aside"
        ),
        *_OF_EDGE,
    ),
    "lost": (
        Text("lost"),
        Text("Gaps in the sessions' sequence numbers: events that never came"),
        units.EVENTS,
        Text("PostgreSQL, which counts the gaps of each session"),
    ),
}
LOG: Final = (
    Text("in the log"),
    Text("Events that the log on Redis holds now"),
    units.EVENTS,
    Text("Redis, the length of its stream"),
)
UNKNOWN: Final = "?"
COLUMNS: Final = (Column(Text("Part")), Column(Text("How it is")), Column(Text("In words")))
#: What is bad news when it is not 0.
_ALARMS: Final = ("rejected", "lost")
_REDRAW_SECONDS: Final = 10
_HOUR: Final = 3_600
#: What asks all others, and what is known of it when it does not answer.
_API: Final = "api"
_API_IS_DOWN: Final = HealthLine(name=_API, level="bad", code="down", values={}, words="down")


@dataclass(frozen=True)
class _Looked:
    """How the platform was when the API had last looked."""

    at: datetime
    health: Health


def show() -> None:
    """Draw how the platform is, and again every ten seconds."""
    _now()


@part(run_every=_REDRAW_SECONDS)
def _now() -> None:
    try:
        latest = session.latest("admin_health", _look)
    except (ChangeRefusedError, AccessRefusedError) as error:
        notices.sentence(str(error))
        return
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        with st.container(border=True, key="admin_parts"):
            _lines("health-parts", PARTS, [_API_IS_DOWN])
        return
    notices.old_numbers(latest.apology, latest.numbers.at)
    _draw(latest.numbers.health if latest.apology is None else without_api(latest.numbers.health))


def _look() -> _Looked:
    return _Looked(datetime.now(UTC), session.admin_api().health())


def without_api(health: Health) -> Health:
    """Return how the platform was, now that the API does not answer."""
    parts = [_API_IS_DOWN, *(part for part in health.parts if part.name != _API)]
    return health.model_copy(update={"parts": parts})


def _draw(health: Health) -> None:
    with st.container(border=True, key="admin_health"):
        card_title(SUMMARY, ALL_IS_WELL if is_well(health) else NOT_ALL_IS_WELL)
        strip(_numbers(health))
    left, right = st.columns(2, gap="small")
    with left.container(border=True, key="admin_parts"):
        _lines("health-parts", PARTS, health.parts)
    with right.container(border=True, key="admin_stores"):
        _lines("health-stores", STORES, health.stores)
    with right.container(border=True, key="admin_rooms"):
        _lines("health-rooms", ROOMS, _rooms(health))


def is_well(health: Health) -> bool:
    """Tell whether there is nothing to be looked at or mended below."""
    lines = (*health.parts, *health.stores, *_rooms(health))
    return all(line.level in ("well", "off") for line in lines)


def in_words(line: HealthLine) -> str:
    """Say what a line's code and numbers tell."""
    values = line.values
    match line.code:
        case "lag" | "missed":
            lag = LAG.format(values["events"], seconds=number(round(values["seconds"], 1)))
            return MISSED.format(values["missed"], lag=lag) if line.code == "missed" else lag
        case "used":
            return USED.format(used=size(values["used_bytes"]))
        case "used_of":
            return USED_OF.format(
                used=size(values["used_bytes"]), limit=size(values["limit_bytes"])
            )
        case "never":
            return str(NEVER_MADE)
        case "made":
            return MADE.format(round(values["age_seconds"] / _HOUR, 1))
        case _:
            return str(STATES[line.code])


def _rooms(health: Health) -> list[HealthLine]:
    return health.rooms if health.backup is None else [*health.rooms, health.backup]


def _numbers(health: Health) -> list[Number]:
    numbers = [
        Number(
            _count(health.events.get(name)),
            *words,
            is_alarm=name in _ALARMS and bool(health.events.get(name)),
        )
        for name, words in EVENTS.items()
    ]
    return [*numbers, Number(_count(health.log_length), *LOG)]


def _count(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"


def _lines(test_id: str, title: tuple[Text, Text], lines: Sequence[HealthLine]) -> None:
    card_title(*title)
    if not lines:  # no worker has told the log of a store yet
        note(NOTHING)
        return
    rows = [f"<tr>{row_cells(COLUMNS, _cells(line), first_names_row=True)}</tr>" for line in lines]
    st.html(table(test_id, title[0], COLUMNS, rows))


def _cells(line: HealthLine) -> list[str]:
    shape = f'<span class="cp-level" data-level="{line.level}" aria-hidden="true"></span>'
    word = f'<span class="cp-word">{LEVELS[line.level]}</span>'
    level = f'<span class="cp-outcome">{shape}{word}</span>'
    return [escape(str(NAMES.get(line.name, line.name))), level, escape(in_words(line))]
