"""Which notebook this kernel belongs to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Optional

from cellpulse_hook.event import whole

_KERNEL_FILE = re.compile(r"kernel-(.+)\.json$")
_SHARED_DRIVE = "RTC:"
_ASK_TIMEOUT_S = 1.0
_ASK_AGAIN_AFTER_S = 30.0


class NotebookPath:
    """The path of the kernel's notebook, as far as it is known.

    Attributes:
        name: The path below Jupyter's root folder, with forward slashes, so that it is the same
            for all students; only the file's name where the root is not known; None for a
            console or where there is no notebook.
        file: The absolute path on this machine, or None. It is never sent.
        others: The same of what else uses this kernel, by file the name.
    """

    def __init__(self, environ: Mapping[str, str], connection_file: str) -> None:
        """Read what the Jupyter server left in the environment and beside `connection_file`."""
        self.name: Optional[str] = None
        self.file: Optional[str] = None
        self.others: dict[str, str] = {}
        kernel = _KERNEL_FILE.search(connection_file)
        self._kernel_id = kernel.group(1) if kernel else None
        self._server = _server_info(connection_file, environ.get("JPY_PARENT_PID", ""))
        self._ask_at = 0.0
        started_with = environ.get("JPY_SESSION_NAME", "")
        path = _without_drive(started_with)
        if path.suffix:  # a console's name has none
            # Jupyter starts a kernel in its notebook's folder.
            self._take(path if path.is_absolute() else Path.cwd() / path.name, path)

    def refresh(self) -> bool:
        """Ask the Jupyter server, at most every 30 s, and return whether the path is another now.

        The environment is as old as the kernel: after a rename only the server knows. Blocks for
        up to a second, so it is for the sending thread.
        """
        if self._kernel_id is None or not self._server or time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + _ASK_AGAIN_AFTER_S
        before = self.file
        root = str(self._server.get("root_dir", ""))
        found = {}
        for session in self._sessions():
            if session.get("kernel", {}).get("id") == self._kernel_id:
                path = _without_drive(str(session.get("path", "")))
                if path.suffix:
                    found[str(PurePath(root, path))] = path
        if found and self.file not in found:
            path = list(found.values())[-1]
            self._take(PurePath(root, path), path)
        self.others = {
            file: self._name_of(PurePath(file), path)
            for file, path in found.items()
            if file != self.file
        }
        return self.file != before

    def _take(self, file: PurePath, given: PurePath) -> None:
        # The name first: another thread that sees the new file must see the new name too.
        self.name = self._name_of(file, given)
        self.file = str(file)

    def _name_of(self, file: PurePath, given: PurePath) -> str:
        return whole(self._below_root(file, given).as_posix())

    def _below_root(self, file: PurePath, given: PurePath) -> PurePath:
        if not given.is_absolute():
            return given
        try:
            return file.relative_to(str(self._server["root_dir"]))
        except (KeyError, ValueError):
            return PurePath(file.name)

    def _sessions(self) -> list[dict[str, Any]]:
        url = str(self._server.get("url", "")) + "api/sessions"
        token = str(self._server.get("token", ""))
        if not url.startswith(("http://", "https://")):
            return []
        try:
            from cellpulse_hook.asking import read_local  # noqa: PLC0415 - see there

            sessions = json.loads(read_local(url, token, _ASK_TIMEOUT_S))
        except (OSError, ValueError):
            return []
        return [session for session in sessions if isinstance(session, dict)]


def _without_drive(path: str) -> PurePath:
    """Return the path of a notebook that several people edit at once like that of any other."""
    return PurePath(path.removeprefix(_SHARED_DRIVE))


def _server_info(connection_file: str, server_pid: str) -> dict[str, Any]:
    """Return what the Jupyter server that started this kernel says of itself, or nothing."""
    path = Path(connection_file).parent / f"jpserver-{server_pid}.json"
    try:
        info = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return info if isinstance(info, dict) else {}
