"""One line of a spool file: an event that waits, or a note of what the server has."""

from __future__ import annotations

import contextlib
import json
import json.encoder
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, Protocol

#: Most events of one request, and most bytes of their lines: well below the ingest's 1,000 and
#: 1 MiB, so that a request is short even on a poor connection.
BATCH_EVENTS = 200
BATCH_BYTES = 256 * 1024

#: Of the lines of a spool file.
FORMAT = 1

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def _make_encode() -> Callable[[dict[str, Any]], str]:
    """Return what encodes an object: the encoder's own way makes its tool anew for each."""
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    with contextlib.suppress(Exception):  # another Python has its own
        parts_of = make(
            *(None, _encoder.default, json.encoder.encode_basestring, None),
            *(_encoder.key_separator, _encoder.item_separator, False, False, True),
        )
        if "".join(parts_of({"é": [1, None]}, 0)) == '{"é":[1,null]}':
            return lambda fields: "".join(parts_of(fields, 0))
    return _encoder.encode


_encode = _make_encode()


class Record(NamedTuple):
    """What was seen, as the spool holds it: `event.complete` makes the event of it.

    Attributes:
        seq: Its sequence number.
        line: Its line in the spool file, as UTF-8 with the line break.
    """

    seq: int
    line: bytes

    def content(self) -> dict[str, Any]:
        """Return what was seen."""
        content: dict[str, Any] = json.loads(self.line)
        return content


class NewerSpoolError(OSError):
    """A spool file is of a format that this hook does not know."""


class Source(Protocol):
    """Where events wait, in the order of their sequence numbers."""

    def oldest(self) -> list[Record]:
        """Return the next events to send: at most a request's worth, empty when none waits."""

    def acknowledge(self, seq: int) -> None:
        """Note that all events up to `seq` are dealt with."""


def encode_common(fields: dict[str, Any]) -> str:
    """Return what many records have in common, encoded once, for `make_record`."""
    return _encode(fields)[:-1] + ","


def make_record(common: str, fields: dict[str, Any]) -> Record:
    """Return the record of `fields`, which have a `seq`, and of those in `common`."""
    # A path or a text may hold what is no Unicode; Python keeps it as surrogates.
    line = (common + _encode(fields)[1:] + "\n").encode("utf-8", "surrogatepass")
    return Record(fields["seq"], line)


def acknowledgement(seq: int) -> bytes:
    """Return the line that says that the server has all events up to `seq`."""
    return b'{"acked":%d}\n' % seq


def read_records(lines: Iterable[bytes]) -> list[Record]:
    """Return the records of a spool file that are not acknowledged.

    Lines that are torn, by a crash or a full disk, are skipped. A line `{"spool": n}` gives the
    format of those after it; without one it is 1.

    Raises:
        NewerSpoolError: A newer hook wrote them; they are its to send.
    """
    records: list[Record] = []
    acked = 0
    for line in lines:
        try:
            content = json.loads(line)
            if content.get("spool", FORMAT) != FORMAT:
                raise NewerSpoolError(f"format {content['spool']}")
            if "acked" in content:
                acked = max(acked, int(content["acked"]))
            else:
                records.append(Record(int(content["seq"]), line))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return [record for record in records if record.seq > acked]


def first_batch(records: Iterable[Record]) -> list[Record]:
    """Return the first records, as many as one request takes, and at least one if there is one."""
    batch: list[Record] = []
    size = 0
    for record in records:
        size += len(record.line)
        if len(batch) == BATCH_EVENTS or (batch and size > BATCH_BYTES):
            break
        batch.append(record)
    return batch
