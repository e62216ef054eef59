"""What an instructor notes about a moment of class, in one step, and takes back."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import streamlit as st

from analytics.class_marks.responses import LONGEST_TEXT, ClassMark
from streamlit_app import session
from streamlit_app.language.formats import clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts.refusal import Changes

NOTE: Final = Text("Mark this moment")
NOTE_HINT: Final = Text("Mark this moment: explained recursion")
SET: Final = Text("Mark")
NO_TEXT: Final = Text("marked")
WAS_SET: Final = Text("Marked at {time}: {text}")
WAS_REMOVED: Final = Text("Removed: {text}")
UNDO: Final = Text("Undo")
REMOVE: Final = Text("Remove")
ALL: Final = Text("All marks")
BY: Final = Text("by {name}")

_CHANGES: Final = Changes("class_marks")
_TEXT: Final = "class_mark_text"
#: What was done last: the mark, and whether it was set or removed. While names are hidden it is
#: what was done since then: the mark that was set before may say one.
_LAST: Final = "class_mark_last"


def show(course_id: str, marks: Sequence[ClassMark]) -> None:
    """Draw the field for a new mark, what was done last with undo, and the list of all marks."""
    field = _text_key(course_id)
    with st.container(key="noted", horizontal=True, vertical_alignment="center"):
        with (
            st.form("note", border=False, width=420),
            st.container(horizontal=True, vertical_alignment="center"),
        ):
            st.text_input(
                str(NOTE),
                key=field,
                max_chars=LONGEST_TEXT,
                placeholder=str(NOTE_HINT),
                label_visibility="collapsed",
                width=320,
            )
            st.form_submit_button(str(SET), on_click=_CHANGES.tried, args=(_set, course_id, field))
        _last_done(course_id, marks)
        if marks:
            with st.popover(str(ALL), key="all_marks"):
                for each in reversed(marks):
                    _line(each, course_id)
    _CHANGES.say_refusal()


def in_words(mark: ClassMark) -> str:
    """Return when a mark is, what it says and whose it is, as HTML."""
    by = f' <span class="cp-muted">{escape(BY.format(name=mark.set_by))}</span>'
    return (
        f'<p class="cp-noted" data-testid="class-mark"><b>{_clock(mark.at)}</b> '
        f"<span>{escape(mark.text)}</span>{by if mark.set_by else ''}</p>"
    )


def _clock(moment: datetime) -> str:
    return clock(moment.astimezone(session.local_zone()))


def _line(mark: ClassMark, course_id: str) -> None:
    with st.container(
        key=f"noted_{mark.mark_id}",
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
    ):
        st.html(in_words(mark))
        st.button(
            str(REMOVE),
            key=f"remove_{mark.mark_id}",
            type="tertiary",
            on_click=_CHANGES.tried,
            args=(_remove, course_id, mark),
        )


def _last_done(course_id: str, marks: Sequence[ClassMark]) -> None:
    """Say what was set or removed last, here, and offer to undo it."""
    last: tuple[ClassMark, bool] | None = st.session_state.get(_last_key(course_id))
    if last is None:
        return
    mark, is_set = last
    if is_set:
        there = next((each for each in marks if each.mark_id == mark.mark_id), None)
        if there is None:
            return  # undone by somebody else
        told = WAS_SET.format(time=_clock(mark.at), text=there.text)
    else:  # what is set again is another mark, of the same moment
        if (mark.at, mark.text) in {(each.at, each.text) for each in marks}:
            return
        told = WAS_REMOVED.format(text=mark.text)
    st.html(f'<p class="cp-noted cp-muted" role="status">{escape(told)}</p>', width="content")
    if not is_set and session.is_projected():
        return  # set again it would say an alias for good
    undo = _remove if is_set else _set_again
    st.button(
        str(UNDO),
        key="note_undo",
        type="tertiary",
        on_click=_CHANGES.tried,
        args=(undo, course_id, mark),
    )


def _set(course_id: str, field: str) -> None:
    text = st.session_state[field].strip() or str(NO_TEXT)
    _remember(course_id, session.api().set_class_mark(course_id, text).mark, is_set=True)
    st.session_state[field] = ""  # only now: what is refused is there to try again


def _set_again(course_id: str, mark: ClassMark) -> None:
    again = session.api().set_class_mark(course_id, mark.text, at=mark.at).mark
    _remember(course_id, again, is_set=True)


def _remove(course_id: str, mark: ClassMark) -> None:
    session.api().remove_class_mark(course_id, mark.mark_id)
    _remember(course_id, mark, is_set=False)


def _remember(course_id: str, mark: ClassMark, *, is_set: bool) -> None:
    session.ask_anew()
    st.session_state[_last_key(course_id)] = (mark, is_set)


def _text_key(course_id: str) -> str:
    """Return what the field is called: what is typed in it may be a name, and is of this course."""
    return f"{_TEXT}/{course_id}/{session.is_projected()}"


def _last_key(course_id: str) -> str:
    return f"{_LAST}/{course_id}/{session.is_projected()}"
