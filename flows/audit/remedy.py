"""What to do about a finding."""

from typing import Final

_REBUILD: Final = "'cellpulse rebuild' makes the lake anew from InfluxDB"
_BY_STORE: Final = {
    "log": "the log is never written to but at its end, so nothing puts it right: find out who "
    "deleted from it; the stores keep what they have",
    "influxdb": "where the log still holds the events, 'redis-cli XGROUP SETID "
    "progress-events:log influxdb 0' has them written again; else restore a backup of InfluxDB",
    "postgres": "restore a backup of PostgreSQL and the log's events are folded into it again",
    "lake": "restore a backup of PostgreSQL and the lake; with INFLUXDB_URL set "
    "'cellpulse rebuild' would do",
}
_BY_KIND_AND_STORE: Final = {
    ("duplicated", "log"): "nothing counts it away: a Redis that was replaced has forgotten which "
    "events it had accepted",
    ("duplicated", "influxdb"): "delete the point that is too many",
    ("foreign", "influxdb"): "delete the point, and find out who else writes to this bucket",
}


def remedy(kind: str, store: str, *, full_log: bool) -> str:
    """Return what to do about a finding, in a sentence.

    Args:
        kind: The finding's.
        store: The finding's.
        full_log: Whether there is an InfluxDB to rebuild the lake from.
    """
    if kind == "not_yet_there":
        return "nothing, when the worker runs: 'cellpulse status' shows whether it catches up"
    if store == "lake" and full_log:
        return _REBUILD
    return _BY_KIND_AND_STORE.get((kind, store), _BY_STORE[store])
