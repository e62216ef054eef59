"""Who changed what, at the end of the Admin page."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from analytics.admin.course_responses import AdminActionLine
from streamlit_app import session
from streamlit_app.admin.accounts import ROLES, what_it_sees
from streamlit_app.admin.frame import draw_table, when
from streamlit_app.admin.tokens import EVERY_COURSE, MAY
from streamlit_app.bar import projector
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import Column

CARD: Final = (
    Text("What was changed here"),
    Text("newest first; changes by the command line are not in it"),
)
HIDDEN: Final = Text("Names are hidden now, and this would show who did it and to whom.")
WITHOUT_NAME: Final = Text("a read token")
#: What the API says was done → how the page says it.
WHAT: Final = {
    "course made": Text("course made"),
    "course changed": Text("course changed"),
    "students enrolled": Text("students enrolled"),
    "course registered": Text("course registered"),
    "account made": Text("account made"),
    "account reset": Text("account reset"),
    "account removed": Text("account removed"),
    "token revoked": Text("token revoked"),
}
NAMES: Final = Text("{title}, {zone}")
NO_TITLE: Final = Text("no title")
BROWSERS_TIME: Final = Text("the browser's time")
KEPT: Final = Plural("{names}, students kept {n} day", "{names}, students kept {n} days")
KEPT_FOR_EVER: Final = Text("{names}, students kept for ever")
ENROLLED: Final = Text("{new} new, {changed} changed")
NOTEBOOKS: Final = Plural("{n} notebook", "{n} notebooks")
EXERCISES: Final = Plural("{n} exercise", "{n} exercises")
REGISTERED: Final = Text("{notebooks}, {exercises}, {new} new, {retired} retired")
ADMIN_MADE: Final = Text("{account}, {role}")
ACCOUNT_MADE: Final = Text("{account}, {role} of {courses}")
OF_ONE_STUDENT: Final = Text("of one student")
COLUMNS: Final = (
    Column(Text("When")),
    Column(Text("Who")),
    Column(Text("What")),
    Column(Text("Course")),
    Column(Text("In detail")),
)


def show() -> None:
    """Draw the newest changes."""
    with st.container(border=True, key="admin_log"):
        card_title(*CARD)
        if projector.hides(HIDDEN):
            return
        rows = map(_row, session.admin_api().actions().actions)
        draw_table("admin-log", CARD[0], COLUMNS, rows)


def in_detail(action: AdminActionLine) -> str:
    """Say what exactly was changed; as the API words it where its values are another version's."""
    try:
        return _SAID.get(action.what, _name)(action.values)
    except KeyError:
        return action.details


def _row(action: AdminActionLine) -> list[str]:
    return [
        when(action.made_at),
        action.who or str(WITHOUT_NAME),
        str(WHAT.get(action.what, action.what)),
        action.course_id or "",
        in_detail(action),
    ]


def _names(values: Mapping[str, Any]) -> str:
    title, zone = values["title"], values["time_zone"]
    return NAMES.format(title=title or NO_TITLE, zone=zone or BROWSERS_TIME)


def _settings(values: Mapping[str, Any]) -> str:
    days = values["retention_days"]
    if days is None:
        return KEPT_FOR_EVER.format(names=_names(values))
    return KEPT.format(days, names=_names(values))


def _enrolled(values: Mapping[str, Any]) -> str:
    return ENROLLED.format(new=values["new"], changed=values["changed"])


def _registered(values: Mapping[str, Any]) -> str:
    return REGISTERED.format(
        notebooks=NOTEBOOKS.format(values["notebooks"]),
        exercises=EXERCISES.format(values["exercises"]),
        new=values["new"],
        retired=values["retired"],
    )


def _name(values: Mapping[str, Any]) -> str:
    return str(values["account"])


def _account(values: Mapping[str, Any]) -> str:
    named = {"account": values["account"], "role": ROLES[values["role"]]}
    if not values["courses"]:
        return ADMIN_MADE.format(**named)
    courses = what_it_sees(values["courses"], values["sections"])
    return ACCOUNT_MADE.format(**named, courses=courses)


def _token(values: Mapping[str, Any]) -> str:
    further = ((values["every_course"], EVERY_COURSE), (values["of_one_student"], OF_ONE_STUDENT))
    told = [str(words) for holds, words in further if holds]
    return ", ".join([values["token"], str(MAY[values["scope"]]), *told])


#: What was done → what says it from its values; else it is of an account, and names it.
_SAID: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "course made": _names,
    "course changed": _settings,
    "students enrolled": _enrolled,
    "course registered": _registered,
    "account made": _account,
    "token revoked": _token,
}
