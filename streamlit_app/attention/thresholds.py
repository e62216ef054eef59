"""From when on a student is listed: what an instructor can change, on the Live page."""

from collections.abc import Mapping
from typing import Final

import streamlit as st
from pydantic import ValidationError

from analytics.attention.responses import Thresholds
from streamlit_app import session
from streamlit_app.api.errors import ASKED_FIRST
from streamlit_app.language.text import Text
from streamlit_app.page_parts.refusal import Changes

TITLE: Final = Text("When someone is listed")
MEANING: Final = Text(
    "Someone is listed from these numbers on. An empty field turns its reason off. "
    "What you set holds for everybody who looks at this class."
)
LABELS: Final = {
    "same_error_runs": Text("Runs with the same error"),
    "failed_runs": Text("Failed runs"),
    "failed_checks": Text("Failed results of one check"),
    "silent_minutes": Text("Minutes without a run after a failure"),
    "unsolved_minutes": Text("Minutes at an exercise that most solved in a third of that"),
    "idle_minutes": Text("Minutes without a run, when behind most of the class"),
}
WRONG: Final = Text("“{label}” takes {least} to {most}, or nothing. Nothing was changed.")
CHANGED: Final = Text(
    "Nothing was changed: somebody else has changed these numbers meanwhile. Look at them first."
)
USE: Final = Text("Use these")
DEFAULTS: Final = Text("As by default")
OFF: Final = Text("off")
#: On the whole card of who needs a person, of which this is a part.
CHANGES: Final = Changes("attention", ASKED_FIRST)
_COUNTS: Final = (2, 1_000)
_MINUTES: Final = (1, 180)


def show(course_id: str, thresholds: Thresholds) -> None:
    """Offer every threshold in a form behind a button."""
    with st.popover(str(TITLE), key="thresholds"), st.form("thresholds_form", border=False):
        st.caption(str(MEANING))
        keys = {}
        columns = st.columns(2, vertical_alignment="bottom")
        for place, (name, label) in enumerate(LABELS.items()):
            shown = _in_field(thresholds, name)
            # Another one when a colleague changed it, and in each course.
            keys[name] = f"threshold_{name}_{shown}/{course_id}"
            columns[place % 2].text_input(str(label), shown, key=keys[name], placeholder=str(OFF))
        with st.container(horizontal=True):
            st.form_submit_button(str(USE), on_click=_use, args=(course_id, keys, thresholds))
            default = (_set, course_id, thresholds, dict(Thresholds()))
            st.form_submit_button(str(DEFAULTS), on_click=CHANGES.tried, args=default)


def _in_field(thresholds: Thresholds, name: str) -> str:
    value = getattr(thresholds, name)
    return "" if value is None else f"{value:g}"


def _use(course_id: str, keys: dict[str, str], shown: Thresholds) -> None:
    if any(key not in st.session_state for key in keys.values()):
        CHANGES.refuse(str(CHANGED))
        return
    texts = {name: st.session_state[key].strip() for name, key in keys.items()}
    try:
        chosen = Thresholds.model_validate({name: text or None for name, text in texts.items()})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        least, most = _MINUTES if name.endswith("minutes") else _COUNTS
        CHANGES.refuse(WRONG.format(label=LABELS[name], least=least, most=most))
        return
    changed = {
        name: getattr(chosen, name) for name in texts if texts[name] != _in_field(shown, name)
    }
    CHANGES.tried(_set, course_id, shown, changed)


def _set(course_id: str, shown: Thresholds, changed: Mapping[str, float | None]) -> None:
    """Set what was changed of the numbers that were shown; a colleague's others stay as they are.

    What a colleague has changed as well meanwhile is looked at first.
    """
    api = session.api()
    stored = api.thresholds(course_id)
    is_old = any(getattr(stored, name) != getattr(shown, name) for name in changed)
    if not is_old:
        api.set_thresholds(course_id, stored.model_copy(update=changed))
    session.ask_anew()
    if is_old:
        CHANGES.refuse(str(CHANGED))
