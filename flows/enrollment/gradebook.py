"""Reads a roster from nbgrader's gradebook, which is an SQLite database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flows.enrollment.roster import Entry, require_identifier
from flows.progsnap2.errors import fault

#: How every SQLite database begins.
_BEGINS: Final = b"SQLite format 3\x00"
_STUDENTS: Final = "SELECT id, first_name, last_name FROM student ORDER BY id"


def is_gradebook(path: Path) -> bool:
    """Tell whether a file is an SQLite database; what can't be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except OSError:
        return False


def read_gradebook(path: Path) -> dict[str, Entry]:
    """Return the students of a gradebook: `display_name`, or nothing where nobody has a name.

    nbgrader adds a student by the id alone when it first collects something.

    Raises:
        DataSetError: It can't be read, is another database, or has a student who can't be ours;
            the message names the file and the student.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            students = database.execute(_STUDENTS).fetchall()
    except sqlite3.Error as error:
        raise fault(
            path, f"no gradebook of nbgrader: {error}; name its gradebook.db, or a CSV file"
        ) from error
    if not students:
        raise fault(path, "no student in the gradebook: add them with 'nbgrader db student import'")
    names = {str(student): _name(first, last) for student, first, last in students}
    for student, name in names.items():
        require_identifier(path, None, "student", student)
        if name:
            require_identifier(path, None, f"name of {student}", name)
    named = any(names.values())
    return {student: {"display_name": name} if named else {} for student, name in names.items()}


def _name(*parts: str | None) -> str | None:
    return " ".join(word for part in parts for word in (part or "").split()) or None
