"""The report as a PDF, typeset without a browser and without a program of the system.

The template is fixed and everything else reaches it as data, so that no name and no message of a
student is ever read as markup. The same document gives the same bytes.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import typst

from streamlit_app.after_class.charts import chart_of
from streamlit_app.after_class.document import Document
from streamlit_app.after_class.fonts import FONT_FAMILY, fonts
from streamlit_app.after_class.pictures import as_svg
from streamlit_app.after_class.sections.section import Section
from streamlit_app.after_class.web_page import alt_text
from streamlit_app.language.text import language
from streamlit_app.page_parts.palette import LIGHT

_TEMPLATE: Final = (Path(__file__).parent / "report.typ").read_bytes()
#: A word that is longer may be broken after so many signs: it must stay in its cell.
_LONGEST_WORD: Final = 12
_WORD: Final = re.compile(rf"[!-~]{{{_LONGEST_WORD}}}(?=[!-~])")
_BREAK: Final = "\u200b"


def as_pdf(document: Document) -> bytes:
    """Return the report as a PDF, one page of A4 where it fits."""
    made = typst.Compiler(_TEMPLATE, font_paths=fonts()).compile(
        format="pdf",
        sys_inputs={"report": json.dumps(_as_data(document)), "font": FONT_FAMILY},
        timestamp=0,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst made several files of one document")
    return made


def _as_data(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "language": language(),
        "course": document.course,
        "when": document.when,
        "numbers": [[each.value, each.of, str(each.label)] for each in document.numbers],
        "changes_title": document.changes_title,
        "changes": [broken(each) for each in document.changes],
        "sections": [_section(each) for each in document.sections],
        "origin": document.origin,
        "colours": vars(LIGHT),
    }


def _section(section: Section) -> dict[str, Any]:
    chart = chart_of(section, LIGHT)
    return {
        "title": section.title,
        "chart": None if chart is None else as_svg(chart, is_alone=not section.rows),
        "alt": alt_text(section),
        "head": section.head,
        "rows": [[broken(text) for text in row] for row in section.rows],
        "numeric": sorted(section.numeric),
        "widest": section.widest,
        "notes": section.notes,
    }


def broken(text: str) -> str:
    """Let a line end within words that are too long for a cell."""
    return _WORD.sub(lambda found: found[0] + _BREAK, text)
