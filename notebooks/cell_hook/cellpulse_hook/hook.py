"""The hook as a whole: its parts put together, and its life in a kernel."""

from __future__ import annotations

import atexit
import os
from typing import Any, Optional

from cellpulse_hook import magics
from cellpulse_hook.backlog import Backlog
from cellpulse_hook.capture import Capture
from cellpulse_hook.enrich import Enricher
from cellpulse_hook.ingest import Ingest
from cellpulse_hook.notebook_file import NotebookFile
from cellpulse_hook.notebook_path import NotebookPath
from cellpulse_hook.notice import Notice
from cellpulse_hook.parent import when_parent_ends
from cellpulse_hook.post import Post
from cellpulse_hook.preferences import Preferences
from cellpulse_hook.report import Report
from cellpulse_hook.scoring import Score
from cellpulse_hook.sender import Sender
from cellpulse_hook.session import Session
from cellpulse_hook.settings import Settings, read_settings
from cellpulse_hook.spool import Spool
from cellpulse_hook.spool_folder import folder_of, leftovers
from cellpulse_hook.uuid7 import uuid7

#: Most that the end of a kernel waits for the last events to be sent, in seconds.
_LAST_FLUSH_S = 2.0

_hook: Optional[Hook] = None


class Hook:
    """Records one kernel's session, from its start to its end."""

    def __init__(self, shell: Any, settings: Settings) -> None:
        """Put the parts together and record that the session started."""
        self.settings = settings
        self.ingest = Ingest(settings, os.environ)
        self.preferences = Preferences()
        self.notice = Notice(self._wake)
        self.report = Report()
        session_id = str(uuid7())
        notebook = NotebookPath(os.environ, _connection_file(shell))
        root = settings.spool_folder
        folder = folder_of(root, settings.course_id, settings.student_id)
        self.spool = Spool(root, folder, session_id, settings.spool_limit_bytes)
        file = NotebookFile(first=notebook.file)
        self.enricher = Enricher(session_id, notebook, file, settings, self.preferences)
        self._backlog = Backlog(self.spool, leftovers(folder))
        self._sender = Sender(
            self._backlog,
            self.enricher.event,
            Post(self.ingest, self.preferences, self.notice),
            self.report,
            self._before_sending,
        )
        self.session = Session(
            session_id, settings, notebook, self.spool, self.preferences, self._sender.wake
        )
        self.capture = Capture(
            shell,
            self.session,
            file.mark_of,
            settings.send_code,
            settings.send_output,
            self.notice.show,
        )
        self.session.record("session_started", {})
        self._sender.start()
        atexit.register(self._end)
        when_parent_ends(self._end, os.environ)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._abandon)

    def _wake(self) -> None:
        self._sender.wake()

    def _before_sending(self) -> None:
        """Say what was seen, and ask: while nothing is sent, no answer says that it goes on."""
        self.notice.confirm(self.ingest, self.settings)
        if not self.preferences.recording:
            self.preferences.ask(self.ingest, self.settings)

    def _end(self) -> None:
        if self.session.closed:
            return
        self.session.end()
        self._sender.stop(_LAST_FLUSH_S)
        self.spool.close()

    def _abandon(self) -> None:
        """In a forked child: the session stays the parent's, who alone records and sends."""
        self.session.closed = True
        self.spool.abandon()
        self._backlog.abandon()


def load(shell: Any) -> None:
    """Start the hook in `shell`, or go on with the one that runs. Never raises."""
    global _hook  # noqa: PLW0603 - a kernel has one session, however often this is loaded
    try:
        settings = read_settings(os.environ)
        problems = list(settings.problems)
        if getattr(shell, "kernel", None) is None:
            problems.append("this is not a notebook's kernel")
        if _hook is None and not problems:
            _hook = Hook(shell, settings)
        if _hook is not None:
            _hook.capture.register()
        magics.register(shell, _hook, problems)
    except Exception:  # noqa: BLE001 - a notebook never sees our faults
        return


def unload(shell: Any) -> None:  # noqa: ARG001 - IPython passes it
    """Stop recording; the session goes on if the hook is loaded again. Never raises."""
    try:
        if _hook is not None:
            _hook.capture.unregister()
    except Exception:  # noqa: BLE001 - a notebook never sees our faults
        return


def record_check(name: str, score: Score) -> None:
    """Record the result that a notebook gives itself, if the hook runs. Never raises Exception."""
    if _hook is not None:
        _hook.capture.record_check(name, score)


def _connection_file(shell: Any) -> str:
    application = getattr(shell.kernel, "parent", None)
    return str(getattr(application, "abs_connection_file", ""))
