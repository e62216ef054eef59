"""Reads InfluxDB's points into an audit's workspace."""

import json
from collections.abc import Callable
from typing import Any, Final

from flows.audit.workspace import Row, Workspace
from flows.stores.influxdb import InfluxReader

#: The last time that InfluxQL takes.
_LAST_TIME: Final = 2**63 - 2


def read_influxdb(
    workspace: Workspace, reader: InfluxReader, last_ns: int, read: Callable[[int], None]
) -> None:
    """Read every point up to and with the position `last_ns` into `influxdb_event`.

    Args:
        workspace: Where to.
        reader: Of the full event log.
        last_ns: Position of the last event that InfluxDB may hold.
        read: Called with the number of points of each page.

    Raises:
        StoreUnavailableError: InfluxDB does not answer.
    """
    for points in reader.points(-1, last_ns, workspace.course):
        with workspace.page([_row(point) for point in points]):
            workspace.add_page("influxdb_event")
        read(len(points))


def read_points_after(reader: InfluxReader, last_ns: int, course: str | None) -> list[int]:
    """Return the positions of the first points after a position.

    Raises:
        StoreUnavailableError: InfluxDB does not answer.
    """
    for points in reader.points(last_ns, _LAST_TIME, course):
        return [int(point["time"]) for point in points]
    return []


def _row(point: dict[str, Any]) -> Row:
    return int(point["time"]), None, json.dumps(point, ensure_ascii=False)
