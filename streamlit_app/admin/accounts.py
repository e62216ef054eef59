"""Accounts on the Admin page: who signs in, a new one with its link, a new link, and an end."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import streamlit as st
from pydantic import ValidationError

from analytics.admin.account_responses import AccountLink, Accounts, KnownAccount, NewAccount
from analytics.admin.course_responses import AdminCourse
from streamlit_app import session
from streamlit_app.admin.frame import CHOOSE, attempt, draw_table, note, tell
from streamlit_app.bar import projector
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import Column

LIST: Final = (Text("Accounts"), Text("who signs in with a name and a password"))
NEW: Final = (Text("New account"), Text("its owner chooses a password by the link"))
ONE: Final = (Text("Change an account"), Text("what you do here signs its owner out everywhere"))
HIDDEN: Final = Text("Names are hidden now, and here are only names.")
NAME: Final = Text("Name")
ROLE: Final = Text("Role")
COURSES: Final = Text("Courses")
COURSE: Final = Text("Course")
SECTIONS: Final = Text("Sections")
SECTIONS_MEAN: Final = Text(
    "Whose students the assistant may see. A section that the roster does not have yet can be "
    "typed in."
)
#: Role → what its owner may do.
MAY: Final = {
    "admin": Text("Sees every course, and this page."),
    "instructor": Text("Sees everything about the courses chosen here."),
    "assistant": Text("Sees only the students of the sections chosen here, of one course."),
}
MAKE: Final = Text("Make the account")
ACCOUNT: Final = Text("Account")
RESET: Final = Text("New link")
REMOVE: Final = Text("Remove…")
REALLY: Final = Text("{account} can't sign in any more, and the account is gone.")
YES: Final = Text("Remove {account}")
MADE: Final = Text("The account {account} was made. Send its owner the link below.")
WAS_RESET: Final = Text("{account} has no password any more. Send its owner the link below.")
REMOVED: Final = Text("The account {account} was removed.")
LINK: Final = Text("The link of {account}, shown this once. It works once, within 7 days.")
BAD_NAME: Final = Text("Write a name of 1 to 200 characters, and choose a role. Nothing was made.")
OF_SECTIONS: Final = Text("{courses} (section {sections})")
EVERY_COURSE: Final = Text("every course")
#: Whether its owner has followed the link.
CHOSEN: Final = {True: Text("yes"), False: Text("not yet")}
ROLES: Final = {
    "admin": Text("admin"),
    "instructor": Text("instructor"),
    "assistant": Text("assistant"),
}
COLUMNS: Final = (
    Column(Text("Account")),
    Column(Text("Role")),
    Column(Text("Courses")),
    Column(Text("Password chosen")),
)
_LINK: Final = "admin_new_link"
_ROUND: Final = "admin_account_round"


def show(courses: list[AdminCourse]) -> None:
    """Draw the link that was made just now, the list, and what can be changed."""
    _link_once()
    with st.container(border=True, key="admin_accounts"):
        card_title(*LIST)
        if projector.hides(HIDDEN):
            return
        found = session.admin_api().accounts()
        draw_table("admin-accounts", LIST[0], COLUMNS, map(_row, found.accounts))
    left, right = st.columns(2, gap="small")
    with left.container(border=True, key="admin_new_account"):
        _new(found, courses)
    with right.container(border=True, key="admin_one_account"):
        _one(found)


def _link_once() -> None:
    """Show a link in the run after the one that made it, and never again."""
    link: AccountLink | None = st.session_state.pop(_LINK, None)
    if link is None or session.is_projected():
        return
    parts = urlsplit(st.context.url or "")
    with st.container(border=True, key="admin_link"):
        card_title(LINK.format(account=link.account))
        st.code(f"{parts.scheme}://{parts.netloc}{link.path}", language=None, wrap_lines=True)


def what_it_sees(courses: Sequence[str], sections: Sequence[str]) -> str:
    """Say which courses, and which of their sections, an account is for."""
    named = ", ".join(courses) or str(EVERY_COURSE)
    return OF_SECTIONS.format(courses=named, sections=", ".join(sections)) if sections else named


def _row(each: KnownAccount) -> list[str]:
    return [
        each.account,
        str(ROLES.get(each.role, each.role)),
        what_it_sees(each.courses, each.sections),
        str(CHOSEN[each.has_password]),
    ]


def _new(found: Accounts, courses: list[AdminCourse]) -> None:
    card_title(*NEW)
    turn = st.session_state.setdefault(_ROUND, 0)  # another key empties the fields
    account = st.text_input(str(NAME), key=f"account_name/{turn}")
    role = st.selectbox(
        str(ROLE),
        found.roles,
        index=None,
        format_func=lambda each: str(ROLES.get(each, each)),
        placeholder=str(CHOOSE),
        key=f"account_role/{turn}",
    )
    if role in MAY:
        note(MAY[role])
    of = _courses_of(role, courses, turn)
    if st.button(str(MAKE), key="admin_make_account"):
        try:
            asked = NewAccount.model_validate({"account": account.strip(), "role": role, **of})
        except ValidationError:
            tell(str(BAD_NAME))
        else:
            st.session_state[_ROUND] += attempt(partial(_make, asked))
        st.rerun()


def _courses_of(role: str | None, courses: list[AdminCourse], turn: int) -> dict[str, list[str]]:
    """Ask for what a role takes: an instructor courses, an assistant sections of one course."""
    ids = [course.course_id for course in courses]
    if role == "instructor":
        key = f"account_courses/{turn}"
        return {"courses": st.multiselect(str(COURSES), ids, key=key, placeholder=str(CHOOSE))}
    if role != "assistant":
        return {}
    chosen = st.selectbox(
        str(COURSE), ids, index=None, key=f"account_course/{turn}", placeholder=str(CHOOSE)
    )
    names = next((each.section_names for each in courses if each.course_id == chosen), [])
    sections = st.multiselect(
        str(SECTIONS),
        names,
        help=str(SECTIONS_MEAN),
        accept_new_options=True,
        placeholder=str(CHOOSE),
        key=f"account_sections/{turn}/{chosen}",
    )
    return {"courses": [] if chosen is None else [chosen], "sections": sections}


def _one(found: Accounts) -> None:
    card_title(*ONE)
    names = [each.account for each in found.accounts]
    account = st.selectbox(
        str(ACCOUNT), names, index=None, key="admin_account", placeholder=str(CHOOSE)
    )
    if account is None:
        return
    # Each account has buttons of its own: a click that waits is done to no other one.
    with st.container(horizontal=True):
        if st.button(str(RESET), key=f"admin_reset/{account}"):
            attempt(partial(_reset, account))
            st.rerun()
        with st.popover(str(REMOVE)):
            note(REALLY.format(account=account))
            if st.button(YES.format(account=account), key=f"admin_remove/{account}"):
                attempt(partial(_remove, account))
                st.rerun()


def _make(asked: NewAccount) -> str:
    st.session_state[_LINK] = session.admin_api().add_account(asked)
    return MADE.format(account=asked.account)


def _reset(account: str) -> str:
    st.session_state[_LINK] = session.admin_api().reset_account(account)
    return WAS_RESET.format(account=account)


def _remove(account: str) -> str:
    session.admin_api().remove_account(account)
    return REMOVED.format(account=account)
