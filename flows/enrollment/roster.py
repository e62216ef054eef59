"""Reads a roster: a CSV file with a course's students, one a line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from flows.progsnap2.csv_file import CsvFile
from flows.progsnap2.errors import DataSetError, fault, shown
from ingest_api.events import Identifier
from ingest_api.faults import fault_words

#: A class of thousands is a file of less than a megabyte; a larger one is another file.
_LARGEST_BYTES: Final = 10_000_000
_STUDENT: Final = "student_id"
#: Column of the file → what it is of an enrollment.
_FIELDS: Final = {
    "name": "display_name",
    "display_name": "display_name",
    "section": "section",
    "seat": "seat",
}
_IDENTIFIER: Final = TypeAdapter[str](Identifier)

#: What a file says of a student; an empty field is None.
Entry = dict[str, str | None]


@dataclass(frozen=True)
class Roster:
    """The students of a file.

    Attributes:
        entries: By student: `display_name`, `section` and `seat`, as far as the file has such
            a column.
        unread: Columns that mean nothing here.
        faults: What is wrong with it, in the order of its lines; a line with a fault has no entry.
    """

    entries: dict[str, Entry]
    unread: list[str]
    faults: list[DataSetError] = field(default_factory=list)


def read_roster(path: Path, encoding: str = "utf-8") -> Roster:
    """Read a roster; the columns may be in any order, and blanks around a field do not count.

    Args:
        path: Of the file.
        encoding: Of its text, unless it begins with a mark that says another.

    Raises:
        DataSetError: It can't be read or is no roster; the message names file, line and fault.
    """
    roster = check_roster(path, encoding)
    if roster.faults:
        raise roster.faults[0]
    return roster


def check_roster(path: Path, encoding: str = "utf-8") -> Roster:
    """Read a roster as `read_roster` does, and find all that is wrong with it."""
    roster = Roster({}, [])
    try:
        _require_small(path)
        file = CsvFile.open(path, encoding)
        columns = _columns(file)
        roster.unread.extend(
            name for name in file.header if name.lower() not in {_STUDENT, *_FIELDS}
        )
        _read_lines(file, columns, roster)
        if not roster.entries and not roster.faults:
            raise fault(path, "no student below the header: write one a line", 1)
    except DataSetError as error:
        roster.faults.append(error)
    return roster


def _read_lines(file: CsvFile, columns: dict[str, int], roster: Roster) -> None:
    lines: dict[str, int] = {}
    for line, fields in file.lines():
        try:
            student_id, entry = _entry(file, columns, line, fields)
            if student_id in lines:
                raise fault(
                    file.path,
                    f"the student {shown(student_id)} is in line {lines[student_id]} too: keep one",
                    line,
                )
        except DataSetError as error:
            roster.faults.append(error)
        else:
            roster.entries[student_id], lines[student_id] = entry, line


def _require_small(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise fault(path, error.strerror or str(error)) from error
    if not path.is_file():
        raise fault(path, "not a file: name the CSV file with the students")
    if size > _LARGEST_BYTES:
        raise fault(
            path,
            f"{size / 1e6:,.0f} MB are too many for a course's students (at most "
            f"{_LARGEST_BYTES / 1e6:.0f} MB): is it the right file?",
        )


def _columns(file: CsvFile) -> dict[str, int]:
    """Return where the file has `student_id` and each field of an enrollment."""
    places: dict[str, int] = {}
    for place, name in enumerate(file.header):
        column = _FIELDS.get(name.lower(), _STUDENT if name.lower() == _STUDENT else "")
        if column in places:
            raise fault(file.path, f"the column {shown(name)} is there twice: keep one", 1)
        if column:
            places[column] = place
    if _STUDENT not in places:
        raise fault(
            file.path,
            f"no column {_STUDENT}; the header is {shown(', '.join(file.header))}: its first line "
            f"must name the columns {_STUDENT} and, if you like, name, section and seat",
            1,
        )
    return places


def _entry(
    file: CsvFile, columns: dict[str, int], line: int, fields: list[str]
) -> tuple[str, Entry]:
    """Return the student of a line, and what it says of them."""
    file.require_complete(line, fields)
    found = {name: " ".join(fields[place].split()) for name, place in columns.items()}
    student_id = fields[columns[_STUDENT]].strip()
    if not student_id:
        raise fault(file.path, f"no {_STUDENT}: give the student one, or delete the line", line)
    for column, text in (found | {_STUDENT: student_id}).items():
        if text:
            require_identifier(file.path, line, file.header[columns[column]], text)
    del found[_STUDENT]
    return student_id, {name: text or None for name, text in found.items()}


def require_identifier(path: Path, line: int | None, column: str, text: str) -> None:
    """Raise a DataSetError that names the place, unless a text can be an identifier."""
    try:
        _IDENTIFIER.validate_python(text)
    except ValidationError as error:
        words = fault_words(error.errors()[0])
        raise fault(path, f"{column} {shown(text)}: {words}", line) from error
