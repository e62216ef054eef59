"""What one look at an installation found, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

#: Nothing to do, to be looked at, to be mended, or not asked for.
Level = Literal["ok", "watch", "bad", "off"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `cellpulse doctor`.

    Attributes:
        part: What was looked at.
        level: How it is.
        words: What was found.
        remedy: What to do; '' where there is nothing.
    """

    part: str
    level: Level
    words: str
    remedy: str = ""

    def as_text(self) -> str:
        """Return it as a person reads it, in one line."""
        told = f"{self.words}: {self.remedy}" if self.remedy else self.words
        return f"{self.level:<5}  {self.part:<12} {' '.join(told.split())}"


def ok(part: str, words: str) -> Finding:
    """Return that nothing is to be done."""
    return Finding(part, "ok", words)


def off(part: str, words: str) -> Finding:
    """Return that a part is not asked for here."""
    return Finding(part, "off", words)


def watch(part: str, words: str, remedy: str) -> Finding:
    """Return what works, and should be looked at."""
    return Finding(part, "watch", words, remedy)


def bad(part: str, words: str, remedy: str) -> Finding:
    """Return what has to be mended."""
    return Finding(part, "bad", words, remedy)
