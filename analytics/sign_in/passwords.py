"""Passwords: how they are kept, and how one is checked."""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Each check takes 64 MiB on purpose; more at once would let an outsider take all memory.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
#: OWASP's and RFC 9106's advice for a server: Argon2id with the library's own settings.
_HASHER: Final = PasswordHasher()
#: Checked where there is no account, so that an answer does not tell by its time.
_OF_NOBODY: Final = _HASHER.hash("nobody has this password")


def hashed(password: str) -> str:
    """Return what is kept of a password: Argon2id in PHC form."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the one that is kept; it takes as long where none is kept."""
    with _AT_ONCE:
        try:
            right = _HASHER.verify(password_hash or _OF_NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return right and password_hash is not None
