"""The formats of an export: what is in each, and whom it names."""

from html import escape
from typing import Final

from analytics.export.responses import ExportFormat
from streamlit_app import session
from streamlit_app.language.text import Text

#: Format → its name, what is in it, and whom it names.
FORMATS: Final[dict[ExportFormat, tuple[Text, Text, Text]]] = {
    "parquet": (
        Text("Parquet"),
        Text(
            "Every event and the tables made of them, one file each, with a data dictionary. For "
            "Python, R and DuckDB."
        ),
        Text(
            "Students stand in it by the ids that they have here, with code, output, messages and "
            "questions that they shared."
        ),
    ),
    "csv": (
        Text("CSV"),
        Text("The same tables as text files, for spreadsheets and everything else."),
        Text(
            "Students stand in it by the ids that they have here, with code, output, messages and "
            "questions that they shared."
        ),
    ),
    "progsnap2": (
        Text("ProgSnap2"),
        Text(
            "The events in the form in which programming courses are compared: a main table, code "
            "states and link tables."
        ),
        Text(
            "Students stand in it by the ids that they have here, with code and messages that they "
            "shared."
        ),
    ),
    "xapi": (
        Text("xAPI"),
        Text("Statements for a learning record store: runs, checks and solved exercises."),
        Text(
            "Students are pseudonyms. Whoever has this installation's key can tell who is who. "
            "There is no code and no word of a student in it."
        ),
    ),
    "bundle": (
        Text("Bundle to publish from"),
        Text("The tables as Parquet and CSV with a data dictionary, a citation and checksums."),
        Text(
            "It names nobody: pseudonyms of the study, texts without names, times moved by weeks, "
            "and groups that are too small left out. Read its report before you publish."
        ),
    ),
}
INSIDE: Final = Text("What is in it")
NAMES: Final = Text("Whom it names")
#: Of the same formats in a pseudonymous course.
PSEUDONYMS: Final = Text(
    "Students are pseudonyms in it, as in everything that is kept of this course; so are their "
    "names in what they shared."
)
#: Formats in which no student stands by the id that they have here.
NAMELESS: Final[frozenset[ExportFormat]] = frozenset({"bundle", "xapi"})


def about(format_of: ExportFormat) -> str:
    """Say what is in a format, and whom it names."""
    _, inside, names = FORMATS[format_of]
    if session.is_pseudonymous() and format_of not in NAMELESS:
        names = PSEUDONYMS
    return (
        f'<dl class="cp-about"><dt>{INSIDE}</dt><dd>{escape(str(inside))}</dd>'
        f"<dt>{NAMES}</dt><dd>{escape(str(names))}</dd></dl>"
    )
