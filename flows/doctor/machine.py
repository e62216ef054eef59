"""Whether this machine has room, the right time, and secrets that are kept and hard to guess."""

import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from redis import Redis, RedisError

from flows.doctor.finding import Finding, bad, ok, watch
from flows.stores.postgres_address import with_timeouts

_FULL: Final = 0.02
_NEARLY_FULL: Final = 0.1
#: Clocks that differ more order events of different machines wrongly.
_SKEW_SECONDS: Final = 2.0
#: A secret by chance has more different characters: 64 hexadecimal digits have 16.
_FEW_CHARACTERS: Final = 10
_OTHERS: Final = 0o077
_OWN: Final = frozenset({None, "127.0.0.1", "localhost", "::1"})


def look_at_disks(folders: Iterable[Path]) -> Iterator[Finding]:
    """Yield how much is free where data is kept; folders on one disk are told once."""
    told: set[int] = set()
    for folder in folders:
        there = next((each for each in (folder, *folder.parents) if each.exists()), None)
        if there is None or there.stat().st_dev in told:
            continue
        told.add(there.stat().st_dev)
        disk = shutil.disk_usage(there)
        free = f"{disk.free / 1e9:,.1f} GB ({disk.free / disk.total:.0%}) are free at {folder}"
        if disk.free < _FULL * disk.total:
            yield bad("disk", free, "give it room now: a full disk stops every store on it")
        elif disk.free < _NEARLY_FULL * disk.total:
            yield watch("disk", free, "give it room, or lower CELLPULSE_SNAPSHOT_DAYS")
        else:
            yield ok("disk", free)


def look_at_clocks(redis_url: str | None, postgres_url: str | None) -> Iterator[Finding]:
    """Yield how far the clocks of the stores are from this machine's."""
    skews = {}
    for name, ask, address in (
        ("redis", _of_redis, redis_url),
        ("postgres", _of_postgres, postgres_url),
    ):
        told = ask(address)
        if told is not None:  # at once: the next one may let wait
            skews[name] = told - time.time()
    for name, skew in skews.items():
        if abs(skew) > _SKEW_SECONDS:
            yield bad(
                "clock",
                f"that of {name} is {skew:+.0f} s from this machine's",
                "have both follow one time server (chrony, systemd-timesyncd)",
            )
    if skews and all(abs(skew) <= _SKEW_SECONDS for skew in skews.values()):
        yield ok("clock", f"agrees with {' and '.join(skews)}")


def _of_redis(redis_url: str | None) -> float | None:
    try:
        with Redis.from_url(redis_url or "", protocol=2, socket_timeout=3) as redis:
            told: Any = redis.time()
            return float(told[0] + told[1] / 1e6)
    except (RedisError, OSError, ValueError):
        return None


def _of_postgres(postgres_url: str | None) -> float | None:
    if not postgres_url:
        return None
    try:
        with psycopg.connect(with_timeouts(postgres_url)) as connection:
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    except psycopg.Error:
        return None
    return float(row[0]) if row else None


def look_at_secrets(secrets: Iterable[str], files: Iterable[Path]) -> Iterator[Finding]:
    """Yield secrets that can be guessed, and files with secrets that others can read."""
    troubles = []
    if any(len(set(secret)) < _FEW_CHARACTERS for secret in secrets):
        troubles.append(
            bad(
                "secret",
                "can be guessed: it has few different characters",
                "make one with 'openssl rand -hex 32', and change it as docs/sign-in.md says",
            )
        )
    for file in files:
        if file.exists() and file.stat().st_mode & _OTHERS:
            how = "700" if file.is_dir() else "600"
            troubles.append(
                bad("secret", f"others on this machine can read {file}", f"chmod {how} {file}")
            )
    yield from troubles or [ok("secret", "long, and nobody else on this machine can read it")]


def look_at_passwords(addresses: dict[str, str | None]) -> Iterator[Finding]:
    """Yield stores on other machines that let everybody in."""
    for setting, address in addresses.items():
        parts = urlsplit(address or "")
        if parts.hostname not in _OWN and not parts.password:
            yield watch(
                "secret",
                f"{setting} has no password, and names another machine",
                "give the store one, unless its network lets nobody else in",
            )
