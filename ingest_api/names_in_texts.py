"""Finds the names of a pseudonymous course's students in what they write.

The edge knows the names by a copy on Redis that is sealed with the key of the pseudonyms
(A256GCM): without the key it names nobody, and who deletes the names deletes it too.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from ingest_api.pseudonym import TOO_COMMON, PseudonymKey

#: Of each course who is who, sealed.
CONTENTS: Final = "progress-events:names-in-texts"
#: Of each course the version of that.
VERSIONS: Final = "progress-events:names-in-texts-versions"
_HEADER: Final = {"alg": "dir", "enc": "A256GCM"}
#: Where a name can begin: with a word, or anywhere in a script that has no blanks between words.
_START: Final = re.compile(r"(?<![^\W_])[^\W_]|[^\x00-\x7f]")
_WORD: Final = re.compile(r"[^\W_]+")
#: A shorter word of Latin letters is rather a part of a program than somebody's name.
_SHORTEST_NAME: Final = 3
_SHORTEST: Final = 2


def seal(key: PseudonymKey, who: Mapping[str, Sequence[str | None]]) -> str:
    """Seal who is who: of each pseudonym the id and the name."""
    return jwe.encrypt_compact(_HEADER, json.dumps(who).encode(), OctKey.import_key(key.sealing))


def unseal(key: PseudonymKey, sealed: bytes) -> dict[str, list[str | None]]:
    """Return what was sealed.

    Raises:
        ValueError: It was sealed with another key, or is nothing that was sealed.
    """
    try:
        opened = jwe.decrypt_compact(sealed, OctKey.import_key(key.sealing))
        found: dict[str, list[str | None]] = json.loads(opened.plaintext or b"")
    except (JoseError, ValueError) as error:
        raise ValueError("it was sealed with another key, or is cut off") from error
    return found


class NamesInTexts:
    """Puts pseudonyms in the place of the ids and names of a class."""

    def __init__(self, who: Mapping[str, Sequence[str | None]]) -> None:
        """Look for these: of each pseudonym the id and the name."""
        self._by_start: dict[str, list[tuple[str, bool, str]]] = {}
        for pseudonym, (student_id, name) in who.items():
            if student_id and not TOO_COMMON.fullmatch(student_id):
                self._add(student_id.lower(), pseudonym, any_case=True)
            for part in _parts(name or ""):
                self._add(part, pseudonym, any_case=False)
        for entries in self._by_start.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def _add(self, text: str, pseudonym: str, *, any_case: bool) -> None:
        self._by_start.setdefault(text[0].lower(), []).append((text, any_case, pseudonym))

    def hidden(self, text: str) -> str:
        """Return a text with pseudonyms in the place of ids and names."""
        kept, done = [], 0
        for start in _START.finditer(text):
            at = start.start()
            found = None if at < done else self._found(text, at)
            if found is not None:
                length, pseudonym = found
                kept += [text[done:at], pseudonym]
                done = at + length
        return "".join([*kept, text[done:]]) if kept else text

    def _found(self, text: str, at: int) -> tuple[int, str] | None:
        for entry, any_case, pseudonym in self._by_start.get(text[at].lower(), ()):
            end = at + len(entry)
            there = text[at:end]
            if (there.lower() if any_case else there) == entry and not _goes_on(text, end):
                return len(entry), pseudonym
        return None


def _parts(name: str) -> Iterator[str]:
    """Yield a name and each word of it that is no part of a program by chance."""
    if len(name) >= _SHORTEST and not (name.isascii() and name.islower()):
        yield name
    for word in _WORD.findall(name):
        shortest = _SHORTEST_NAME if word.isascii() else _SHORTEST
        if len(word) >= shortest and not (word.isascii() and word.islower()):
            yield word


def _goes_on(text: str, end: int) -> bool:
    """Tell whether a Latin word goes on where a name would end."""
    last, following = text[end - 1], text[end : end + 1]
    return last.isascii() and last.isalnum() and following.isascii() and following.isalnum()
