"""The same failure now: which failures students share; a click shows them in the map."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from html import escape
from math import ceil
from typing import Final
from zlib import crc32

import streamlit as st

from analytics.attention.responses import ErrorCluster, ErrorClusters
from streamlit_app.addresses import FAILURE, here, is_still_at, put
from streamlit_app.exercise.tables import GOT_PAST_WITH
from streamlit_app.language.formats import number
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import what_failed
from streamlit_app.page_parts.wording import COUNTED_STUDENTS, NEW, age

FAILURES: Final = Text("The same failure now")
NO_FAILURES: Final = Text("No failure is shared right now.")
GROUPS: Final = Plural("{students} in {n} group", "{students} in {n} groups")
SHOW: Final = Text("Show in the map")
GONE: Final = Text("nobody shares that failure now: everyone is shown")
SHOW_ALL: Final = Text("Show everyone")
PAST: Final = Plural(
    "{past} got past it, in {minutes} min and {n} run",
    "{past} got past it, in {minutes} min and {n} runs",
)
NOBODY_PAST: Final = Text("nobody got past it yet")
HOW_PAST: Final = Text("How others got past it")
IN_FULL: Final = Text("What it says in full")
AND_MORE: Final = Text("{places} and {n} more")

#: How far back, in minutes.
CLUSTER_MINUTES: Final = 60
FAILURES_SHOWN: Final = 5
_PLACES_SHOWN: Final = 2


def shared(clusters: ErrorClusters) -> list[ErrorCluster]:
    """Return the failures that two students or more have not got past, most of these first."""
    found = [each for each in clusters.clusters if len(still_at(each)) > 1]
    return sorted(found, key=lambda each: -len(still_at(each)))


def listed(clusters: Sequence[ErrorCluster], wanted: str | None) -> list[ErrorCluster]:
    """Return those of most students, and the wanted one wherever it stands."""
    further = [each for each in clusters[FAILURES_SHOWN:] if name_of(each) == wanted]
    return [*clusters[:FAILURES_SHOWN], *further]


def still_at(cluster: ErrorCluster) -> frozenset[str]:
    """Return the students who have not got past a failure."""
    return frozenset(each.student_id for each in cluster.who if each.past_at is None)


def commonest_at(clusters: ErrorClusters, exercise: str) -> str | None:
    """Return the name of the error that most students had at an exercise; None for none.

    Whoever had it with several messages is in several failures, and counts once at most.
    """
    had, who = Counter[str](), defaultdict[str, set[str]](set)
    for cluster in clusters.clusters:
        for place in cluster.exercises:
            if place.exercise == exercise and cluster.error_name:
                had[cluster.error_name] += place.students
                who[cluster.error_name].update(each.student_id for each in cluster.who)
    return max(had, key=lambda name: min(had[name], len(who[name])), default=None)


def name_of(cluster: ErrorCluster) -> str:
    """Return what the address calls a failure."""
    return ": ".join(part for part in (cluster.error_name, cluster.pattern) if part)


def students_of(clusters: Sequence[ErrorCluster], wanted: str | None) -> frozenset[str] | None:
    """Return the students who are at the wanted failure; None where it is not among these."""
    for each in clusters:
        if wanted is not None and name_of(each) == wanted:
            return still_at(each)
    return None


def show(clusters: Sequence[ErrorCluster], now: datetime) -> None:
    """Draw a line a failure, with a button that filters the map."""
    with st.container(border=True, key="clusters"):
        students = frozenset[str]().union(*map(still_at, clusters))
        counted = GROUPS.format(len(clusters), students=COUNTED_STUDENTS.format(len(students)))
        card_title(FAILURES, counted if clusters else "")
        if not clusters:
            st.html(f'<p class="cp-muted">{NO_FAILURES}</p>')
        wanted = st.query_params.get(FAILURE)
        for number, each in enumerate(clusters):
            is_shown = name_of(each) == wanted
            with st.container(key=f"failure_{number}", gap=None):
                st.html(failure(each, now))
                with st.container(key=f"acts_of_failure_{number}", horizontal=True):
                    st.button(
                        str(SHOW_ALL if is_shown else SHOW),
                        # Not by its place: a click that waits for a drawing is of what was clicked.
                        key=filter_key(each),
                        type="tertiary",
                        on_click=_choose,
                        args=(None if is_shown else name_of(each), here()),
                    )
                    _offer_more(each, number)


def filter_key(each: ErrorCluster) -> str:
    """Return the key of the button that filters the map by a failure."""
    return f"filter_{_in_key(each)}"


def _in_key(each: ErrorCluster) -> str:
    return f"{crc32(name_of(each).encode()):x}"


def _offer_more(each: ErrorCluster, place: int) -> None:
    """Offer what students read and the code with which one got past it; nothing moves by it."""
    if not each.fixed_code and not _in_full(each):
        return
    # Another failure that comes to this place does not open by itself.
    key = f"more_{place}_{_in_key(each)}"
    with st.popover(str(HOW_PAST if each.fixed_code else IN_FULL), type="tertiary", key=key):
        st.html(more_of(each))


def more_of(each: ErrorCluster) -> str:
    """Return a failure's messages as students read them, and where shared how one got past it."""
    messages, code = "\n".join(_in_full(each)), each.fixed_code
    return (
        f'<div class="cp-more-of" data-testid="more-of"><p>{what_failed(each)}</p>'
        f"<p>{how_others_got_past(each)}</p>"
        + (f"<p>{IN_FULL}</p><pre>{escape(messages)}</pre>" if messages else "")
        + (f"<p>{GOT_PAST_WITH}</p><pre>{escape(code)}</pre>" if code else "")
        + "</div>"
    )


def _in_full(each: ErrorCluster) -> list[str]:
    """Return the commonest messages that say more than the failure's pattern."""
    return [told.message for told in each.messages if told.message != each.pattern]


def failure(each: ErrorCluster, now: datetime) -> str:
    """Return how many have it, what it says, where, since when, and how others got past it."""
    places = where_it_is([place.exercise for place in each.exercises if place.exercise])
    since = f'<b class="cp-alarm">{NEW}</b>' if each.is_new else age(each.since, now)
    told = [escape(places), since, f"<span>{how_others_got_past(each)}</span>"]
    return (
        f'<div class="cp-failure" data-testid="failure"><b>{len(still_at(each))}</b>'
        f"<div><p>{what_failed(each)}</p>"
        f'<p class="cp-muted">{" · ".join(part for part in told if part)}</p></div></div>'
    )


def where_it_is(exercises: Sequence[str]) -> str:
    """Name the exercises of a failure, those with most students first; too many are counted."""
    places, more = ", ".join(exercises[:_PLACES_SHOWN]), len(exercises) - _PLACES_SHOWN
    return AND_MORE.format(places=places, n=more) if more > 0 else places


def how_others_got_past(each: ErrorCluster) -> str:
    """Say how many got past a failure, and what it took half of them at most."""
    if each.minutes_to_get_past is None or each.runs_to_get_past is None:
        return str(NOBODY_PAST)
    return PAST.format(
        ceil(each.runs_to_get_past),
        past=each.got_past,
        minutes=number(round(each.minutes_to_get_past)),
    )


def offer_all() -> None:
    """Offer to leave a failure that the address names and nobody has any more."""
    args = (None, here())
    st.button(str(SHOW_ALL), key="show_everyone", type="tertiary", on_click=_choose, args=args)


def _choose(name: str | None, drawn: tuple[str | None, ...]) -> None:
    if is_still_at(drawn):
        put(**{FAILURE: name})
