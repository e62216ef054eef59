"""Tables, as HTML that a keyboard and a screen reader understand; cells are HTML already."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from analytics.attention.responses import ErrorCluster
from streamlit_app.language.text import Text
from streamlit_app.page_parts.wording import KINDS, UNNAMED


@dataclass(frozen=True)
class Column:
    """A column's heading; numbers are set to the right, and a phone may leave it out."""

    heading: str | Text
    is_number: bool = False
    on_phone: bool = True

    @property
    def attribute(self) -> str:
        """The class attribute of its cells."""
        names = ["cp-number"] * self.is_number + ["cp-wide"] * (not self.on_phone)
        return f' class="{" ".join(names)}"' if names else ""


def glyph(kind: str | None, word: str | None = None) -> str:
    """Return the shape of a kind and the word for it, else another: neither stands alone."""
    if kind is None:
        return ""
    mark = f'<span class="cp-glyph" data-kind="{kind}" aria-hidden="true"></span>'
    shown = escape(word or str(KINDS[kind]))
    return f'<span class="cp-outcome">{mark}<span class="cp-word">{shown}</span></span>'


def what_failed(cluster: ErrorCluster) -> str:
    """Return the name of a failure's error and the pattern of its message."""
    name, pattern = cluster.error_name or str(UNNAMED), cluster.pattern or ""
    return f"<b>{escape(name)}</b> <span>{escape(pattern)}</span>"


def opens_to(shown: str, *more: str) -> str:
    """Return a text that opens, by click and by key, to paragraphs of more; all of it is HTML."""
    paragraphs = "".join(f"<p>{each}</p>" for each in more)
    return (
        f'<details class="cp-told" data-testid="told"><summary>{shown}</summary>{paragraphs}'
        "</details>"
    )


def row_cells(
    columns: Sequence[Column], cells: Sequence[str], *, first_names_row: bool = False
) -> str:
    written = [
        f"<td{column.attribute}>{cell}</td>" for column, cell in zip(columns, cells, strict=True)
    ]
    if first_names_row:
        written[0] = f'<th scope="row">{cells[0]}</th>'
    return "".join(written)


def table(test_id: str, caption: str | Text, columns: Sequence[Column], rows: Sequence[str]) -> str:
    written, label = bare_table(test_id, caption, columns, rows), escape(str(caption))
    return f'<div class="cp-scroll" tabindex="0" role="region" aria-label="{label}">{written}</div>'


def bare_table(
    test_id: str,
    caption: str | Text,
    columns: Sequence[Column],
    rows: Sequence[str],
    further_class: str = "",
) -> str:
    head = "".join(f'<th scope="col"{column.attribute}>{column.heading}</th>' for column in columns)
    return (
        f'<table class="cp-table{further_class}" data-testid="{test_id}">'
        f'<caption class="cp-hidden">{escape(str(caption))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
