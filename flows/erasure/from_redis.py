"""Takes a person out of Redis: the log, what was set aside, and what is kept by name."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from redis import Redis, ResponseError

from flows.accounts.sign_out import end_own_pages
from flows.erasure.facts import Facts
from flows.erasure.read_log import InLog
from flows.erasure.stream import Counting, Fields, erase_from_stream
from flows.log.logged_event import position_ns
from flows.personal_data.gather import Person, is_about
from ingest_api.event_log import LOG, REJECTED, REJECTED_PLACES, sequence_name
from ingest_api.notices import forget_seen
from ingest_api.preferences import forget_preferences

_SESSIONS: Final = "progress-events:session:*"
_IDS: Final = "progress-events:ids:*"
_PAGE: Final = 1_000
_REWRITE_SECONDS: Final = 600.0


def erase_from_log(
    redis: Redis,
    person: Person,
    up_to: str,
    counting: Counting,
    seen: Callable[[int], None] = lambda _: None,
) -> int:
    """Take a person's events out of the log; return how many there were.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    return erase_from_stream(redis, LOG, InLog(person, up_to), counting, seen)


def below_log(redis: Redis, positions: Iterable[int]) -> int:
    """Return how many of these positions the log has no entry of.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    oldest: Any = redis.xrange(LOG, count=1)
    start = position_ns(oldest[0][0].decode()) if oldest else 2**63
    return sum(position < start for position in positions)


def erase_from_keys(redis: Redis, person: Person, facts: Facts) -> int:
    """Take out everything else that is kept of a person; return how many entries went.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    went = _erase_set_aside(redis, person)
    went += forget_preferences(redis, person.course_id, person.student_id)
    went += forget_seen(redis, person.course_id, person.student_id)
    went += end_own_pages(redis, person.course_id, person.student_id)
    return went + _erase_what_tells_repeats(redis, person, facts)


def _erase_set_aside(redis: Redis, person: Person) -> int:
    places: list[str] = []

    def goes(_: bytes, fields: Fields) -> bool:
        if not _is_about(fields.get(b"raw", b""), person):
            return False
        source, at = fields.get(b"source", b""), fields.get(b"position", b"")
        places.append(f"{source.decode()}@{at.decode()}")
        return True

    if not redis.exists(REJECTED):
        return 0
    went = erase_from_stream(redis, REJECTED, goes)
    if places:
        redis.zrem(REJECTED_PLACES, *places)
    return went


def _is_about(raw: bytes, person: Person) -> bool:
    """Tell whether something names a person of a course, also where it is no whole event."""
    if is_about(raw, person):
        return True
    try:
        json.loads(raw)
    except ValueError:
        named = (json.dumps(text).encode() for text in (person.course_id, person.student_id))
        return all(name in raw for name in named)
    return False


def _erase_what_tells_repeats(redis: Redis, person: Person, facts: Facts) -> int:
    names = {
        sequence_name(person.course_id, person.student_id, session) for session in facts.sessions
    }
    went = 0
    for key in redis.scan_iter(match=_SESSIONS, count=_PAGE):
        if key.decode().split(":")[2] in names:
            went += int(redis.delete(key))
    members = [bytes.fromhex(each.replace("-", "")) for each in facts.event_ids]
    for key in redis.scan_iter(match=_IDS, count=_PAGE):
        for start in range(0, len(members), _PAGE):
            redis.srem(key, *members[start : start + _PAGE])
    return went


def rewrite_files(redis: Redis) -> list[str]:
    """Have Redis write its files anew, so that they hold what it holds; return which.

    Raises:
        redis.RedisError: Redis does not answer, or can't write them.
    """
    rewritten = []
    info: Any = redis.info("persistence")
    if info.get("aof_enabled"):
        _until_done(redis, redis.bgrewriteaof, "aof_rewrite_in_progress")
        rewritten.append("append-only file")
    if int(info.get("rdb_last_save_time", 0)) and _saves_dumps(redis):
        _until_done(redis, redis.bgsave, "rdb_bgsave_in_progress")
        rewritten.append("dump")
    return rewritten


def _saves_dumps(redis: Redis) -> bool:
    try:
        found: Any = redis.config_get("save")
    except ResponseError:  # a managed Redis may not tell
        return True
    return bool(found.get("save"))


def _until_done(redis: Redis, begin: Callable[[], Any], running: str) -> None:
    """Begin what Redis does beside its work once it does nothing of the kind, and await it."""
    end = time.monotonic() + _REWRITE_SECONDS
    is_begun = False
    while True:
        info: Any = redis.info("persistence")
        is_busy = any(
            info.get(name)
            for name in (running, "aof_rewrite_in_progress", "rdb_bgsave_in_progress")
        ) or bool(info.get("aof_rewrite_scheduled"))
        if not is_busy and is_begun:
            return
        if not is_busy:
            begin()
            is_begun = True
        if time.monotonic() > end:
            raise ResponseError("Redis did not write its files anew within ten minutes")
        time.sleep(0.05)
