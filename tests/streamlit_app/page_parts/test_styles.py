"""The style sheets: what would make each page slow."""

import re
from pathlib import Path

import pytest

import streamlit_app

FOLDER = Path(streamlit_app.__file__).parent
SHEETS = sorted(str(sheet.relative_to(FOLDER)) for sheet in FOLDER.rglob("*.css"))
#: All of a page is in each of these.
WHOLE_PAGES = r"(html|body|:root|\.stApp|\.stMain\w*|\.stAppViewContainer)"


@pytest.mark.parametrize("sheet", SHEETS)
def test_nothing_depends_on_what_is_somewhere_in_the_page(sheet: str) -> None:
    """Else a browser styles all of it anew at each change: half of a core, with 500 students."""
    rules = (FOLDER / sheet).read_text("utf-8")
    assert re.findall(WHOLE_PAGES + r"(:not\()?:has\(", rules) == []
