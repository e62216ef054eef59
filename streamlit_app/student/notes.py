"""What instructors noted about a student: read, written, removed and brought back on one card."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.student.responses import LONGEST_NOTE, Note
from streamlit_app import session
from streamlit_app.api.errors import AwayError, ConflictError, NotKnownError
from streamlit_app.language.formats import date_and_clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.refusal import Changes

NOTES: Final = (
    Text("Notes"),
    Text("for the instructors of this course; the student never sees them"),
)
NONE_YET: Final = Text("No note yet.")
PROMPT: Final = Text("A new note")
PLACEHOLDER: Final = Text("What the next instructor should know")
KEEP: Final = Text("Keep")
REMOVE: Final = Text("Remove")
REMOVED: Final = Text("Removed: {text}")
UNDO: Final = Text("Undo")
NOT_PROJECTED: Final = Text("Notes are not shown while names are hidden.")

_PLACE: Final = "notes"
_NEW: Final = Changes(
    _PLACE,
    {
        ConflictError: Text(
            "There are as many notes about this student as can be kept. "
            "Remove one, then keep yours: it is still below."
        ),
        AwayError: Text(
            "The note was not kept, as a part of Cellpulse does not answer. "
            "It is still below: keep it again in a moment."
        ),
    },
)
_KEPT: Final = Changes(
    _PLACE,
    {
        NotKnownError: Text(
            "This note is not there any more: somebody else may have removed it, or it was "
            "removed too long ago to come back."
        )
    },
)
_SHOWN_OF_REMOVED: Final = 60


def show(course_id: str, student_id: str) -> None:
    """Draw the card; while the page is projected it only says why there is none."""
    with st.container(border=True, key="notes"):
        card_title(*NOTES)
        if session.is_projected():
            st.html(f'<p class="cp-muted">{NOT_PROJECTED}</p>')
            return
        ask = partial(session.api().notes, course_id, student_id)
        found = notices.numbers_of_card(f"{course_id}/notes/{student_id}", ask)
        if found is None:
            return
        _NEW.say_refusal()
        if not found.notes:
            st.html(f'<p class="cp-muted">{NONE_YET}</p>')
        for note in found.notes:
            _line(note, written(note), REMOVE, _remove, course_id, student_id)
        for note in found.removed:
            _line(note, taken_off(note), UNDO, _restore, course_id, student_id)
        _form(course_id, student_id)


def written(note: Note) -> str:
    """Return a note with who and when, as HTML; what was written is only text."""
    when = note.at.astimezone(session.local_zone())
    who = f" · {escape(note.by)}" if note.by else ""
    return (
        f'<div class="cp-note" data-testid="note"><p>{escape(note.text)}</p>'
        f'<p class="cp-muted"><time datetime="{when.isoformat()}">{date_and_clock(when)}</time>'
        f"{who}</p></div>"
    )


def taken_off(note: Note) -> str:
    """Return what is left of a note that was removed."""
    line = note.text.split("\n")[0]
    short = line if len(line) <= _SHOWN_OF_REMOVED else f"{line[:_SHOWN_OF_REMOVED]}…"
    return (
        f'<p class="cp-muted" data-testid="removed-note">{escape(REMOVED.format(text=short))}</p>'
    )


def _line(
    note: Note,
    html: str,
    label: Text,
    act: Callable[[str, str, str], None],
    course_id: str,
    student_id: str,
) -> None:
    with st.container(key=f"note_{note.note_id}", horizontal=True, vertical_alignment="top"):
        st.html(html)
        st.button(
            str(label),
            key=f"{label.english}_{note.note_id}",
            type="tertiary",
            on_click=_KEPT.tried,
            args=(act, course_id, student_id, note.note_id),
        )


def _form(course_id: str, student_id: str) -> None:
    with st.form("note_form", border=False):
        st.text_area(
            str(PROMPT),
            key=_key(student_id),
            placeholder=str(PLACEHOLDER),
            max_chars=LONGEST_NOTE,
            height=80,
            label_visibility="collapsed",
        )
        st.form_submit_button(str(KEEP), on_click=_NEW.tried, args=(_keep, course_id, student_id))


def _keep(course_id: str, student_id: str) -> None:
    text = st.session_state[_key(student_id)].strip()
    if text:
        session.api().add_note(course_id, student_id, text)
    st.session_state[_key(student_id)] = ""  # only now: what is refused is there to try again


def _key(student_id: str) -> str:
    """Return what the field of a new note is called: what is typed is about this student alone."""
    return f"new_note/{student_id}"


def _remove(course_id: str, student_id: str, note_id: str) -> None:
    session.api().remove_note(course_id, student_id, note_id)


def _restore(course_id: str, student_id: str, note_id: str) -> None:
    session.api().restore_note(course_id, student_id, note_id)
