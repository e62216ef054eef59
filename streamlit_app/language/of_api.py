"""What the API says in its own words, in the viewer's language.

It says so in English, with names and numbers put in. A text here has a placeholder for each of
these; tests hold the texts to the API's words.
"""

import re
from collections.abc import Sequence
from typing import Final

from streamlit_app.language.text import Text

_PLACEHOLDER: Final = re.compile(r"\\\{(\w+)\\\}")


def in_words(said: str, known: Sequence[Text]) -> str:
    """Return what the API says in the viewer's language; what is not known, as it says it."""
    for text in known:
        if found := _read(said, text):
            return text.format(**found.groupdict())
    return said


def is_said(text: Text, said: str) -> bool:
    """Tell whether it is a text, with whatever names and numbers, that the API says."""
    return _read(said, text) is not None


def _read(said: str, text: Text) -> re.Match[str] | None:
    pattern = _PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(text.english))
    return re.fullmatch(pattern, said, re.DOTALL)
