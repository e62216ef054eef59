"""From notebooks to the content of a course, by the marks of `cellpulse_hook.marks`."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cellpulse_hook.marks import MarkedCell, declared_questions, first_heading, mark_cells

from flows.course.content import (
    CellContent,
    CheckContent,
    CourseContentError,
    ExerciseContent,
    NotebookContent,
)
from flows.course.notebook_files import find_notebooks, read_notebook
from ingest_api.events import TEXT_CAPS

_LONGEST_TITLE: Final = 500


def read_course(
    paths: Iterable[Path],
    reading: Callable[[list[tuple[str, Path]]], Iterable[tuple[str, Path]]] = iter,
) -> list[NotebookContent]:
    """Return what notebooks, and all notebooks below folders, consist of, in their order.

    Args:
        paths: Files and folders.
        reading: Is given the notebooks that are read, and yields them, to show how far it is.

    Raises:
        CourseContentError: One of them can't be registered, or two can't be together.
    """
    files = find_notebooks(paths)
    notebooks = [read_content(name, path) for name, path in reading(files)]
    _require_distinct_tags(zip([path for _, path in files], notebooks, strict=True))
    return notebooks


def read_content(name: str, path: Path) -> NotebookContent:
    """Return what one notebook consists of.

    Args:
        name: Its path in the course.
        path: The file.

    Raises:
        CourseContentError: It is no notebook, it can't be read, a due date is none, or two of
            its exercises have one name.
    """
    notebook = read_notebook(path)
    marks = mark_cells(notebook)
    _require_distinct(path, notebook, marks)
    metadata = _mapping(notebook.get("metadata"))
    due_at = _due(metadata, f"{path}, metadata")
    content = NotebookContent(
        path=_name(name, "notebook"),
        title=_title(
            _text(metadata.get("title")) or first_heading(notebook) or PurePosixPath(name).stem
        ),
        language=_text(_mapping(metadata.get("kernelspec")).get("language"))
        or _text(_mapping(metadata.get("language_info")).get("name")),
    )
    exercises: dict[str, ExerciseContent] = {}
    for cell, mark in zip(notebook["cells"], marks, strict=True):
        if not isinstance(cell, dict) or (cell.get("cell_type") != "code" and not mark.key):
            continue
        found = _cell(cell, mark)
        content.cells.append(found)
        if found.exercise is None or mark.marker is None:
            continue
        title = mark.exercise if mark.marker == "heading" else mark.title
        exercise = exercises.setdefault(
            found.exercise,
            ExerciseContent(
                found.exercise, mark.marker, _title(title or found.exercise), None, due_at
            ),
        )
        _add(exercise, found, mark)
        own = _due(_mapping(cell.get("metadata")), f"{path}, cell {mark.index + 1}")
        exercise.due_at = own or exercise.due_at
    content.exercises = list(exercises.values())
    return content


def _require_distinct_tags(files: Iterable[tuple[Path, NotebookContent]]) -> None:
    """Refuse two notebooks that tag cells with one name: a tag's name is the course's own.

    A grader's names are those of one notebook, and headings repeat: these may.

    Raises:
        CourseContentError: There are two.
    """
    first: dict[str, tuple[Path, int]] = {}
    for path, notebook in files:
        for exercise in notebook.exercises:
            if exercise.marker != "tag":
                continue
            place = exercise.cells[0].place + 1
            other, other_place = first.setdefault(exercise.mark, (path, place))
            if other != path:
                raise CourseContentError(
                    f"{path}, cell {place}: the exercise {exercise.mark!r} is in {other}, cell "
                    f"{other_place}, too: give each its own name"
                )


def parse_due(text: str) -> datetime:
    """Return a time in UTC; one without a zone is UTC, a date alone means the end of that day.

    Raises:
        ValueError: It is no time.
    """
    text = text.strip()
    due = datetime.fromisoformat(text)
    if len(text) <= len("2026-03-01"):
        due = datetime.combine(due.date(), time.max.replace(microsecond=0))
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return due.astimezone(UTC)


def _cell(cell: dict[str, Any], mark: MarkedCell) -> CellContent:
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    code = "".join(line for line in lines if isinstance(line, str))
    is_code = cell.get("cell_type") == "code" and bool(code.strip())
    return CellContent(
        mark.index,
        _name(mark.cell_id, "cell_id") if mark.cell_id else None,
        _storable(mark.key) if mark.key else None,
        # As the hook does, so that the code as it was handed out is recognised.
        hashlib.sha256(code.encode("utf-8", "replace")).hexdigest() if is_code else None,
        _name(mark.exercise, "exercise") if mark.exercise else None,
    )


def _add(exercise: ExerciseContent, cell: CellContent, mark: MarkedCell) -> None:
    exercise.cells.append(cell)
    is_new = True
    if mark.check and mark.check_kind:
        name = _name(mark.check, "check_name")
        is_new = name not in {check.name for check in exercise.checks}
        if is_new:
            exercise.checks.append(CheckContent(name, mark.check_kind, mark.points))
    if mark.points is not None and is_new:
        exercise.points = (exercise.points or 0.0) + mark.points


def _require_distinct(path: Path, notebook: dict[str, Any], marks: list[MarkedCell]) -> None:
    """Refuse two exercises of one name within a notebook, where cells carry names of their own."""
    places: dict[str, int] = {}
    for mark in marks:
        if mark.marker == "nbgrader" and mark.key:
            first = places.setdefault(mark.key, mark.index)
            if first != mark.index:
                raise _same_name(path, "nbgrader's grade id", mark.key, first, mark.index)
    declared: dict[str, int] = {}
    for place, name in _with_code(declared_questions(notebook), marks):
        first = declared.setdefault(name, place)
        if first != place:
            raise _same_name(path, "otter-grader's question", name, first, place)
    last: dict[str, int] = {}
    before = None
    for mark in marks:
        if mark.exercise is None:
            continue
        if mark.marker == "tag" and before not in (None, mark.exercise) and mark.exercise in last:
            raise _same_name(path, "the exercise", mark.exercise, last[mark.exercise], mark.index)
        last[mark.exercise], before = mark.index, mark.exercise


def _with_code(
    questions: list[tuple[int, str]], marks: list[MarkedCell]
) -> Iterator[tuple[int, str]]:
    """Yield those that have cells: written questions of one name do no harm, and are published."""
    for (place, name), (end, _) in pairwise([*questions, (len(marks), "")]):
        if any(mark.exercise == name for mark in marks[place + 1 : end]):
            yield place, name


def _same_name(path: Path, what: str, name: str, one: int, other: int) -> CourseContentError:
    return CourseContentError(
        f"{path}, cell {other + 1}: {what} {_storable(name)!r} is cell {one + 1}'s too: give each "
        "its own name"
    )


def _due(metadata: dict[str, Any], place: str) -> datetime | None:
    due = _mapping(metadata.get("cellpulse")).get("due")
    if due is None:
        return None
    try:
        return parse_due(str(due))
    except (ValueError, OverflowError) as error:
        raise CourseContentError(
            f"{place}: cellpulse.due is {str(due)[:60]!r}: write a time such as '2026-03-01T18:00Z'"
        ) from error


def _title(text: str) -> str:
    return _storable(" ".join(text.split()))[:_LONGEST_TITLE]


def _name(text: str, field: str) -> str:
    """Return a name as an event would carry it."""
    return _storable(text[: TEXT_CAPS[field]])


def _storable(text: str) -> str:
    """Return a text without what PostgreSQL can't hold: NUL, and halves of surrogate pairs."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", "\ufffd")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
