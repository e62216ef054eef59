"""Trims the log behind the slowest store, and keeps it whole for those who need all of it."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from typing import Any, Final

from redis import Redis, RedisError

from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from ingest_api.event_log import ERASED, LOG
from ingest_api.foreseen import ForeseenError

#: There while a backup or a rebuild needs the log, which must not be trimmed then.
_PIN: Final = "cellpulse:keep-log"
_PIN_SECONDS: Final = 60


class LogPinnedError(ForeseenError):
    """The log is kept from being trimmed by another process already."""


class LogTrimmer:
    """Decides what the log may lose."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        script = resources.files("flows.log").joinpath("trim.lua")
        self._trim = redis.register_script(script.read_text(encoding="utf-8"))

    def trim(self, stores: Iterable[str], keep: int, keep_bytes: int) -> int:
        """Drop events that every store has, but keep the newest; return how many went.

        None go while a backup or a rebuild needs them.

        Args:
            stores: All that need the log.
            keep: How many of the newest events stay.
            keep_bytes: Fewer stay where they are larger than this together.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        committed = LogReader(self._redis).committed()
        slowest = min((committed.get(store, START) for store in stores), key=position_ns)
        return int(self._trim(keys=[LOG, _PIN, ERASED], args=[slowest, keep, keep_bytes]))

    def memory_limit(self) -> int:
        """Return how many bytes Redis may use, 0 for all there is.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        memory: Any = self._redis.info("memory")
        return int(memory.get("maxmemory", 0))

    @contextmanager
    def untrimmed(self) -> Iterator[Callable[[], bool]]:
        """Keep the log from being trimmed; what is yielded tells whether that has held so far.

        The note expires soon after its process ended, however that ended.

        Raises:
            LogPinnedError: Another process does so already.
            redis.RedisError: Redis does not answer.
        """
        if not self._redis.set(_PIN, "1", nx=True, ex=_PIN_SECONDS):
            raise LogPinnedError(
                "another backup, rebuild or erasure runs, or was cut off within the last minute: "
                "wait for it"
            )
        ended, broken = threading.Event(), threading.Event()

        def prolong() -> None:
            while not ended.wait(_PIN_SECONDS / 6):
                with suppress(RedisError):
                    if not self._redis.expire(_PIN, _PIN_SECONDS):
                        broken.set()

        thread = threading.Thread(target=prolong, daemon=True)
        thread.start()
        try:
            yield lambda: not broken.is_set() and bool(self._redis.exists(_PIN))
        finally:
            ended.set()
            thread.join()
            if not broken.is_set():
                self._redis.delete(_PIN)
