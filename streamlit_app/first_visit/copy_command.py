"""A command to be run in a terminal, with a button that copies it."""

import json
from html import escape
from pathlib import Path
from typing import Final

import streamlit as st

from streamlit_app.language.text import Text

COPY: Final = Text("Copy")
COPIED: Final = Text("Copied")
#: Where a browser lets no page copy: over plain HTTP from another machine.
SELECTED: Final = Text("Selected: copy it")
_SCRIPT: Final = (Path(__file__).parent / "copy_command.js").read_text("utf-8")


def command(text: str) -> None:
    """Draw a command, which a click copies."""
    words = escape(json.dumps({"copied": str(COPIED), "selected": str(SELECTED)}))
    st.html(
        f'<div class="cp-command"><code tabindex="0">{escape(text)}</code>'
        f'<button type="button" data-words="{words}">{COPY}</button></div>'
        f"<script>{_SCRIPT}</script>",
        unsafe_allow_javascript=True,
    )
