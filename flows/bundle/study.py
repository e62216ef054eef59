"""A study's key, and what it makes: pseudonyms, and by how many weeks a course is moved."""

import hmac
from pathlib import Path
from typing import Final
from unicodedata import normalize

from flows.export.errors import ExportError

_PURPOSE: Final = b"cellpulse bundle\0"
_SHORTEST_KEY: Final = 32
_LONGEST_NAME: Final = 200
#: A pseudonym's length: two of a billion have the same one with a chance of 1 to 2 million.
_HEX_DIGITS: Final = 20
#: A course is moved by 1 to 10 years.
_FEWEST_WEEKS: Final = 52
_MOST_WEEKS: Final = 520


class Study:
    """A study: its name, and the secret key by which its pseudonyms are made.

    The key is HMAC-SHA256 of a secret over the study's name; a pseudonym is that of the key over
    what it stands for, so without the key nobody can make it, not even by trying all ids.
    """

    def __init__(self, name: str, secret: bytes) -> None:
        """Make the study's key of its name and a secret.

        Raises:
            ExportError: The name is empty or too long.
        """
        self.name = normalize("NFC", name.strip())
        if not self.name.isprintable() or not 0 < len(self.name) <= _LONGEST_NAME:
            raise ExportError(
                f"--study: give the study a name of one line, of 1 to {_LONGEST_NAME} characters"
            )
        self._key = hmac.digest(secret, _PURPOSE + self.name.encode(), "sha256")

    def pseudonym(self, kind: str, *parts: str) -> str:
        """Return `kind-` and hexadecimal digits: always the same for the same parts."""
        digest = self._digest(kind, *parts)
        return f"{kind}-{digest.hex()[:_HEX_DIGITS]}"

    def weeks(self, course_id: str) -> int:
        """Return by how many whole weeks the times of a course are moved into the past."""
        number = int.from_bytes(self._digest("weeks", course_id)[:8], "big")
        return _FEWEST_WEEKS + number % (_MOST_WEEKS - _FEWEST_WEEKS + 1)

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode(), "sha256")


def read_key_file(path: Path) -> bytes:
    """Return the secret in a file, without blanks around it.

    Raises:
        ExportError: The file can't be read, or holds too little to be a secret.
    """
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise ExportError(f"--key-file {path}: {error.strerror or error}") from error
    if len(secret) < _SHORTEST_KEY:
        raise ExportError(
            f"--key-file {path} holds fewer than {_SHORTEST_KEY} bytes: make one, for example "
            "with 'openssl rand -hex 32', and keep it as long as the study goes on"
        )
    return secret
