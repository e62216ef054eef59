"""UUIDv7 (RFC 9562): identifiers that sort by the time they were made."""

from __future__ import annotations

import hashlib
import os
import time
import uuid

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_HIGH = (1 << 12) - 1
_RANDOM_LOW = (1 << 62) - 1


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds and 74 random bits."""
    return _uuid7(time.time_ns(), os.urandom(10))


def uuid7_of(unix_ns: int, name: str) -> uuid.UUID:
    """Return the UUIDv7 of a time in Unix nanoseconds whose other bits are a hash of `name`.

    The same arguments give the same UUID, so it need not be kept.
    """
    return _uuid7(unix_ns, hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest())


def _uuid7(unix_ns: int, random_bytes: bytes) -> uuid.UUID:
    milliseconds = unix_ns // 1_000_000 & ((1 << 48) - 1)
    random = int.from_bytes(random_bytes[:10], "big")
    return uuid.UUID(
        int=milliseconds << 80
        | _VERSION
        | (random >> 62 & _RANDOM_HIGH) << 64
        | _VARIANT
        | random & _RANDOM_LOW
    )
