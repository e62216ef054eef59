"""Course registration on the Admin page: notebooks are looked at, and then registered."""

import io
import zipfile
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

import streamlit as st

from analytics.admin.course_responses import AdminCourse
from analytics.admin.registration_responses import RegistrationPreview, SentExercise
from streamlit_app import session
from streamlit_app.admin.frame import attempt, digest, draw_table, note
from streamlit_app.api.admin_client import ChangeRefusedError
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import Number, card_title, strip
from streamlit_app.page_parts.tables import Column

CARD: Final = Text("Register the notebooks of {course}")
FORMAT: Final = Text(
    "All notebooks of the course, as you hand them out: several .ipynb files, or one zip file with "
    "their folders. Give all of them each time: an exercise that is not found any more is retired, "
    "and keeps its history."
)
FILES: Final = Text("Notebooks, or one zip file")
MIXED: Final = Text("Give either notebooks or one zip file.")
TWICE: Final = Text(
    "Two notebooks are called {name}: put them into one zip file, with their folders."
)
PACKING: Final = Plural("Packing {n} notebook…", "Packing {n} notebooks…")
READING: Final = Text("Reading the notebooks…")
REGISTERING: Final = Plural("Registering {n} exercise…", "Registering {n} exercises…")
REGISTER: Final = Plural("Register {n} exercise", "Register {n} exercises")
REGISTERED: Final = Plural(
    "{n} exercise of {course} is registered, {new} new.",
    "{n} exercises of {course} are registered, {new} of them new.",
)
EXERCISES: Final = (Text("Exercises"), Text("in the order of the course"))
RETIRED: Final = (Text("Retired"), Text("not in these notebooks; their history stays"))
UNMATCHED: Final = (
    Text("Unmatched"),
    Text("students ran these, and no notebook has them, now or before"),
)
IN_ALL: Final = (Text("exercises"), Text("Exercises in these notebooks"))
NEW: Final = (Text("new"), Text("Exercises that no earlier registration had"))
GONE: Final = (Text("retired"), Text("Exercises that these notebooks do not have any more"))
CHECKS: Final = (Text("checks"), Text("Checks of all exercises"))
OLD_FORMAT: Final = Text(
    "No cell ids in {notebooks} (older than format 4.5): their exercises are found by marks and by "
    "unedited code only."
)
IS_NEW: Final = Text("new")
NAMED: Final = Text("{exercise} (now called {name})")
COLUMNS: Final = (
    Column(Text("Exercise")),
    Column(Text("Title"), on_phone=False),
    Column(Text("Notebook")),
    Column(Text("Points"), is_number=True),
    Column(Text("Checks")),
    Column(Text("New")),
)
GONE_COLUMNS: Final = (Column(Text("Exercise")), Column(Text("Notebook")))
UNMATCHED_COLUMNS: Final = (Column(Text("Exercise")),)
_ROUND: Final = "admin_notebooks_round"
_MOST_NAMED: Final = 3
#: How far along each step of looking at notebooks is.
_PACKED, _READ = 0.3, 1.0


class SentFile(Protocol):
    """A file that was chosen in the browser."""

    name: str

    def getvalue(self) -> bytes:
        """Return its content."""


def show(course: AdminCourse) -> None:
    """Draw the upload, what registering it would change, and the button."""
    turn = st.session_state.setdefault(_ROUND, 0)  # another key empties the upload
    with st.container(border=True, key="admin_registration"):
        card_title(CARD.format(course=course.course_id))
        note(FORMAT)
        sent = st.file_uploader(
            str(FILES),
            type=["ipynb", "zip"],
            accept_multiple_files=True,
            key=f"notebooks/{course.course_id}/{turn}",  # those of one course are no other's
        )
        if not sent:
            return
        refusal = refused(sent)
        if refusal is not None:
            notices.sentence(refusal)
            return
        bar = st.progress(0.0, PACKING.format(len(sent)))
        try:
            notebooks = packed(sent)
            bar.progress(_PACKED, str(READING))
            found = session.admin_api().preview_notebooks(course.course_id, notebooks)
        except (ChangeRefusedError, NumbersUnavailableError) as error:
            bar.empty()
            notices.sentence(str(error))
            return
        bar.progress(_READ, str(READING))
        bar.empty()
        _preview(found)
        count = len(found.exercises)
        key = f"register/{course.course_id}/{digest(found)}"
        if st.button(REGISTER.format(count), type="primary", key=key):
            with st.spinner(REGISTERING.format(count)):
                made = attempt(partial(_register, course.course_id, notebooks))
            st.session_state[_ROUND] += made
            st.rerun()


def refused(sent: Sequence[SentFile]) -> str | None:
    """Say why files can't be sent together; None where they can."""
    names = [each.name for each in sent]
    if len(names) > 1 and any(map(_is_zip, names)):
        return str(MIXED)
    twice = next((name for name in names if names.count(name) > 1), None)
    return None if twice is None else TWICE.format(name=twice)


def packed(sent: Sequence[SentFile]) -> bytes:
    """Return notebooks as one zip file; one that is a zip file already is returned as it is."""
    if _is_zip(sent[0].name):
        return sent[0].getvalue()
    with io.BytesIO() as whole:
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in sent:
                archive.writestr(each.name, each.getvalue())
        return whole.getvalue()


def _is_zip(name: str) -> bool:
    return name.casefold().endswith(".zip")  # the upload takes capitals, too


def _preview(found: RegistrationPreview) -> None:
    strip(
        [
            Number(str(len(found.exercises)), *IN_ALL),
            Number(str(found.new), *NEW),
            Number(str(len(found.retired)), *GONE, is_alarm=bool(found.retired)),
            Number(str(found.checks), *CHECKS),
        ]
    )
    if found.without_ids:
        named = ", ".join(found.without_ids[:_MOST_NAMED])
        more = "…" if len(found.without_ids) > _MOST_NAMED else ""
        note(OLD_FORMAT.format(notebooks=named + more))
    if found.retired:
        card_title(*RETIRED)
        gone = [(each.exercise, each.notebook) for each in found.retired]
        draw_table("retired-exercises", RETIRED[0], GONE_COLUMNS, gone)
    if found.unmatched:
        card_title(*UNMATCHED)
        rows = [(name,) for name in found.unmatched]
        draw_table("unmatched-exercises", UNMATCHED[0], UNMATCHED_COLUMNS, rows)
    card_title(*EXERCISES)
    draw_table("sent-exercises", EXERCISES[0], COLUMNS, map(_row, found.exercises))


def _row(each: SentExercise) -> list[str]:
    name = each.exercise
    if each.named_now is not None:
        name = NAMED.format(exercise=name, name=each.named_now)
    return [
        name,
        each.title,
        each.notebook,
        "" if each.points is None else f"{each.points:g}",
        ", ".join(each.checks),
        str(IS_NEW) if each.is_new else "",
    ]


def _register(course_id: str, notebooks: bytes) -> str:
    made = session.admin_api().register(course_id, notebooks)
    return REGISTERED.format(len(made.exercises), course=course_id, new=made.new)
