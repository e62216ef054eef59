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
        pattern = _PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(text.english))
        if found := re.fullmatch(pattern, said, re.DOTALL):
            return text.format(**found.groupdict())
    return said
