"""What a student decides about the own data: what is recorded, a copy of it, and its deletion."""

from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.my_progress.responses import OwnPreferences
from streamlit_app import session
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.formats import day_and_clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.refusal import Changes

TITLE: Final = (Text("My data"), Text("you decide"))
RECORD: Final = Text("Record what I run")
RECORD_HELP: Final = Text(
    "Off: nothing of what you run is kept, in all your notebooks of this course, until you switch "
    "it on again. The server keeps to it at once; your notebook hears of it with the next cell."
)
CODE: Final = Text("Send my code and its output")
CODE_HELP: Final = Text(
    "Off: neither is ever kept. On: they are sent where your notebook is set up to do so, which it "
    "is not unless you or your course did it."
)
DOWNLOAD: Final = Text("Download everything about me")
DOWNLOAD_HELP: Final = Text("A zip file with every event, what is known of you, and what was noted")
FILE_NAME: Final = "cellpulse-my-data.zip"
DELETE: Final = Text("Ask for everything to be deleted")
DELETE_TITLE: Final = Text("Delete everything about me?")
DELETE_TEXT: Final = Text(
    "Everything that Cellpulse holds about you in this course will be deleted, and nobody can "
    "bring it back: your runs, your points and your place in the course. Points that you need for "
    "a grade may be lost. An administrator does it by hand; until then you can withdraw it here."
)
DELETE_YES: Final = Text("Yes, delete everything")
DELETE_NO: Final = Text("No, keep it")
ASKED: Final = Text("You asked on {time} for everything to be deleted. It is not done yet.")
WITHDRAW: Final = Text("Don't delete, I changed my mind")

_CHANGES: Final = Changes("my_data")


def show(course_id: str, student_id: str) -> None:
    """Draw the card."""
    with st.container(border=True, key="my_data"):
        card_title(*TITLE)
        _CHANGES.say_refusal()
        try:
            preferences = session.api().preferences(course_id, student_id)
            deletion = session.api().deletion(course_id, student_id)
        except NumbersUnavailableError as error:
            notices.sentence(str(error))
            return
        _switches(course_id, student_id, preferences)
        st.download_button(
            str(DOWNLOAD),
            partial(session.api().own_data, course_id, student_id),
            file_name=FILE_NAME,
            mime="application/zip",
            on_click="ignore",
            help=str(DOWNLOAD_HELP),
        )
        if deletion.requested_at is None:
            if st.button(str(DELETE), key="ask_deletion"):
                st.dialog(str(DELETE_TITLE))(_confirm)(course_id, student_id)
            return
        when = deletion.requested_at.astimezone(session.local_zone())
        text = ASKED.format(time=day_and_clock(when))
        st.html(f'<p class="cp-alarm" data-testid="deletion-asked">{escape(text)}</p>')
        st.button(
            str(WITHDRAW),
            key="withdraw",
            on_click=_CHANGES.tried,
            args=(session.api().withdraw_deletion, course_id, student_id),
        )


def _switches(course_id: str, student_id: str, preferences: OwnPreferences) -> None:
    for name, label, help_text in (
        ("recording", RECORD, RECORD_HELP),
        ("code", CODE, CODE_HELP),
    ):
        key = f"allow_{name}"
        st.session_state[key] = getattr(preferences, name)  # what holds, not what was clicked
        st.toggle(
            str(label),
            key=key,
            help=str(help_text),
            on_change=_set,
            args=(course_id, student_id, name),
        )


def _set(course_id: str, student_id: str, name: str) -> None:
    _CHANGES.tried(_allow, course_id, student_id, {name: st.session_state[f"allow_{name}"]})


def _allow(course_id: str, student_id: str, changed: Mapping[str, bool]) -> None:
    """Change one; the other stays as it is by now, for another tab may have changed it."""
    api = session.api()
    wanted = api.preferences(course_id, student_id).model_copy(update=changed)
    api.set_preferences(course_id, student_id, wanted)


def _confirm(course_id: str, student_id: str) -> None:
    st.html(f"<p>{escape(str(DELETE_TEXT))}</p>")
    if st.button(
        str(DELETE_YES),
        key="delete_yes",
        type="primary",
        on_click=_CHANGES.tried,
        args=(session.api().request_deletion, course_id, student_id),
    ):
        st.rerun()
    if st.button(str(DELETE_NO), key="delete_no"):
        st.rerun()
