"""The exports of the API: started as processes, kept as folders, deleted in time.

An export's folder says all about it, so that it outlives the API that started it. Whether its
process still runs tells a lock on a file in it, which ends with the process, whatever ends it.
"""

import fcntl
import logging
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydantic import ValidationError

from analytics.export.folder import (
    CANCELLED,
    FILE,
    ORDER,
    PROGRESS,
    Cancelled,
    Order,
    Progress,
    clear,
)
from analytics.export.responses import Export, ExportRequest
from analytics.settings import ApiSettings
from ingest_api.problems import Problem

#: How long a file is kept, from when its export was started.
KEPT: Final = timedelta(hours=24)
#: What all files together may take, in bytes; the oldest go first.
KEPT_BYTES: Final = 8 * 1024**3
#: How many exports of all courses may run at once.
AT_ONCE: Final = 2
_LOCK: Final = "lock"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_STOPPED: Final = "it was stopped together with the aggregation API: start it again"
_CANCELLED: Final = "it was cancelled: start it again if it is needed after all"
_logger = logging.getLogger(__name__)


class ExportJobs:
    """Starts, lists and forgets exports; safe to use from many threads.

    Args:
        settings: Where the lake is, and where exports are kept.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._folder = Path(settings.exports_path)
        self._environment = {
            "CELLPULSE_POSTGRES_URL": settings.postgres_url,
            "CELLPULSE_LAKE_PATH": settings.lake_path,
            "CELLPULSE_SECRET": settings.secret.get_secret_value(),
        }
        self._starting = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, course_id: str, request: ExportRequest, who: str | None) -> Export:
        """Start an export of a course.

        Raises:
            Problem: 409 while another one of the course runs, 429 while too many others do.
        """
        with self._starting:
            running = [each for each in self._all() if each.state == "running"]
            if any(each.course_id == course_id for each in running):
                raise Problem(
                    HTTPStatus.CONFLICT,
                    "an export of this course is running: wait until it is done "
                    "(GET …/exports says how far it is)",
                )
            if len(running) >= AT_ONCE:
                raise Problem(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    f"{AT_ONCE} exports are running, and no more at once: try again later",
                    {"Retry-After": "10"},
                )
            export_id = uuid4().hex
            self._start(self._folder / export_id, course_id, request, who)
        # In the log of the API stands who took what out of it.
        _logger.info(
            "export %s: course %r as %s (section %r, from %s, to %s) by %s",
            export_id,
            course_id,
            request.format,
            request.section,
            request.start,
            request.until,
            _named(who),
        )
        return self.find(course_id, export_id)

    def of_course(self, course_id: str) -> list[Export]:
        """Return the exports of a course that are kept, newest first."""
        found = [each for each in self._all() if each.course_id == course_id]
        return sorted(found, key=lambda each: each.started_at, reverse=True)

    def find(self, course_id: str, export_id: str) -> Export:
        """Return one export.

        Raises:
            Problem: 404, the course has no such export, or it is kept no longer.
        """
        found = self._read(self._folder / export_id) if _ID.fullmatch(export_id) else None
        if found is None or found.course_id != course_id:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "there is no such export of this course, or its time is over: start it again",
            )
        return found

    def file(self, course_id: str, export_id: str, who: str | None) -> Path:
        """Return the zip file of an export that is done.

        Raises:
            Problem: 404 for no such export, 409 while it is not done or where it never will be.
        """
        found = self.find(course_id, export_id)
        if found.state != "done":
            raise Problem(
                HTTPStatus.CONFLICT, found.detail or "the export is not done yet: try again later"
            )
        _logger.info("export %s: taken by %s", export_id, _named(who))
        return self._folder / export_id / FILE

    def cancel(self, course_id: str, export_id: str, who: str | None) -> Export:
        """End an export that runs, and leave nothing of it but what it was.

        One that has ended stays as it is.

        Raises:
            Problem: 404 for no such export.
        """
        if self.find(course_id, export_id).state == "running":
            place = self._folder / export_id
            process = self._processes.get(export_id)
            if process is not None:  # else another API started it: its process looks for the note
                _end(process, at_once=True)
                clear(place)
            (place / CANCELLED).write_text(Cancelled(by=who).model_dump_json())
            _logger.info("export %s: cancelled by %s", export_id, _named(who))
        return self.find(course_id, export_id)

    def close(self) -> None:
        """End what runs."""
        for process in self._processes.values():
            _end(process)

    def _start(self, place: Path, course_id: str, request: ExportRequest, who: str | None) -> None:
        try:
            place.mkdir(parents=True, mode=0o700)
            order = Order(
                course_id=course_id,
                started_by=who,
                started_at=datetime.now(UTC).timestamp(),
                request=request,
            )
            with (place / _LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                (place / ORDER).write_text(order.model_dump_json(by_alias=True))
                for name, each in list(self._processes.items()):
                    if each.poll() is not None:
                        _end(self._processes.pop(name))
                # The lock is handed on with its file, and so never free in between.
                self._processes[place.name] = subprocess.Popen(
                    (sys.executable, "-m", "analytics.export.job", str(place)),
                    env={**os.environ, **self._environment},
                    stdin=subprocess.PIPE,
                    pass_fds=(lock.fileno(),),
                )
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the export can't be written: {error.strerror or error}; tell the operator, who "
                "can make room in the data folder",
            ) from error

    def _all(self) -> list[Export]:
        """Return what is kept, after what is kept no longer was deleted."""
        found = [] if not self._folder.is_dir() else sorted(self._folder.iterdir())
        exports = [(place, self._read(place)) for place in found]
        kept = []
        room = KEPT_BYTES
        for place, each in sorted(
            ((place, each) for place, each in exports if each is not None),
            key=lambda pair: pair[1].started_at,
            reverse=True,
        ):
            room -= each.file_bytes or 0
            is_over = each.state != "running" and datetime.now(UTC) >= each.started_at + KEPT
            if is_over or (room < 0 and each.file_bytes):
                shutil.rmtree(place, ignore_errors=True)
            else:
                kept.append(each)
        return kept

    def _read(self, place: Path) -> Export | None:
        """Return what a folder says; None for what is no export's folder, or not yet.

        What an export left that ended before its time is deleted.
        """
        try:
            # First the lock: whoever notes the end afterwards was still running before.
            runs = _is_held(place / _LOCK)
            order = Order.model_validate_json((place / ORDER).read_text())
            noted = place / PROGRESS
            progress = (
                Progress.model_validate_json(noted.read_text()) if noted.exists() else Progress()
            )
            cancelled = _cancelled(place)
            if not runs and (cancelled is not None or not progress.is_ended):
                clear(place)
            if cancelled is not None:
                (place / FILE).unlink(missing_ok=True)
            size = (place / FILE).stat().st_size if (place / FILE).exists() else None
        except (OSError, ValidationError):
            return None
        export = _export(place.name, order, progress, runs=runs, size=size)
        if cancelled is None:
            return export
        of_it = {"state": "cancelled", "detail": _CANCELLED, "cancelled_by": cancelled.by}
        return export.model_copy(update={**of_it, "kept_until": None})


def _end(process: subprocess.Popen[bytes], *, at_once: bool = False) -> None:
    """End a process; it may have a moment to do so by itself."""
    if process.stdin is not None:
        process.stdin.close()
    if not at_once:
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
    process.kill()
    process.wait()


def _cancelled(place: Path) -> Cancelled | None:
    noted = place / CANCELLED
    return Cancelled.model_validate_json(noted.read_text()) if noted.exists() else None


def _named(who: str | None) -> str:
    return "a token that was handed out" if who is None else repr(who)


def _export(
    export_id: str, order: Order, progress: Progress, *, runs: bool, size: int | None
) -> Export:
    detail = progress.detail
    is_done = progress.is_ended and detail is None and size is not None
    if is_done:
        state = "done"
    elif progress.is_ended:
        state = "failed"
    elif runs:
        state = "running"
    else:
        state, detail = "stopped", _STOPPED
    request = order.request
    started_at = datetime.fromtimestamp(order.started_at, UTC)
    return Export.model_validate(
        {
            "export_id": export_id,
            "course_id": order.course_id,
            "format": request.format,
            "section": request.section,
            "start": request.start,
            "until": request.until,
            "study": request.study,
            "started_by": order.started_by,
            "started_at": started_at,
            "state": state,
            "done": progress.done,
            "total": progress.total,
            "snapshot": progress.snapshot,
            "file_bytes": size if is_done else None,
            "kept_until": started_at + KEPT if is_done else None,
            "detail": detail,
        }
    )


def _is_held(path: Path) -> bool:
    """Tell whether a process holds the lock of a file."""
    file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
