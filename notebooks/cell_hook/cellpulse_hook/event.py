"""From what was seen to an event of the contract, off the path that a student waits for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from cellpulse_hook.uuid7 import uuid7_of

#: Longest text that the server keeps of each field, in characters.
CAPS = {
    "notebook": 450,
    "cell_id": 200,
    "exercise": 200,
    "error_name": 200,
    "error_message": 2_000,
    "output": 4_000,
    "code": 20_000,
    "check_name": 200,
    "help_message": 2_000,
}
#: What a record has for the hook's own use.
FILE = "file"
UNIX_NS = "unix_ns"
#: What the cell's own metadata says, see `cell_metadata`.
CELL_METADATA = "cell_metadata"
#: Whether a check's exercise is known by its name rather than by the cell that ran it.
BY_NAME = "by_name"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
#: The start of the year 2200. The server refuses later times; without one it takes its own.
_END_UNIX_NS = 7_258_118_400 * 10**9


def start_of(text: str, field: str) -> str:
    """Return as much of `text` as is worth keeping: one character more than the field's cap.

    `text` may be of a class that a student made, with a slicing of its own.
    """
    return str.__getitem__(text, slice(CAPS[field] + 1))


def complete(seen: dict[str, Any], **added: Any) -> dict[str, Any]:
    """Return the event for what was `seen`, with the fields that were `added`.

    It has its identifier and its time, no empty field, and no text over its cap: what is cut is
    named in `truncated`. The same record always gives the same identifier.
    """
    event = {name: value for name, value in {**seen, **added}.items() if value is not None}
    event.pop(FILE, None)
    event.pop(BY_NAME, None)
    event.pop(CELL_METADATA, None)
    unix_ns = event.pop(UNIX_NS, None)
    if unix_ns is not None:
        name = f"{event.get('session_id')} {event.get('seq')}"
        event["event_id"] = str(uuid7_of(unix_ns, name))
        if 0 <= unix_ns < _END_UNIX_NS:
            moment = _EPOCH + timedelta(microseconds=unix_ns // 1_000)
            event["occurred_at"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    # Another version of the hook may have left something else there, which the server judges.
    texts = {name: event[name] for name in CAPS if isinstance(event.get(name), str)}
    cut = [name for name, text in texts.items() if len(text) > CAPS[name]]
    for name, text in texts.items():
        event[name] = whole(text[: CAPS[name]])
    return {**event, "truncated": cut} if cut else event


def whole(text: str) -> str:
    """Return `text` with every half of a surrogate pair replaced: JSON does not carry those."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
