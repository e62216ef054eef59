"""What is looked up for an event before it is sent, on the sending thread: it takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from cellpulse_hook.cell_metadata import mark_alone
from cellpulse_hook.error_text import WITHHELD, quotes
from cellpulse_hook.event import BY_NAME, CELL_METADATA, FILE, complete
from cellpulse_hook.notebook_file import NotebookFile
from cellpulse_hook.notebook_path import NotebookPath
from cellpulse_hook.preferences import Preferences
from cellpulse_hook.records import Record
from cellpulse_hook.settings import Settings

if TYPE_CHECKING:
    from cellpulse_hook.marks import MarkedCell


class Enricher:
    """Adds the exercise, and the notebook's present name after a rename.

    What the settings do not allow to be sent is left out, also where it was spooled while they
    did: the student's present word counts.
    """

    def __init__(
        self,
        session_id: str,
        notebook: NotebookPath,
        file: NotebookFile,
        settings: Settings,
        preferences: Preferences,
    ) -> None:
        """Ask for a new name only for events of `session_id`, whose kernel has `notebook`.

        `file` is kept as the notebook is on disk.
        """
        self._session_id = session_id
        self._notebook = notebook
        self._own_file = file
        self._others_file = NotebookFile()
        self._settings = settings
        self._preferences = preferences

    def event(self, record: Record) -> dict[str, Any]:
        """Return the event as it is sent. Raises what `complete` raises."""
        seen = self._allowed(record)
        try:
            return complete(seen, **self._look_up(seen))
        except Exception:  # noqa: BLE001 - the event matters more than what is added to it
            return complete(seen)

    def known_event(self, record: Record) -> dict[str, Any]:
        """Return the event without what has to be looked up. Raises as `event` does."""
        return complete(self._allowed(record))

    def _allowed(self, record: Record) -> dict[str, Any]:
        seen = record.content()
        allowed = self._preferences.code
        if not (allowed and self._settings.send_output):
            seen.pop("output", None)
        if not (allowed and self._settings.send_code):
            code = str(seen.pop("code", ""))
            if quotes(str(seen.get("error_message")), code):
                seen["error_message"] = WITHHELD
        return seen

    def _look_up(self, seen: dict[str, Any]) -> dict[str, Optional[str]]:
        path: Optional[str] = seen.get(FILE)
        found: dict[str, Optional[str]] = {}
        is_own = seen.get("session_id") == self._session_id
        file = self._own_file if is_own else self._others_file
        mark = _mark(file, path, seen)
        if is_own and mark is None and not self._holds(path, seen.get("cell_id")):
            # Renamed, or not saved yet; only the server knows.
            self._notebook.refresh()
            if self._notebook.file not in (None, path):
                path = self._notebook.file
                found["notebook"] = self._notebook.name
                mark = _mark(file, path, seen)
            if mark is None:
                mark, name = self._in_another(seen)
                if name is not None:
                    found["notebook"] = name
        if mark is not None:
            found["exercise"], found["exercise_by"] = mark.exercise, mark.marker
        return found

    def _in_another(self, seen: dict[str, Any]) -> tuple[Optional[MarkedCell], Optional[str]]:
        """Return what marks the cell, and the notebook, where another one of the kernel has it."""
        cell_id = seen.get("cell_id")
        for path, name in self._notebook.others.items():
            mark = self._others_file.marked(path, cell_id)
            if mark is not None and cell_id is not None and mark.cell_id == cell_id:
                return mark, name
        return None, None

    def _holds(self, path: Optional[str], cell_id: Optional[str]) -> bool:
        return cell_id is None and path is not None and self._own_file.read(path)


def _mark(file: NotebookFile, path: Optional[str], seen: dict[str, Any]) -> Optional[MarkedCell]:
    """Return what marks the cell of an event, as the notebook at `path` is now."""
    if path is None:
        return mark_alone(seen.get(CELL_METADATA))
    by_name = file.marked_check(path, seen["check_name"]) if seen.get(BY_NAME) else None
    return by_name or file.marked(
        path, seen.get("cell_id"), seen.get("code_sha256"), seen.get(CELL_METADATA)
    )
