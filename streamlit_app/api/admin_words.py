"""Why the API does not do what an admin asks for: its words, in the viewer's language."""

import re
from typing import Final

from streamlit_app.language.of_api import in_words
from streamlit_app.language.text import Text

#: What begins with the column and what stands in it.
_OF_A_TEXT: Final = re.compile(r"(\w+ '.*'): (must .*)", re.DOTALL)
#: A word, and not the path of a file.
_FIRST_WORD: Final = re.compile(r"^[a-z]+(?= )")
SENTENCE: Final = Text("{said}.")
#: Of a course, an account, a token.
OF_SETTINGS: Final = (
    Text("there is a course {course} already: choose it to change it"),
    Text("there is no course {course}: make it first"),
    Text("there is an account {account} already: 'cellpulse account reset' gives it a new link"),
    Text("there is no account {account}: 'cellpulse account list' shows all, 'add' makes one"),
    Text("this is your own account: ask another admin to do that"),
    Text("an assistant needs one course and at least one section of it"),
    Text("only an assistant has sections: leave them out, or give the role assistant"),
    Text("an admin sees every course and takes none; any other role needs at least one"),
    Text("is no time zone: give its IANA name, such as Asia/Tokyo"),
    Text("must hold a character that can be seen"),
    Text("must not contain control characters, line breaks or a backslash"),
    Text("no token with this id was handed out: GET /api/v1/admin/tokens has all ids"),
)
#: Of a roster.
OF_ROSTER: Final = (
    Text("the file is empty: its first line must name the columns"),
    Text("no student below the header: write one a line"),
    Text("the student {student} is in line {line} too: keep one"),
    Text("the column {name} is there twice: keep one"),
    Text(
        "no column {column}; the header is {header}: its first line must name the columns {needed} "
        "and, if you like, name, section and seat"
    ),
    Text("no {column}: give the student one, or delete the line"),
    Text(
        "{fields} fields where the header names {columns} columns: is a field with a comma or a "
        "quote in it not quoted?"
    ),
    Text("no CSV: a quote is opened and never closed"),
    Text("no CSV: {reason}"),
    Text(
        "not {encoding} (byte 0x{byte}): say which encoding it is in, for example windows-1252 "
        "(--encoding)"
    ),
    Text(
        "not {encoding} ({reason}): say which encoding it is in, for example windows-1252 "
        "(--encoding)"
    ),
    Text(
        "{size} MB are too many for a course's students (at most {most} MB): is it the right file?"
    ),
)
#: Of a zip file with notebooks.
OF_NOTEBOOKS: Final = (
    Text("no exercise in these notebooks: mark one by a heading, a tag or a grader"),
    Text("no zip file that can be read ({reason}): make it anew, without a password"),
    Text("{files} files in the zip file, at most {most} are taken: leave out what is no notebook"),
    Text("no notebook (*{suffix}) in the zip file"),
    Text("{name} in the zip file is no path below its folder: make the zip file anew"),
    Text("{name} is in the zip file twice: keep one"),
    Text("{name} can't be unpacked: {reason}"),
    Text("{name}: more than {size} MB; a notebook may not have more: clear its outputs"),
    Text("more than {size} MB when unpacked: clear the notebooks' outputs"),
    Text("{path}: no notebook: the JSON has no 'nbformat'"),
    Text("{path}: no notebook: 'nbformat' is {what}"),
    Text("{path}: no notebook: {what} in its JSON"),
    Text("{path}: no notebook: 'cells' is missing or no list"),
    Text(
        "{path}: notebook format {format}; this Cellpulse reads up to {newest}: upgrade it, or "
        "save the notebook in an older format"
    ),
    Text("{path}: a broken notebook of format {format}: {reason}"),
    Text("{path}: not UTF-8 (byte {byte}): save it with that encoding"),
    Text("{path}, line {line}, column {column}: not JSON ({reason}), so no notebook"),
    Text(
        "{path}, cell {cell}: the exercise {exercise} is in {other}, cell {other_cell}, too: give "
        "each its own name"
    ),
    Text("{path}, cell {cell}: {what} {name} is cell {other_cell}'s too: give each its own name"),
    Text("{place}: cellpulse.due is {due}: write a time such as '2026-03-01T18:00Z'"),
)


def fault_in_words(said: str) -> str:
    """Return what is wrong with a line of a roster, in the viewer's language."""
    of_a_text = _OF_A_TEXT.fullmatch(said)
    if of_a_text is not None:
        return f"{of_a_text[1]}: {in_words(of_a_text[2], OF_SETTINGS)}"
    return in_words(said, OF_ROSTER)


def refusal_in_words(said: list[str]) -> str:
    """Return why something was refused as a sentence in the viewer's language.

    Args:
        said: The API's words; several where there are several faults.
    """
    known = (*OF_SETTINGS, *OF_ROSTER, *OF_NOTEBOOKS)
    words = "; ".join(in_words(each, known) for each in said)
    begun = _FIRST_WORD.sub(lambda word: word[0].capitalize(), words)
    return SENTENCE.format(said=begun.rstrip("."))
