"""A stored event read back, compiled for what the ingest writes: each store reads every event.

As with `compiled_contract`, the model stays the one definition: what is not certain here is left
to it, and what is read here is what the model reads.
"""

import re
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import msgspec

from ingest_api.compiled_contract import CompiledStruct, check_texts, has_nul, is_plain
from ingest_api.events import StoredEvent, check_what_goes_together

#: As `StoredEvent.to_json` writes a time.
_TIME: Final = re.compile(
    r"(?:19[7-9]\d|2[01]\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z", re.ASCII
)
_STRUCT: Final = msgspec.defstruct(
    "CompiledStored",
    [
        ("event_id", UUID),
        ("occurred_at", str),
        ("received_at", str),
        ("extra", dict[str, Any] | None, None),
    ],
    bases=(CompiledStruct,),
    kw_only=True,
    forbid_unknown_fields=True,
)
_FIELDS: Final = tuple(StoredEvent.model_fields)
_decode = msgspec.json.Decoder(_STRUCT).decode
_values_of = attrgetter(*_FIELDS)


def decode_stored(stored: bytes) -> StoredEvent | None:
    """Return the event that an entry of the log holds, None where the model has to judge it."""
    if has_nul(stored):
        return None
    try:
        event: Any = _decode(stored)
        if msgspec.UNSET in (event.schema_version, event.type):
            return None
        if event.extra is not None and not (event.extra and is_plain(event.extra)):
            return None
        check_texts(event)
        check_what_goes_together(event)
        fields = dict(zip(_FIELDS, _values_of(event), strict=True))
        fields["occurred_at"] = _time(event.occurred_at)
        fields["received_at"] = _time(event.received_at)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return StoredEvent.of_fields(fields)


def _time(text: str) -> datetime:
    """Return a time that was stored. Raises ValueError where it may be none."""
    if not _TIME.fullmatch(text):
        raise ValueError("not for here")
    return datetime.fromisoformat(text)
