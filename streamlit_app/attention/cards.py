"""Who needs a person: the cards at the right of the Live page, and what is done there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

import streamlit as st

from analytics.attention.responses import Attention, Listed, Mark
from streamlit_app import session
from streamlit_app.addresses import address
from streamlit_app.api.client import ApiClient
from streamlit_app.attention import acts, thresholds
from streamlit_app.attention.reasons import reason_sentence
from streamlit_app.language.formats import clock
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.wording import age, where

PEOPLE: Final = (Text("Who needs a person"), Text("most urgent first"))
NOBODY: Final = Text("Nobody, as far as can be seen from here.")
MORE: Final = Text("and {n} more, tinted in the map")
GOING: Final = Text("I am going")
GOING_HELP: Final = Text("Tells the other instructors that somebody is on the way")
ON_THE_WAY: Final = Text("somebody is on the way, {age}")
ON_THE_WAY_BY: Final = Text("{name} is on the way, {age}")
HELPED: Final = Text("Helped")
HELPED_HELP: Final = Text("Off this list; a hand that is raised from now on shows all the same")
NOT_GOING: Final = Text("Not going")
SNOOZE: Final = Text("Snooze")
SNOOZE_HELP: Final = Text(
    "Off this list for 10 minutes, for everybody; a raised hand shows all the same"
)
OPEN: Final = Text("Open")
OPEN_LABEL: Final = Text("Open {student}")
UNDO: Final = Text("Undo")
SNOOZED: Final = Text("snoozed until {time}")
SNOOZED_BY: Final = Text("snoozed until {time} by {name}")
WAS_HELPED: Final = Text("helped {age} ago")
OTHERS: Final = Plural("+{n} reason", "+{n} reasons")
HAND_UP: Final = Text("hand up")
WAITING: Final = Text("waiting {age}")
PLACE: Final = Text("place {n}")
SEAT: Final = Text("seat {seat}")
SURE: Final = {"high": Text("sure"), "medium": Text("likely"), "low": Text("maybe")}

#: More than a few cannot be walked to.
PEOPLE_SHOWN: Final = 5


@dataclass(frozen=True)
class People:
    """How students are called, and where they sit, by id; a seat only where one is known."""

    names: Mapping[str, str]
    seats: Mapping[str, str]

    def name(self, student_id: str) -> str:
        """Return how a student is called, who may have come after the names were read."""
        return self.names.get(student_id, student_id)


def show(course_id: str, attention: Attention, people: People, *, is_past: bool = False) -> None:
    """Draw a card a person, at most five, and below them who was just taken off the list.

    Args:
        course_id: The course.
        attention: Who needs a person, or needed one then.
        people: Who the students are.
        is_past: Whether it is the list of a past moment: then nothing acts.
    """
    # For every click: whom an alias means may be unknown where one has gone on to by its turn.
    api = session.api()
    with st.container(border=True, key="attention"):
        card_title(*PEOPLE)
        if not is_past:
            thresholds.CHANGES.say_refusal()
        listed = attention.students
        if not listed:
            st.html(f'<p class="cp-muted" data-testid="nobody">{NOBODY}</p>')
        with st.container(key="people", gap=None):
            for each in listed[:PEOPLE_SHOWN]:
                with st.container(key=f"person_{each.student_id}", gap=None):
                    _card(each, api, course_id, attention.now, people, is_past=is_past)
        for each in attention.helped:
            undo = None if is_past else acts.taking_back(each, api, course_id, attention.now)
            why = was_helped(each, attention.now)
            _off_the_list(each, people.name(each.student_id), why, undo, api, course_id)
        for each in attention.snoozed:
            undo = None if is_past else acts.end_snooze
            _off_the_list(each, people.name(each.student_id), snoozed(each), undo, api, course_id)
        with st.container(key="attention_foot", horizontal=True, vertical_alignment="center"):
            if len(listed) > PEOPLE_SHOWN:
                st.html(f'<p class="cp-muted">{MORE.format(n=len(listed) - PEOPLE_SHOWN)}</p>')
            if not is_past and not session.own_sections(course_id):  # for the whole course
                thresholds.show(course_id, attention.thresholds)


def person(each: Listed, now: datetime, people: People) -> str:
    """Return who it is and where, since when, what is asked, and the weightiest reason in words."""
    reason = reasons_in_words(each)[0]
    place = escape(where(each.exercise, each.notebook))
    chip = f' <span class="cp-chip">{place}</span>' if place else ""
    name, seat = people.name(each.student_id), people.seats.get(each.student_id)
    hint = "" if name == each.student_id else f' title="{escape(each.student_id)}"'
    if seat is not None:
        chip += f' <span class="cp-chip">{escape(SEAT.format(seat=seat))}</span>'
    hand = f' <span class="cp-hand">{HAND_UP}</span>' if has_hand_up(each) else ""
    mark = f"<p><span>{escape(on_the_way(each.mark, now))}</span></p>" if each.mark else ""
    return (
        f'<div class="cp-person" data-testid="person" data-confidence="{each.confidence}">'
        f"<p><b{hint}>{escape(name)}</b>{chip}{hand}"
        f'<span class="cp-since">{escape(since(each, now))}</span></p>'
        f"{question(each)}<p><span>{escape(reason)}</span></p>{mark}</div>"
    )


def question(each: Listed) -> str:
    """Return what a student asks, as a quotation; whatever does not fit opens by a click.

    Without a question it is ''.
    """
    if each.help_message is None or not each.help_message.strip():
        return ""
    asked = escape(each.help_message.strip())
    return (
        f'<details class="cp-question" data-testid="question"><summary title="{asked}">'
        f"<q>{asked}</q></summary></details>"
    )


def reasons_in_words(each: Listed) -> list[str]:
    """Return each reason as a sentence of its own, the weightiest first.

    That a hand is up stands beside the name, so it is told only where there is nothing else.
    """
    others = [reason for reason in each.reasons if reason.code != "hand_up"]
    return [reason_sentence(reason) for reason in others or each.reasons]


def since(each: Listed, now: datetime) -> str:
    """Say how long a hand has been up, else how long there has been a reason."""
    for reason in each.reasons:
        if reason.code == "hand_up":
            waiting = WAITING.format(age=age(reason.since, now))
            place = each.help_place
            return waiting if place is None else f"{waiting} · {PLACE.format(n=place)}"
    return age(each.since, now)


def has_hand_up(each: Listed) -> bool:
    """Tell whether a student waits with a raised hand."""
    return any(reason.code == "hand_up" for reason in each.reasons)


def on_the_way(mark: Mark, now: datetime) -> str:
    """Say who goes to a student, and since when."""
    text = ON_THE_WAY_BY if mark.by else ON_THE_WAY
    words = text.format(name=mark.by, age=age(mark.at, now))
    return words[:1].upper() + words[1:]


def snoozed(each: Listed) -> str:
    """Say until when somebody is snoozed, and by whom."""
    if each.snooze is None:
        return ""
    text = SNOOZED_BY if each.snooze.by else SNOOZED
    time = clock(each.snooze.until.astimezone(session.local_zone()))
    return text.format(time=time, name=each.snooze.by)


def was_helped(each: Listed, now: datetime) -> str:
    """Say how long ago somebody was helped."""
    return WAS_HELPED.format(age=age(each.mark.at, now)) if each.mark else ""


def _card(
    each: Listed, api: ApiClient, course_id: str, now: datetime, people: People, *, is_past: bool
) -> None:
    st.html(person(each, now, people))
    with st.container(key=f"marks_{each.student_id}", horizontal=True, vertical_alignment="center"):
        if not is_past:
            _buttons(each, api, course_id, now)
        _other_reasons(each, people.name(each.student_id))
        st.html(link_and_confidence(each, people.name(each.student_id), course_id))


def _buttons(each: Listed, api: ApiClient, course_id: str, now: datetime) -> None:
    name = each.student_id
    back = acts.taking_back(each, api, course_id, now)
    if back is None:
        _button(GOING, "going", name, acts.go, api, course_id, tip=GOING_HELP)
        _button(SNOOZE, "snooze", name, acts.snooze, api, course_id, tip=SNOOZE_HELP)
    else:
        _button(HELPED, "helped", name, acts.helped, api, course_id, tip=HELPED_HELP)
        _button(NOT_GOING, "back", name, back, api, course_id)


def _other_reasons(each: Listed, name: str) -> None:
    """Offer every reason where there are several, over what is below: nothing moves by it."""
    reasons = reasons_in_words(each)
    if len(reasons) == 1:
        return
    label, key = OTHERS.format(len(reasons) - 1), f"reasons_{each.student_id}"
    with st.popover(label, type="tertiary", key=key):
        items = "".join(f"<li>{escape(text)}</li>" for text in reasons)
        st.html(
            f'<div class="cp-reasons" data-testid="reasons"><b>{escape(name)}</b>'
            f"<ul>{items}</ul></div>"
        )


def link_and_confidence(each: Listed, name: str, course_id: str) -> str:
    """Return the link to the student's page, and how sure the listing is."""
    link = address("student", course=course_id, student=each.student_id)
    label = escape(OPEN_LABEL.format(student=name))
    return (
        f'<p class="cp-open"><a href="{link}" aria-label="{label}">{OPEN}</a>'
        f'<span class="cp-muted">{SURE[each.confidence]}</span></p>'
    )


def _off_the_list(
    each: Listed, name: str, why: str, undo: acts.Act | None, api: ApiClient, course_id: str
) -> None:
    student_id = each.student_id
    link = address("student", course=course_id, student=student_id)
    with st.container(
        key=f"off_{student_id}",
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
    ):
        st.html(
            f'<p class="cp-off" data-testid="off"><a href="{link}">{escape(name)}</a> '
            f'<span class="cp-muted">{escape(why)}</span></p>'
        )
        if undo is not None:
            _button(UNDO, "undo", student_id, undo, api, course_id)


def _button(
    label: Text,
    kind: str,
    student_id: str,
    act: acts.Act,
    api: ApiClient,
    course_id: str,
    *,
    tip: Text | None = None,
) -> None:
    key = f"{kind}_{student_id}"
    help_text = None if tip is None else str(tip)
    args = (act, api, course_id, student_id)
    st.button(str(label), key=key, help=help_text, on_click=acts.tried, args=args)
