"""Health on the Admin page: each part and store, with a shape, a colour and a word."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from analytics.admin_health_responses import Health, HealthLine
from streamlit_app import notices, session
from streamlit_app.admin_client import ChangeRefusedError
from streamlit_app.admin_frame import NOTHING, note
from streamlit_app.api_client import NumbersUnavailableError
from streamlit_app.language.text import Text
from streamlit_app.layout import Number, card_title, strip
from streamlit_app.tables import Column, row_cells, table

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
    "lrs": Text("learning record store"),
    "api": Text("aggregation API"),
    "memory": Text("memory of Redis"),
    "database": Text("database of PostgreSQL"),
    "disk": Text("disk of the lake"),
}
EVENTS: Final = {
    "accepted": (Text("accepted"), Text("Events that were taken, so far")),
    "duplicates": (Text("came again"), Text("Events that were sent twice, and taken once")),
    "rejected": (
        Text("set aside"),
        Text("Events that were refused; 'cellpulse rejected list' says why"),
    ),
    "lost": (Text("lost"), Text("Gaps in the sessions' sequence numbers: events that never came")),
}
LOG: Final = (Text("in the log"), Text("Events that the log on Redis holds now"))
UNKNOWN: Final = "?"
COLUMNS: Final = (Column(Text("Part")), Column(Text("How it is")), Column(Text("In words")))
#: What is bad news when it is not 0.
_ALARMS: Final = ("rejected", "lost")
_REDRAW_SECONDS: Final = 10


def show() -> None:
    """Draw how the platform is, and again every ten seconds."""
    _now()


@st.fragment(run_every=_REDRAW_SECONDS)
def _now() -> None:
    try:
        health = session.admin_api().health()
    except (ChangeRefusedError, NumbersUnavailableError) as error:
        notices.sentence(str(error))
        return
    with st.container(border=True, key="admin_health"):
        card_title(SUMMARY, health.words)
        strip(_numbers(health))
    left, right = st.columns(2, gap="small")
    with left.container(border=True, key="admin_parts"):
        _lines("health-parts", PARTS, health.parts)
    with right.container(border=True, key="admin_stores"):
        _lines("health-stores", STORES, health.stores)
    with right.container(border=True, key="admin_rooms"):
        _lines("health-rooms", ROOMS, _rooms(health))


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
    return [escape(str(NAMES.get(line.name, line.name))), level, escape(line.words)]
