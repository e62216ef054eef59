"""The report as HTML: its parts for the page, and one file that needs nothing else."""

from html import escape
from pathlib import Path
from typing import Final

from streamlit_app.after_class.charts import chart_of
from streamlit_app.after_class.document import Document
from streamlit_app.after_class.fonts import FONT_FAMILY
from streamlit_app.after_class.pictures import as_svg
from streamlit_app.after_class.sections.section import Section
from streamlit_app.language.text import Text, language
from streamlit_app.page_parts.palette import LIGHT

_STYLE: Final = (Path(__file__).parent / "report.css").read_text("utf-8")
_COLOURS: Final = ":root {" + "".join(
    f" --cp-{name}: {colour};" for name, colour in vars(LIGHT).items()
)
CHART_ALT: Final = Text("{title}: {note}. The table has the numbers.")


def as_html(document: Document) -> bytes:
    """Return the whole report as one file: no script, nothing that is loaded from elsewhere."""
    title = escape(document.title)
    numbers = "".join(
        f"<div><dd>{escape(each.value)} <small>{escape(each.of)}</small></dd>"
        f"<dt>{escape(str(each.label))}</dt></div>"
        for each in document.numbers
    )
    sections = "".join(
        f'<section class="cp-{section.key}"><header><h2>{escape(section.title[0])}</h2>'
        f"<p>{escape(section.title[1])}</p></header>"
        f'<div class="cp-body">{_figure(section)}<div>{table(section)}{notes(section)}</div></div>'
        "</section>"
        for section in document.sections
    )
    page = (
        f'<!doctype html>\n<html lang="{language()}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_COLOURS} --cp-font: {FONT_FAMILY!r};}}\n{_STYLE}</style>"
        f"</head><body><main><header><h1><bdi>{escape(document.course)}</bdi></h1>"
        f"<p>{escape(document.when)}</p></header><dl>{numbers}</dl>"
        f'<section class="cp-changes"><header><h2>{escape(document.changes_title[0])}</h2>'
        f"<p>{escape(document.changes_title[1])}</p></header>{change_list(document)}</section>"
        f'<div class="cp-grid">{sections}</div>'
        f"<footer>{escape(document.origin)}</footer></main></body></html>\n"
    )
    return page.encode("utf-8", "replace")


def change_list(document: Document) -> str:
    """Return what to change as a list."""
    items = "".join(f"<li>{escape(each)}</li>" for each in document.changes)
    return f'<ul class="cp-changes-list">{items}</ul>'


def table(section: Section) -> str:
    """Return a section's table; '' where it has none."""
    if not section.rows:
        return ""
    head = "".join(
        f'<th scope="col"{_look(place, section)}>{escape(text)}</th>'
        for place, text in enumerate(section.head)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            _cell(text, "td" if place else 'th scope="row"', _look(place, section))
            for place, text in enumerate(row)
        )
        + "</tr>"
        for row in section.rows
    )
    return (
        f'<div class="cp-scroll"><table class="cp-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def notes(section: Section) -> str:
    """Return the sentences below a section's table."""
    return "".join(f'<p class="cp-muted cp-small">{escape(each)}</p>' for each in section.notes)


def alt_text(section: Section) -> str:
    """Say what a section's chart shows."""
    return CHART_ALT.format(title=section.title[0], note=section.title[1])


def _figure(section: Section) -> str:
    chart = chart_of(section, LIGHT)
    if chart is None:
        return ""
    picture = as_svg(chart, is_alone=not section.rows)
    return f'<figure role="img" aria-label="{escape(alt_text(section))}">{picture}</figure>'


def _cell(text: str, tag: str, attributes: str) -> str:
    shown = escape(text)
    return f'<{tag}{attributes} title="{shown}"><bdi>{shown}</bdi></{tag.split(maxsplit=1)[0]}>'


def _look(place: int, section: Section) -> str:
    if place in section.numeric:
        return ' class="cp-number"'
    return ' class="cp-long"' if place == section.widest else ""
