"""What one sees before the first run of the first class: how to begin, and how to look first."""

import shlex
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

import streamlit as st

from analytics.sign_in.responses import Viewer
from ingest_api.settings import RUN_FILE, data_dir
from streamlit_app.addresses import address
from streamlit_app.first_visit.copy_command import command
from streamlit_app.language.text import Text
from streamlit_app.page_parts.notices import keep_trying
from streamlit_app.page_parts.wording import file_name

TITLE: Final = Text("No class yet")
_COME_BACK: Final = (Text("Come back here"), Text("Your class appears on this page by itself."))
#: Where `cellpulse up` runs on the same machine, JupyterLab and the sample course are there.
STEPS_HERE: Final = (
    (
        Text("Open JupyterLab"),
        Text(
            "Its address is beside “notebooks” in the table that Cellpulse showed when it started."
        ),
    ),
    (Text("Run a cell"), Text("Open course/01-values.ipynb and run any cell in it.")),
    _COME_BACK,
)
STEPS_ELSEWHERE: Final = (
    (
        Text("Set the hook up"),
        Text(
            "The students' JupyterLab needs cellpulse-hook and four settings: notebooks/cell_hook/"
            "README.md has them."
        ),
    ),
    (Text("Run a cell"), Text("Open a notebook of your course and run any cell in it.")),
    _COME_BACK,
)
STEPS_OF_INSTRUCTOR: Final = (
    (
        Text("Ask for your course"),
        Text("Whoever runs Cellpulse gives you the right to see it, and sets it up."),
    ),
    (Text("Let somebody run a cell"), Text("A student, or you, in a notebook of the course.")),
    _COME_BACK,
)
STEPS_OF_COURSE: Final = (
    (
        Text("Open a notebook of the course"),
        Text("In the JupyterLab that the students use, or let one of them do it."),
    ),
    (Text("Run a cell"), Text("Any cell of it will do.")),
    _COME_BACK,
)
DEMO: Final = Text("Look at a demo class first")
DEMO_HERE: Final = Text(
    "30 simulated students work through the sample course for two hours; the first 35 minutes are "
    "there at once. Run this in a terminal on the machine that Cellpulse runs on:"
)
DEMO_ELSEWHERE: Final = Text(
    "30 simulated students work through the sample course. In a copy of Cellpulse on a machine of "
    "your own, away from your students' data:"
)
WHY_NO_BUTTON: Final = Text(
    "It is a command and no button: what simulated students do is kept like a real class, and "
    "these pages hold no right to send anything."
)
OWN_COURSE: Final = Text("For your own course")
REGISTER: Final = Text(
    "Register its notebooks, so that exercises that nobody has begun are there too:"
)
OR_ADMIN: Final = Text("Or make it, enrol students and register notebooks on the Admin page")

DEMO_COMMAND: Final = "make demo"
_DEMO_ARGUMENTS: Final = "simulate --students 30 --minutes 120 --head-start 35"
_REGISTER_ARGUMENTS: Final = "course register NOTEBOOKS --course COURSE"
#: A notebook of the sample course, to which the JupyterLab of `cellpulse up` belongs.
_SAMPLE: Final = "01-values"
_USUAL_DATA: Final = Path(__file__).resolve().parents[2] / ".cellpulse"


def show(viewer: Viewer) -> None:
    """Say what to do for a first run to appear, and show it as soon as it does."""
    steps(viewer)
    keep_trying()


def steps(viewer: Viewer, notebooks: Sequence[str] | None = None) -> None:
    """Say what to do for a first run to appear.

    Args:
        viewer: Who looks: only an admin is told what is done on Cellpulse's own machine.
        notebooks: Those of the course that is there and that nobody has begun, which are none
            before it is registered; None while there is no course.
    """
    if not viewer.is_admin:
        _steps(STEPS_OF_INSTRUCTOR if notebooks is None else STEPS_OF_COURSE)
        return
    here = cellpulse_here()
    is_sample = notebooks is None or _SAMPLE in map(file_name, notebooks)
    _steps(STEPS_HERE if here is not None and is_sample else STEPS_ELSEWHERE)
    if notebooks and not is_sample:
        return
    if here is None:
        _demo(DEMO_ELSEWHERE, DEMO_COMMAND)
    else:
        _demo(DEMO_HERE, f"{here} {_DEMO_ARGUMENTS}")
    _own_course(here or "cellpulse")


def cellpulse_here() -> str | None:
    """Return how `cellpulse` is called on this machine, where a `cellpulse up` runs; else None."""
    folder = data_dir()
    if not (folder / RUN_FILE).is_file():
        return None
    beside = Path(sys.executable).with_name("cellpulse")
    called = shlex.quote(str(beside)) if beside.is_file() else "cellpulse"
    if folder == _USUAL_DATA:
        return called
    return f"CELLPULSE_DATA_DIR={shlex.quote(str(folder))} {called}"


def _steps(steps: Sequence[tuple[Text, Text]]) -> None:
    items = "".join(
        f"<li><b>{escape(str(title))}</b><span>{escape(str(advice))}</span></li>"
        for title, advice in steps
    )
    st.html(
        f'<section class="cp-first" data-testid="first-visit"><h1>{TITLE}</h1>'
        f"<ol>{items}</ol></section>"
    )


def _demo(told: Text, line: str) -> None:
    with st.container(key="first_demo"):
        st.html(f"<h2>{DEMO}</h2><p>{escape(str(told))}</p>")
        command(line)
        st.html(f'<p class="cp-muted cp-small">{escape(str(WHY_NO_BUTTON))}</p>')


def _own_course(called: str) -> None:
    with st.container(key="first_own"):
        st.html(f"<h2>{OWN_COURSE}</h2><p>{escape(str(REGISTER))}</p>")
        command(f"{called} {_REGISTER_ARGUMENTS}")
        st.html(f'<p><a href="{address("admin")}" target="_self">{OR_ADMIN}</a></p>')
