"""The choice of the language, in the bar of every page, and what tells the browser of it."""

from html import escape
from typing import Final

import streamlit as st

from streamlit_app.language import streamlit_words
from streamlit_app.language.choice import ENGLISH, FOLDER, NAMES
from streamlit_app.language.text import Text, language

LABEL: Final = Text("Language")


def languages() -> None:
    """Draw a link for each language."""
    st.html(language_links(), width="content")


def language_links() -> str:
    """Return a link for each language, each written in its own; the viewer's is marked."""
    spoken = language()
    current = {spoken: ' aria-current="true"'}
    links = "".join(
        f'<a href="{FOLDER}{name}" target="_self" lang="{name}" hreflang="{name}"'
        f"{current.get(name, '')}>{own_name}</a>"
        for name, own_name in NAMES.items()
    )
    return (
        f'<span class="cp-languages" role="group" aria-label="{escape(str(LABEL))}">{links}</span>'
    )


def tell_browser() -> None:
    """Tell the browser the language of the page, for screen readers, fonts and hyphens."""
    spoken = language()
    script = f'document.documentElement.lang = "{spoken}";'
    if spoken != ENGLISH:
        script += streamlit_words.script()
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True, width="content")
