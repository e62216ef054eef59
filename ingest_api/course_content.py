"""What a registered course consists of, and which of its exercises an event belongs to.

`cellpulse course register` keeps it in PostgreSQL and publishes this compact copy of it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from ingest_api.events import EXTRA_CAP, ProgressEvent
from ingest_api.published_copies import require_format

FORMAT: Final = 1
#: Names under `extra`: what named the exercise, as the hook says, and what a client reported
#: where a registration says otherwise.
EXERCISE_BY: Final = "exercise_by"
REPORTED_EXERCISE: Final = "reported_exercise"
#: In place of an exercise: the cell is known, and belongs to none.
OUTSIDE: Final = -1
#: Marks of a cell itself, unlike a heading somewhere above it.
_OWN_MARKS: Final = ("nbgrader", "otter", "okpy", "tag")


class NotebookCells(BaseModel):
    """How the cells of one notebook are known; each value is an exercise's place, or `OUTSIDE`.

    Attributes:
        path: Where it lies in the course's folder.
        cell_ids: By the cell's id.
        sources: By the SHA-256 of the source as it was handed out, where only one cell has it.
        names: By the name that the notebook itself gives to the exercise.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    cell_ids: dict[str, int] = {}
    sources: dict[str, int] = {}
    names: dict[str, int] = {}


#: In place of a notebook that the course does not have.
_UNKNOWN: Final = NotebookCells(path="")


class CourseContent(BaseModel):
    """One registered course.

    Attributes:
        exercises: The names of those that are not retired, in their order.
        notebooks: Its notebooks, in their order.
        checks: Of each check whose name only one exercise has, the exercise's place.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    exercises: list[str]
    notebooks: list[NotebookCells]
    checks: dict[str, int] = {}


@dataclass(frozen=True)
class ExerciseFinder:
    """Finds the exercise of an event of one course."""

    content: CourseContent

    def resolve(self, event: ProgressEvent) -> ProgressEvent:
        """Return the event with its registered exercise, or none where it is outside of them."""
        changes = self.changes(event)
        return event.model_copy(update=changes) if changes else event

    def changes(self, event: Any) -> dict[str, Any]:
        """Return the fields of an event that differ where its exercise is the registered one.

        What the client reported is kept under `extra` where it was changed, if there is room.
        """
        found = self._find(event)
        exercise = None if found is None else self.content.exercises[found]
        if exercise == (event.exercise or None):
            return {}
        changes: dict[str, Any] = {"exercise": exercise}
        if event.exercise:
            extra = {**(event.extra or {}), REPORTED_EXERCISE: event.exercise}
            if len(json.dumps(extra, ensure_ascii=False)) <= EXTRA_CAP:
                changes["extra"] = extra
            else:
                cut = event.truncated or []
                changes["truncated"] = [*cut, "extra"] if "extra" not in cut else cut
        return changes

    def _find(self, event: Any) -> int | None:
        if event.type == "check_result" and event.check_name in self.content.checks:
            # Wherever it was run: one cell may run all of a notebook's checks.
            return self.content.checks[event.check_name]
        notebook = self._notebook(event.notebook)
        if event.cell_id:
            place = _first(event.cell_id, notebook.cell_ids, self._cell_ids)
            if place is not None:
                return _inside(place)
        if event.code_sha256:
            place = _first(event.code_sha256, notebook.sources, self._sources)
            if place is not None and place != OUTSIDE:
                return place
        if event.exercise and self._counts(event, notebook):
            return _inside(_first(event.exercise, notebook.names, self._names))
        return None

    def _counts(self, event: Any, notebook: NotebookCells) -> bool:
        """Tell whether the name that the client reported says where the run belongs."""
        by = (event.extra or {}).get(EXERCISE_BY)
        if not event.cell_id or by in _OWN_MARKS:
            return True
        # Below a heading stands also what the student added. Only where the notebook's cells
        # can't be known by their ids is that better than nothing.
        return by == "heading" and notebook is not _UNKNOWN and not notebook.cell_ids

    def _notebook(self, path: str | None) -> NotebookCells:
        """Return the notebook that has the file's name, of several the one in the same folders."""
        if not path:
            return _UNKNOWN
        parts = PurePosixPath(path).parts
        candidates = self._by_file_name.get(parts[-1] if parts else "", [])
        alike = [(common_end(parts, PurePosixPath(n.path).parts), n) for n in candidates]
        most = max((count for count, _ in alike), default=0)
        best = [notebook for count, notebook in alike if count == most]
        return best[0] if len(best) == 1 else _UNKNOWN

    @cached_property
    def _by_file_name(self) -> dict[str, list[NotebookCells]]:
        named: dict[str, list[NotebookCells]] = {}
        for notebook in self.content.notebooks:
            named.setdefault(PurePosixPath(notebook.path).name, []).append(notebook)
        return named

    @cached_property
    def _cell_ids(self) -> dict[str, int]:
        return _unambiguous(notebook.cell_ids for notebook in self.content.notebooks)

    @cached_property
    def _sources(self) -> dict[str, int]:
        return _unambiguous(notebook.sources for notebook in self.content.notebooks)

    @cached_property
    def _names(self) -> dict[str, int]:
        own = {name: place for place, name in enumerate(self.content.exercises)}
        return _unambiguous(notebook.names for notebook in self.content.notebooks) | own


def read_content(text: str | bytes) -> CourseContent:
    """Read a compact copy.

    Raises:
        ValueError: It is not one, or of a format that this version does not know.
    """
    content = CourseContent.model_validate_json(text)
    require_format(content.format, FORMAT)
    places = [place for notebook in content.notebooks for place in _places(notebook)]
    if any(not OUTSIDE <= place < len(content.exercises) for place in places):
        raise ValueError("a cell belongs to an exercise that is not there")
    return content


def _places(notebook: NotebookCells) -> Iterable[int]:
    for by in (notebook.cell_ids, notebook.sources, notebook.names):
        yield from by.values()


def _first(key: str, *tables: dict[str, int]) -> int | None:
    return next((table[key] for table in tables if key in table), None)


def _inside(place: int | None) -> int | None:
    return None if place == OUTSIDE else place


def _unambiguous(tables: Iterable[dict[str, int]]) -> dict[str, int]:
    """Merge tables; what they say different things about is left out."""
    merged: dict[str, int] = {}
    unclear = set()
    for table in tables:
        for key, place in table.items():
            if merged.setdefault(key, place) != place:
                unclear.add(key)
    return {key: place for key, place in merged.items() if key not in unclear}


def common_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return how many parts two paths have in common, counted from their ends."""
    count = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine != theirs:
            break
        count += 1
    return count
