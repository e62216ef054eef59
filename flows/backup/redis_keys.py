"""Redis in a backup: the log, what was set aside, the counts, and what tells repeats.

Everything is written as plain values, not as Redis dumps, so that another version reads it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from pydantic import ValidationError
from redis import Redis
from redis.exceptions import ResponseError

from flows.backup.lines import bytes_of, put, read, text_of, writing
from flows.backup.manifest import BackupError, Manifest
from flows.log.logged_event import START, LoggedEvent, position_ns
from ingest_api.event_log import COUNTS, LOG, REJECTED, remembered_keys
from ingest_api.names_in_texts import CONTENTS, VERSIONS

_OURS: Final = "progress-events:*"
#: What is copied in another way, and the edge's sealed copy of names: a backup has no names, and
#: the API publishes them anew.
_NOT_HERE: Final = {key.encode() for key in (LOG, REJECTED, COUNTS, CONTENTS, VERSIONS)}
_PAGE: Final = 500
_KEYS_FILE: Final = "redis/keys.jsonl.gz"
_LOG_FILE: Final = "redis/log.jsonl.gz"
_REJECTED_FILE: Final = "redis/rejected.jsonl.gz"


def last_entry(redis: Redis) -> str:
    """Return the newest id that the log has given, even if its entry was trimmed."""
    try:
        info: Any = redis.xinfo_stream(LOG)
    except ResponseError:  # there is no log yet
        return START
    return str(text_of(info["last-generated-id"]))


def copy_keys(redis: Redis, folder: Path) -> None:
    """Copy every key but the log, the rejected stream, the counts and the edge's names."""
    with writing(folder / _KEYS_FILE) as file:
        for key in redis.scan_iter(match=_OURS, count=_PAGE):
            if key not in _NOT_HERE:
                kind, value, expires_at = _read_key(redis, key)
                if kind != "none":
                    line = {"key": text_of(key), "type": kind, "expires_at_ms": expires_at}
                    put(file, line | {"value": value})


def copy_rejected(redis: Redis, folder: Path) -> set[str]:
    """Copy what was set aside; return the ids."""
    with writing(folder / _REJECTED_FILE) as file:
        copied = set()
        for entry_id, fields in _entries(redis, REJECTED):
            copied.add(text_of(entry_id))
            put(file, _entry_line(entry_id, fields))
    return copied


def copy_log(redis: Redis, folder: Path, set_aside: set[str]) -> tuple[int, int, dict[str, int]]:
    """Copy the log to its end, and what was set aside since `copy_rejected`.

    The last page comes in one step with the counts: that is the moment of the whole backup.

    Returns:
        How many entries of the log, how many that were set aside, and the counts.
    """
    events, after = 0, "-"
    with writing(folder / _LOG_FILE) as file:
        while True:
            with redis.pipeline(transaction=True) as step:
                step.xrange(LOG, min=after, count=_PAGE)
                step.hgetall(COUNTS)
                page, counts = step.execute()
            for entry_id, fields in page:
                put(file, _entry_line(entry_id, fields))
            events += len(page)
            if len(page) < _PAGE:
                break
            after = f"({text_of(page[-1][0])}"
    with writing(folder / "redis/rejected-later.jsonl.gz") as file:
        later = 0
        for entry_id, fields in _entries(redis, REJECTED):
            if text_of(entry_id) not in set_aside:
                later += 1
                put(file, _entry_line(entry_id, fields))
    numbers = {text_of(name): int(count) for name, count in counts.items()}
    return events, len(set_aside) + later, numbers


def require_empty_log(redis: Redis) -> None:
    """Refuse a Redis that has a log.

    Raises:
        BackupError: It has.
    """
    for key in redis.scan_iter(match=_OURS, count=_PAGE):
        if key != LOG.encode() or redis.xlen(LOG) or last_entry(redis) != START:
            raise BackupError(
                "Redis is not empty: restore into a new data folder, or name an empty Redis with "
                "CELLPULSE_REDIS_URL"
            )


def restore_log(redis: Redis, folder: Path, manifest: Manifest) -> None:
    """Bring Redis to what it was at the backup's moment, each store's position included.

    Raises:
        BackupError: Something else wrote to the log meanwhile.
    """
    redis.delete(LOG)
    for line in read(folder / _KEYS_FILE):
        _write_key(redis, line)
    if manifest.counts:
        redis.hset(COUNTS, mapping=cast("Any", manifest.counts))
    for name in (_REJECTED_FILE, "redis/rejected-later.jsonl.gz"):
        _restore_stream(redis, REJECTED, read(folder / name))
    for store, position in manifest.positions.items():
        redis.xgroup_create(LOG, store, id=position, mkstream=True)
    try:
        _restore_stream(redis, LOG, _remembered(redis, folder, manifest))
        if manifest.last_entry != START:
            redis.execute_command("XSETID", LOG, manifest.last_entry)  # type: ignore[no-untyped-call]
    except ResponseError as error:
        raise BackupError(
            "Redis was written to while it was restored: stop the ingest, empty Redis and the "
            f"other stores, and restore again ({error})"
        ) from error


def _remembered(redis: Redis, folder: Path, manifest: Manifest) -> Iterator[Any]:
    """Yield the log's entries; the newest are repeats, too, that the keys don't know yet."""
    known = position_ns(manifest.repeats_known_to)
    for line in read(folder / _LOG_FILE):
        yield line
        if position_ns(line["id"]) <= known:
            continue
        try:
            event = LoggedEvent.decode(line["id"], line["fields"].get("event", "")).event
        except ValidationError:
            continue
        for key, member, expires_at in remembered_keys(event, position_ns(line["id"]) // 10**6):
            if isinstance(member, int):
                redis.setbit(key, member, 1)
            else:
                redis.sadd(key, member)
            redis.pexpireat(key, expires_at)


def _restore_stream(redis: Redis, stream: str, lines: Iterator[Any]) -> None:
    waiting = 0
    with redis.pipeline(transaction=False) as step:
        for line in lines:
            fields = {bytes_of(name): bytes_of(value) for name, value in line["fields"].items()}
            step.xadd(stream, cast("Any", fields), id=line["id"])
            waiting += 1
            if waiting % _PAGE == 0:
                step.execute()
        step.execute()


def _entries(redis: Redis, stream: str) -> Iterator[tuple[bytes, dict[bytes, bytes]]]:
    after = "-"
    while page := cast("Any", redis.xrange(stream, min=after, count=_PAGE)):
        yield from page
        after = f"({text_of(page[-1][0])}"


def _entry_line(entry_id: bytes, fields: dict[bytes, bytes]) -> dict[str, Any]:
    texts = {text_of(name): text_of(value) for name, value in fields.items()}
    return {"id": text_of(entry_id), "fields": texts}


def _read_key(redis: Redis, key: bytes) -> tuple[str, Any, int | None]:
    kind = text_of(cast("bytes", redis.type(key)))
    value: Any = None
    if kind == "string":
        value = text_of(cast("bytes", redis.get(key)) or b"")
    elif kind == "set":
        value = [text_of(member) for member in redis.sscan_iter(key, count=_PAGE)]
    elif kind == "zset":
        value = {text_of(member): score for member, score in redis.zscan_iter(key, count=_PAGE)}
    elif kind == "hash":
        value = {text_of(name): text_of(text) for name, text in redis.hscan_iter(key)}
    elif kind != "none":
        raise BackupError(f"Redis holds {key!r}, a {kind}, which no Cellpulse makes: remove it")
    expires_in = int(redis.pttl(key))
    if expires_in < 0:
        return kind, value, None
    seconds, microseconds = cast("Any", redis.time())
    return kind, value, seconds * 1000 + microseconds // 1000 + expires_in


def _write_key(redis: Redis, line: dict[str, Any]) -> None:
    key, value = bytes_of(line["key"]), line["value"]
    if not value:
        return
    with redis.pipeline(transaction=True) as step:
        if line["type"] == "string":
            step.set(key, bytes_of(value))
        elif line["type"] == "set":
            for start in range(0, len(value), _PAGE):
                step.sadd(key, *map(bytes_of, value[start : start + _PAGE]))
        elif line["type"] == "zset":
            step.zadd(key, {bytes_of(member): score for member, score in value.items()})
        else:
            step.hset(key, mapping={bytes_of(n): bytes_of(text) for n, text in value.items()})
        if line["expires_at_ms"] is not None:
            step.pexpireat(key, line["expires_at_ms"])
        step.execute()
