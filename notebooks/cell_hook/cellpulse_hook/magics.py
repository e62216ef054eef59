"""`%cellpulse`: what the hook does, for the student who asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Optional

from cellpulse_hook import __version__

if TYPE_CHECKING:
    from cellpulse_hook.hook import Hook
    from cellpulse_hook.records import Record

_SHOWN_WAITING = 50
_WORDS = 'status | help "my question" | help done | me | notice | pause | resume | show'
_USAGE = f"Usage: %cellpulse {_WORDS}"


def register(shell: Any, hook: Optional[Hook], problems: list[str]) -> None:
    """Give `shell` the magic `%cellpulse`. Where `hook` is None, it tells the `problems`."""
    from IPython.core.magic import no_var_expand  # noqa: PLC0415 - only a notebook has it

    # A question is sent as it was typed: IPython would put the values of `{x}` and `$x` there.
    @no_var_expand
    def cellpulse(line: str) -> None:
        """Ask Cellpulse: %cellpulse status | help "…" | me | notice | pause | resume | show."""
        print(answer(line, hook, problems))  # noqa: T201 - the student asked

    shell.register_magic_function(cellpulse, "line", "cellpulse")


def answer(line: str, hook: Optional[Hook], problems: list[str]) -> str:
    """Return what `%cellpulse` says to `line`, and do it."""
    word, _, rest = (line.strip() or "status").partition(" ")
    if word != "help" and (word not in _ANSWERS or rest):
        return _USAGE
    if hook is None:
        return "\n".join([f"Cellpulse {__version__} is off in this kernel:", *problems])
    return _help(hook, rest) if word == "help" else _ANSWERS[word](hook)


def _status(hook: Hook) -> str:
    settings = hook.settings
    sent, refused, problem = hook.report.numbers()
    allowed = hook.preferences
    recording = hook.capture.registered and not hook.session.paused and allowed.recording
    with_code = allowed.code and settings.send_code
    with_output = allowed.code and settings.send_output
    waiting, dropped = hook.spool.count_waiting(), hook.spool.dropped
    lines = [
        f"Cellpulse {__version__} is {'recording' if recording else 'paused'}",
        f"student {settings.student_id} of course {settings.course_id}, to {settings.url}",
        f"recorded {hook.session.recorded}, sent {sent}, waiting {waiting}",
        f"refused by the server {refused}, dropped at the spool's limit {dropped}",
        f"code is {_sent(with_code)}, output is {_sent(with_output)}",
        *_as_on_own_page(hook),
        *settings.warnings,
    ]
    elsewhere = hook.spool.count_waiting_elsewhere()
    if elsewhere:
        lines.append(f"of other kernels, earlier or running, {elsewhere} more events wait")
    if problem:
        lines.append(f"nothing can be sent just now: {problem}")
    if hook.spool.disk_problem:
        lines.append(f"events wait in memory only: {hook.spool.disk_problem}")
    lines += [
        f"refused: event {r.seq} of {r.session_id}: {r.reason}" for r in hook.report.refusals()
    ]
    return "\n".join(lines)


def _as_on_own_page(hook: Hook) -> list[str]:
    said = []
    if not hook.preferences.recording:
        said.append("on your own page (%cellpulse me) recording is switched off")
    if not hook.preferences.code:
        said.append("on your own page (%cellpulse me) sending code and output is switched off")
    return said


def _help(hook: Hook, words: str) -> str:
    from cellpulse_hook.hand import ask_for_help  # noqa: PLC0415 - a kernel starts without it

    return ask_for_help(hook, words)


def _me(hook: Hook) -> str:
    from cellpulse_hook.own_page import way_to_own_page  # noqa: PLC0415 - as above

    return way_to_own_page(hook.ingest, hook.settings)


def _notice(hook: Hook) -> str:
    return hook.notice.text() or "The course has no notice that you have not seen"


def _pause(hook: Hook) -> str:
    hook.session.paused = True
    return (
        "Cellpulse is paused: nothing that you run is recorded until %cellpulse resume, "
        "or until this kernel restarts"
    )


def _resume(hook: Hook) -> str:
    hook.session.paused = False
    if not hook.preferences.recording:
        return "Recording is switched off on your own page: %cellpulse me leads there"
    return "Cellpulse is recording again, from the next cell"


def _show(hook: Hook) -> str:
    sent = hook.report.latest()
    waiting = hook.spool.waiting()
    note = "(their exercise is looked up when they are sent):"
    newest = [_as_text_of(hook, record) for record in waiting[-_SHOWN_WAITING:]]
    return "\n".join(
        [
            f"The latest {len(sent)} events that were sent, in full:",
            *map(_as_text, sent),
            f"{len(waiting)} events wait, of which these are the newest {len(newest)} {note}",
            *newest,
        ]
    )


def _as_text_of(hook: Hook, record: Record) -> str:
    try:
        return _as_text(hook.enricher.known_event(record))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return record.line.decode("utf-8", "replace")


def _as_text(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, indent=2)


def _sent(yes: bool) -> str:
    return "sent" if yes else "not sent"


_ANSWERS: dict[str, Callable[[Hook], str]] = {
    "status": _status,
    "me": _me,
    "notice": _notice,
    "pause": _pause,
    "resume": _resume,
    "show": _show,
}
