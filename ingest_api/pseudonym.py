"""Pseudonyms: what stands for the students of a pseudonymous course in everything that is kept.

A pseudonym is a keyed hash of course and student (HMAC-SHA-256): the same today and next year,
another one in each course, and nobody without the key can tell whose it is by trying ids.
"""

import base64
import hmac
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from ingest_api.events import TEXT_CAPS, ProgressEvent

#: 80 bits in base 32: two of a million students share one with a probability of 1 to 10^12.
_DIGEST_BYTES: Final = 10
_PREFIX: Final = "p-"
_PSEUDONYM: Final = re.compile(rf"{_PREFIX}[a-z2-7]{{16}}")
_CHECK_CHARACTERS: Final = 16
#: So long an id is found within a word too; a shorter one only as a word of its own.
_LONG_ENOUGH: Final = 6
#: Such an id is as likely a number of the program, or a variable.
TOO_COMMON: Final = re.compile(r".|[0-9]{1,4}", re.DOTALL)

#: What a course consists of: an exercise may have anybody's name.
_OF_THE_COURSE: Final = frozenset(
    {"exercise", "check_name", "cell_id", "error_name", "hook_version"}
)
#: Returns a text with what is found in it replaced.
Replace = Callable[[str], str]


class PseudonymKey:
    """Makes pseudonyms."""

    def __init__(self, key: str) -> None:
        """Use this key."""
        self._key = key.encode()
        self.of: Final[Callable[[str, str], str]] = lru_cache(maxsize=65_536)(self._pseudonym)

    @property
    def check(self) -> str:
        """Tells another key from this one, and nothing of it."""
        return self._digest("check").hex()[:_CHECK_CHARACTERS]

    @property
    def sealing(self) -> bytes:
        """The key by which the edge's copy of the names is sealed."""
        return self._digest("seal")

    def _pseudonym(self, course_id: str, student_id: str) -> str:
        """Return the pseudonym of a student in a course."""
        # The length keeps course and student apart, whatever characters they have.
        digest = self._digest(f"student\n{len(course_id)}\n{course_id}{student_id}")
        return _PREFIX + base64.b32encode(digest[:_DIGEST_BYTES]).decode().lower()

    def _digest(self, message: str) -> bytes:
        return hmac.digest(self._key, message.encode(), "sha256")


def is_pseudonym(student_id: str) -> bool:
    """Tell whether an id looks like a pseudonym."""
    return _PSEUDONYM.fullmatch(student_id) is not None


def hidden(event: ProgressEvent, key: PseudonymKey, names: Replace = str) -> ProgressEvent:
    """Return an event with its student's pseudonym, also within every text that holds the id.

    Args:
        event: As it was sent.
        key: Makes the pseudonym.
        names: Puts pseudonyms in the place of the class's names in what somebody wrote.
    """
    pseudonym = key.of(event.course_id, event.student_id)
    found = _finder(event.student_id)
    changes: dict[str, Any] = {"student_id": pseudonym}
    if event.session_id is not None and found is not None and found.search(event.session_id):
        # An id of its own, as long as every other: it may have been as long as one can be.
        changes["session_id"] = key.of(event.course_id, f"session\n{event.session_id}")

    def without_id(text: str) -> str:
        return text if found is None else found.sub(pseudonym, text)

    for name, cap in TEXT_CAPS.items():
        text = getattr(event, name)
        if text is not None:
            kept = without_id(text)
            changes[name] = (kept if name in _OF_THE_COURSE else names(kept))[:cap]
    if event.extra is not None:
        changes["extra"] = _within(event.extra, lambda text: names(without_id(text)))
    return event.model_copy(update=changes)


@lru_cache(maxsize=4_096)
def _finder(student_id: str) -> re.Pattern[str] | None:
    """Return what finds an id in a text; None for one that stands in any text by chance."""
    if TOO_COMMON.fullmatch(student_id):
        return None
    escaped = re.escape(student_id)
    if len(student_id) < _LONG_ENOUGH:
        escaped = rf"(?<![^\W_]){escaped}(?![^\W_])"
    return re.compile(escaped, re.IGNORECASE)


def _within(value: Any, replace: Replace) -> Any:
    """Replace what is found in every text of a JSON value."""
    match value:
        case str():
            return replace(value)
        case list():
            return [_within(each, replace) for each in value]
        case dict():
            return {replace(name): _within(each, replace) for name, each in value.items()}
    return value
