"""Words that Streamlit writes by itself: it has them in English alone, so the browser puts ours in.

Not the calendar's: these are in the language of the browser.
"""

import json
import re
from pathlib import Path
from string import Template
from typing import Final

from streamlit_app.language.text import Text

#: As Streamlit writes them, with at most one placeholder for what varies.
WORDS: Final = (
    Text("Help for {label}"),
    Text("Help"),
    Text("Upload"),
    Text("{size} per file"),
    Text("Drag and drop a file here"),
    Text("file upload"),
    Text("Add files"),
    Text("Remove {file}"),
    Text("Cancel upload of {file}"),
    Text("Press Enter to apply"),
    Text("Press Enter to submit form"),
    Text("Press Ctrl+Enter to apply"),
    Text("Press Ctrl+Enter to submit form"),
    Text("Clear value"),
    Text("Clear entry"),
    Text("Open"),
    Text("Increment"),
    Text("Decrement"),
    Text("Choose date"),
    Text("Clear date"),
)
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_SCRIPT: Final = Template((Path(__file__).parent / "streamlit_words.js").read_text("utf-8"))


def script() -> str:
    """Return the script that puts them into the viewer's language, wherever they come to stand."""
    pairs = [(_pattern(each.english), _replacement(str(each))) for each in WORDS]
    # No text of ours can end the element in which the script stands.
    return _SCRIPT.substitute(words=json.dumps(pairs).replace("<", "\\u003c"))


def _pattern(english: str) -> str:
    parts = _PLACEHOLDER.split(english)
    return f"^{'(.+)'.join(map(re.escape, parts))}$"


def _replacement(said: str) -> str:
    return _PLACEHOLDER.sub("$1", said)
