"""An event as a line of InfluxDB's line protocol: what a batch spends most of its time on.

`influxdb_client.Point` says the same (a test holds the two together) in ten times as long.
"""

import json
import math
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from flows.log.logged_event import LoggedEvent

MEASUREMENT: Final = "progress_event"
#: In the order of their names.
TAGS: Final = ("course_id", "student_id", "type")

#: Names have neither line breaks nor backslashes, by the contract.
_IN_TAGS: Final = str.maketrans({" ": r"\ ", ",": r"\,", "=": r"\="})


def to_line(logged: LoggedEvent) -> str:
    """Return an event's line: three tags, every other field of the event that it has as a field."""
    values = logged.event.__dict__
    tags = ",".join([f"{name}={_tag(values[name])}" for name in TAGS])
    fields = ",".join(
        [
            f"{name}={text}"
            for name, value in values.items()
            if value is not None
            and name not in TAGS
            # None is for a number that InfluxDB has no word for.
            and (text := _FORMATS.get(type(value), _json)(value)) is not None
        ]
    )
    return f"{MEASUREMENT},{tags} {fields} {logged.position_ns}"


@lru_cache(maxsize=8192)
def _tag(value: str) -> str:
    return value.translate(_IN_TAGS)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(value: float) -> str | None:
    return repr(value).removesuffix(".0") if math.isfinite(value) else None


def _json(value: object) -> str:
    return _quoted(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


_FORMATS: Final[dict[type, Callable[[Any], str | None]]] = {
    str: _quoted,
    bool: lambda value: "true" if value else "false",
    int: "{}i".format,
    float: _number,
    datetime: lambda value: _quoted(value.isoformat()),
    UUID: lambda value: _quoted(str(value)),
}
