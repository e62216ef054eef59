"""One export in a process of its own: `python -m analytics.export.job FOLDER`.

The API starts it, with the lowest priority that leaves it running, and reads how far it is from the
folder. It ends with the API: its standard input is a pipe whose other end the API holds.
"""

import logging
import os
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from analytics.export.folder import CANCELLED, FILE, ORDER, PROGRESS, Order, Progress, clear
from analytics.export.responses import ExportRequest
from flows.bundle.export import export_bundle
from flows.bundle.options import BundleOptions
from flows.bundle.study import Study
from flows.export.errors import ExportError, NoEventsError
from flows.export.formats import FORMATS, Write
from flows.export.part import Part
from flows.export.source import CourseSource, open_course
from flows.settings import LakeSettings
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError
from ingest_api.quick_end import end_at_once
from ingest_api.settings import BadSettingError, SecretSettings

#: Largest export, in bytes, before it is packed as well as after.
LARGEST_BYTES: Final = 4 * 1024**3
_NICENESS: Final = 10
#: Seconds between two looks whether it was cancelled.
_LOOK_SECONDS: Final = 0.2
#: Seconds between two notes of how far it is.
_NOTE_SECONDS: Final = 0.2
#: 1980 is the first year that a zip file knows; so the same files give the same zip.
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_logger = logging.getLogger(__name__)
_FORESEEN: Final = (BadSettingError, ExportError, UnknownDataVersionError)
_NO_EVENTS: Final = (
    "the course has no events yet: run a cell in one of its notebooks, then start it again"
)
#: What a store or a disk says names addresses and paths of the server.
_AWAY: Final = (
    "a part of Cellpulse does not answer, or has no room for the file: try again, and tell its "
    "operator if it stays; the log of the aggregation API says more"
)
_UNFORESEEN: Final = (
    "this is a fault of the server: try again, and tell its operator if it stays; the log of the "
    "aggregation API says more"
)


class Notes:
    """Writes down how far an export is, at most every fifth of a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next_at = 0.0
        self.progress = Progress()

    def begin(self, source: CourseSource) -> None:
        """Note how many events there are."""
        self.progress.total = source.event_count
        self.progress.snapshot = source.moment.snapshot
        self.write()

    def made(self, events: int) -> None:
        """Note that so many more events are written.

        Raises:
            ExportError: The files have become too large.
        """
        self.progress.done += events
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + _NOTE_SECONDS
            require_room(self._folder / "files")
            self.write()

    def end(self, detail: str | None) -> None:
        """Note that nothing more comes."""
        self.progress.is_ended = True
        self.progress.detail = detail
        self.write()

    def write(self) -> None:
        """Replace what was noted before, as a whole."""
        new = self._folder / f".{PROGRESS}"
        new.write_text(self.progress.model_dump_json())
        new.rename(self._folder / PROGRESS)


def require_room(files: Path) -> None:
    """Go on only while an export is not too large to be kept.

    Raises:
        ExportError: It is.
    """
    if sum(file.stat().st_size for file in files.rglob("*")) > LARGEST_BYTES:
        raise ExportError(
            f"the export is larger than {LARGEST_BYTES / 1024**3:.0f} GB: choose a section or a "
            "shorter time, or let the operator run 'cellpulse export'"
        )


def writer_of(request: ExportRequest) -> Write:
    """Return what writes the format.

    Raises:
        BadSettingError: A bundle's pseudonyms need the platform's secret, and there is none.
    """
    if request.format != "bundle":
        return FORMATS[request.format]
    secret = SecretSettings.load().secret.get_secret_value().encode()
    study = Study(request.study or "", secret)
    options = BundleOptions(study, request.k, request.with_code, request.with_help)
    return partial(export_bundle, options=options)


def run(folder: Path) -> None:
    """Make the zip file of the order in a folder, and note how it went.

    Raises:
        Exception: What was not foreseen, after it was noted.
    """
    notes = Notes(folder)
    notes.write()
    try:
        order = Order.model_validate_json((folder / ORDER).read_text())
        _make(order, folder, notes)
    except NoEventsError:  # it names other courses, which whoever asked may not see
        notes.end(_NO_EVENTS)
    except _FORESEEN as error:
        notes.end(str(error).splitlines()[0])
    except (StoreUnavailableError, OSError) as error:
        _logger.warning("the export in %s came to nothing: %s", folder, error)
        notes.end(_AWAY)
    except BaseException:
        notes.end(_UNFORESEEN)
        raise
    else:
        notes.end(None)
    finally:
        clear(folder)


def _make(order: Order, folder: Path, notes: Notes) -> None:
    files, scratch = folder / "files", folder / "scratch"
    files.mkdir()
    scratch.mkdir()
    request = order.request
    part = Part(request.section, request.start, request.until)
    write = writer_of(request)
    with open_course(LakeSettings.load(), order.course_id, scratch, None, part) as source:
        notes.begin(source)
        write(source, files, notes.made)
    require_room(files)
    _pack(files, folder / FILE)


def _pack(files: Path, target: Path) -> None:
    new = target.with_suffix(".part")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        for file in sorted(file for file in files.rglob("*") if file.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(files)), _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.file_size = file.stat().st_size
            with file.open("rb") as data, packed.open(entry, "w") as into:
                shutil.copyfileobj(data, into, 1024 * 1024)
    new.rename(target)


def end_with(standard_input: int, end: Callable[[], None]) -> None:
    """Wait until nobody holds the other end of a pipe any more, then end."""
    while os.read(standard_input, 1):
        pass
    end()


def end_when_cancelled(folder: Path, end: Callable[[], None]) -> None:
    """Wait until an API notes that the export is not wanted any more, then end.

    It need not be the API that started it.
    """
    while not (folder / CANCELLED).exists():
        time.sleep(_LOOK_SECONDS)
    end()


def main() -> None:
    """Run the export whose folder is named."""
    os.nice(_NICENESS)
    folder = Path(sys.argv[1])
    gone = partial(os._exit, 1)
    for wait, what in ((end_with, sys.stdin.fileno()), (end_when_cancelled, folder)):
        threading.Thread(target=wait, args=(what, gone), daemon=True).start()
    run(folder)


if __name__ == "__main__":
    end_at_once()
    main()
