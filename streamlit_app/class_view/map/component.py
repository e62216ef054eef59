"""The class map as a component of the page: the browser draws what changed, and nothing else."""

from pathlib import Path
from typing import Any, Final

import streamlit as st

from streamlit_app.addresses import kept
from streamlit_app.language.text import Plural, Text, for_browser
from streamlit_app.page_parts.wording import AGES, COUNTED_STUDENTS, NEVER

#: Sentences are whole, with placeholders, so that they can be put into another language.
TEXTS: Final = {
    "label": Text("Class map: students by exercises"),
    "students": COUNTED_STUDENTS,
    "some": Text("{n} of {all} students"),
    "busy": Text("last 15 min"),
    "last": Text("last run"),
    "runs": Plural("{n} run in 15 minutes", "{n} runs in 15 minutes"),
    "solved": Text("solved (check passed)"),
    "ran": Text("ran, no check"),
    "working": Text("working"),
    "failing": Text("failing, runs in a row"),
    "failing_now": Plural("failing, {n} run in a row", "failing, {n} runs in a row"),
    "none": Text("not started"),
    "column": Text("{name} {title}: {n} of {all} students solved it"),
    "weak_column": Text(
        "{name} {title}: {n} of {all} students ran it without an error; no check of it"
    ),
    "cell": Text("{student}, {exercise}: {state}"),
    "reorder": Text("Reorder now"),
    "in_order": Text("in order"),
    "needs": Text("needs a person"),
    "seat": Text("{student}, seat {seat}"),
    "never": NEVER,
    **AGES,
}
_FOLDER: Final = Path(__file__).parent


def _read(*names: str) -> str:
    return "\n".join((_FOLDER / name).read_text("utf-8") for name in names)


_map = st.components.v2.component(
    "cellpulse_class_map",
    js=_read("head.js", "row.js", "tip.js", "keys.js", "map.js"),
    css=_read("map.css"),
    isolate_styles=False,
)


def class_map(data: dict[str, Any]) -> None:
    """Show the map; see `matrix.map_data` for the data."""
    _map(key="class_map", data={**data, "kept": kept(), "texts": for_browser(TEXTS)})
