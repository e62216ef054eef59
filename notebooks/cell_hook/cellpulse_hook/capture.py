"""The two callbacks around each cell, the only part of the hook that a student waits for."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from cellpulse_hook.cell_metadata import own_metadata
from cellpulse_hook.error_line import error_line
from cellpulse_hook.error_text import error_message, error_name
from cellpulse_hook.event import BY_NAME, CELL_METADATA, start_of
from cellpulse_hook.graders import GraderWatch
from cellpulse_hook.output import Heard, OutputTap
from cellpulse_hook.scoring import Score, score_assert, score_nbgrader
from cellpulse_hook.session import Session

if TYPE_CHECKING:
    from cellpulse_hook.marks import MarkedCell

#: More cells than this never run inside each other; what is left over lost its end.
_MOST_OPEN_RUNS = 20
_INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)


class _Run(NamedTuple):
    info: Any
    cell_id: Optional[str]
    code_sha256: str
    #: What the page sent of its own metadata, where that marks it.
    metadata: Optional[dict[str, Any]]
    #: What marks its cell.
    mark: Optional[MarkedCell]
    #: The error that was shown before.
    shown_before: Optional[BaseException]
    #: What it shows, where that is sent or scored.
    heard: Optional[Heard]
    started_ns: int


class Capture:
    """Turns each run of a cell into an event."""

    def __init__(
        self,
        shell: Any,
        session: Session,
        mark_of: Callable[[Optional[str], str, Optional[dict[str, Any]]], Optional[MarkedCell]],
        send_code: bool,
        send_output: bool,
        after_run: Callable[[], None] = lambda: None,
    ) -> None:
        """Record what `shell` runs.

        Args:
            shell: The kernel's IPython.
            session: Keeps what is recorded.
            mark_of: Returns what marks a cell by its id, its code's SHA-256 and its own metadata,
                without reading anything.
            send_code: Whether the code is recorded.
            send_output: Whether the output is recorded.
            after_run: Called after each run that was recorded.
        """
        self._shell = shell
        self._session = session
        self._mark_of = mark_of
        self._send_code = send_code
        self._after_run = after_run
        self._tap = OutputTap(shell, keeps_text=send_output)
        self._graders = GraderWatch(functools.partial(self.record_check, by_name=True))
        # By the identity of what IPython passes to both callbacks: cells can run inside cells.
        self._open: dict[int, _Run] = {}
        self.registered = False

    def register(self) -> None:
        """Have IPython call this around each cell. Twice is once."""
        if not self.registered:
            self._shell.events.register("pre_run_cell", self.pre_run_cell)
            self._shell.events.register("post_run_cell", self.post_run_cell)
            self.registered = True

    def unregister(self) -> None:
        """Undo `register`."""
        if self.registered:
            self._shell.events.unregister("pre_run_cell", self.pre_run_cell)
            self._shell.events.unregister("post_run_cell", self.post_run_cell)
            self.registered = False
            self._forget_runs()

    def pre_run_cell(self, info: Any) -> None:
        """Note when a student's cell starts. Never raises."""
        try:
            if self._session.paused or info.silent or not info.store_history:
                return
            if len(self._open) >= _MOST_OPEN_RUNS:
                self._forget_runs()
            self._graders.look()
            self._open[id(info)] = self._start(info)
        except (Exception, KeyboardInterrupt):  # noqa: BLE001 - a notebook never sees our faults
            return

    def post_run_cell(self, result: Any) -> None:
        """Record how the cell ended. Never raises."""
        try:
            ended_ns = time.perf_counter_ns()
            run = self._close(result)
            if run is None:
                return
            if run.heard is not None:
                self._tap.stop(run.heard)
            fields = self._run_fields(run, result, ended_ns)
            self._session.record("cell_run", fields)
            score = _score(run, ran_ok=fields["status"] == "ok")
            if score is not None and run.mark is not None:
                self._record_check(run, run.mark.check or "", score)
            self._after_run()
        except (Exception, KeyboardInterrupt):  # noqa: BLE001 - a notebook never sees our faults
            return

    def record_check(self, name: str, score: Score, *, by_name: bool = False) -> None:
        """Record the result of a check that ran just now, in the cell that runs, if any does.

        Its exercise is that of the cell, or with `by_name` that of the check of this name: one
        cell may run all of a notebook's checks. Never raises Exception.
        """
        with contextlib.suppress(Exception):  # a notebook never sees our faults
            if self.registered:
                run = next(reversed(self._open.values()), None)
                self._record_check(run, name, score, by_name=by_name)

    def record_hand(self, question: Optional[str]) -> None:
        """Record that the student's hand goes up with a question, which may be empty; None: down.

        It belongs to the exercise of the cell that asks, if any does.
        """
        run = next(reversed(self._open.values()), None)
        fields = _where(run)
        if question:
            fields["help_message"] = start_of(question, "help_message")
        self._session.record("help_resolved" if question is None else "help_requested", fields)

    def _start(self, info: Any) -> _Run:
        code: str = info.raw_cell
        cell_id = _cell_id(info)
        sha256 = hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
        metadata = own_metadata(self._shell, getattr(info, "cell_id", None))
        mark = self._mark_of(cell_id, sha256, metadata)
        heard = self._tap.start() if self._tap.keeps_text or _is_nbgrader(mark) else None
        return _Run(
            info, cell_id, sha256, metadata, mark, _error_shown(), heard, time.perf_counter_ns()
        )

    def _run_fields(self, run: _Run, result: Any, ended_ns: int) -> dict[str, Any]:
        code = run.info.raw_cell
        fields = {
            CELL_METADATA: run.metadata,
            "cell_id": run.cell_id,
            "execution_count": getattr(result, "execution_count", None),
            "duration_ms": round((ended_ns - run.started_ns) / 1e6, 3),
            "code_sha256": run.code_sha256,
            "code_lines": len(code.splitlines()),
            "code_chars": len(code),
        }
        error = _error(self._shell, run, result)
        fields["status"] = _status(error)
        if error is not None:
            fields["error_name"] = error_name(error)
            fields["error_message"] = error_message(error, code, self._send_code)
            fields["error_line"] = error_line(error, code, self._shell.user_ns)
        if self._send_code:
            fields["code"] = start_of(code, "code")
        output = run.heard.text() if run.heard is not None else ""
        if output:
            fields["output"] = output
        return fields

    def _forget_runs(self) -> None:
        """Forget the runs of which no end will come."""
        self._open.clear()
        self._tap.stop_all()

    def _record_check(
        self, run: Optional[_Run], name: str, score: Score, *, by_name: bool = False
    ) -> None:
        fields = {
            BY_NAME: by_name,
            **_where(run),
            "check_name": start_of(name, "check_name"),
            **score._asdict(),
        }
        self._session.record("check_result", fields)

    def _close(self, result: Any) -> Optional[_Run]:
        """Return the run that ended, or None for one that is not recorded."""
        if result is None:  # an asynchronous cell that was interrupted early
            return self._open.popitem()[1] if self._open else None
        run = self._open.pop(id(result.info), None)
        if run is None:
            # Where showing the error failed too, IPython makes its result anew.
            same = [key for key, open_ in self._open.items() if _alike(open_.info, result.info)]
            run = self._open.pop(same[-1]) if same else None
        return run


def _where(run: Optional[_Run]) -> dict[str, Any]:
    """Return what tells the exercise of something that happened in a run."""
    return {
        CELL_METADATA: None if run is None else run.metadata,
        "cell_id": None if run is None else run.cell_id,
        # Where cells have no id, their exercise is known by it.
        "code_sha256": None if run is None else run.code_sha256,
    }


def _is_nbgrader(mark: Optional[MarkedCell]) -> bool:
    return mark is not None and mark.check_kind == "nbgrader"


def _score(run: _Run, *, ran_ok: bool) -> Optional[Score]:
    """Return the result of the check that the cell itself is; the others' graders tell theirs."""
    mark = run.mark
    if mark is None or not mark.check:
        return None
    if mark.check_kind == "assert":
        return score_assert(mark.points, ran_ok=ran_ok)
    if _is_nbgrader(mark) and run.heard is not None:
        return score_nbgrader(run.heard, mark.points, ran_ok=ran_ok)
    return None


def _alike(one: Any, other: Any) -> bool:
    return all(
        getattr(one, name, None) == getattr(other, name, None)
        for name in ("raw_cell", "store_history", "silent", "cell_id")
    )


def _error(shell: Any, run: _Run, result: Any) -> Optional[BaseException]:
    if result is None:
        # IPython itself was left by what is being raised now.
        return sys.exc_info()[1] or KeyboardInterrupt()
    error: Optional[BaseException] = result.error_before_exec
    if error is None:
        error = result.error_in_exec
    if error is None and getattr(shell, "_last_traceback_during_displayhook", False):
        # The value of the cell could not be shown: JupyterLab marks the cell as failed. An
        # asynchronous cell does not reset what an earlier one left there.
        shown = _error_shown()
        error = shown if shown is not run.shown_before else None
    return error


def _error_shown() -> Optional[BaseException]:
    return getattr(sys, "last_value", None)


def _status(error: Optional[BaseException]) -> str:
    if error is None:
        return "ok"
    return "interrupted" if isinstance(error, _INTERRUPTIONS) else "error"


def _cell_id(info: Any) -> Optional[str]:
    cell_id = getattr(info, "cell_id", None)
    # VS Code's begins with the notebook's path on the student's machine, which stays there.
    return str(cell_id).rpartition("#")[2] if cell_id else None
