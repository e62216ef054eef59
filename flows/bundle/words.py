"""Texts taken apart into words and numbers, in any script, so that names can be found in them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from unicodedata import category, combining, normalize


def _ranges(characters: Iterable[int]) -> str:
    """Return the characters as they stand in a class of a regular expression."""
    parts: list[list[int]] = []
    for number in characters:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in parts)


#: Scripts that are written without blanks between words, or glue endings to names: Thai, Lao,
#: Myanmar, Khmer, Hiragana, Katakana, Han and Hangul.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc"
    "\U00020000-\U000323af"
)
#: Above it are only marks that choose between forms of a Han character.
_LAST: Final = 0x20000
#: Marks that belong to a letter (accents, vowel signs), and characters that can't be seen.
_MARKS: Final = _ranges(n for n in range(_LAST) if category(chr(n)) in ("Mn", "Mc", "Cf"))
_LETTER: Final = rf"(?![{_UNSPACED}])[^\W\d_]"
_PIECE: Final = re.compile(
    rf"[{_UNSPACED}]+|{_LETTER}(?:{_LETTER}|(?![{_UNSPACED}])[{_MARKS}])*|\d+"
)
#: Words whose folded form is remembered.
_REMEMBERED: Final = 50_000
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
#: Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ħ": "h",
    }
)


class Piece(NamedTuple):
    """A word, a part of a `camelCase` word, or a number, with its place in the text.

    Attributes:
        folded: Without case, accents and invisible characters.
    """

    start: int
    end: int
    folded: str

    @property
    def is_number(self) -> bool:
        """Whether it is made of digits."""
        return self.folded.isdecimal()


@lru_cache(_REMEMBERED)
def fold(text: str) -> str:
    """Return a text without case, accents, marks and invisible characters."""
    apart = normalize("NFKD", text.casefold()).casefold().translate(_PLAIN)
    kept = (c for c in apart if not combining(c) and category(c) != "Cf")
    return normalize("NFC", "".join(kept))


def is_unspaced(text: str) -> bool:
    """Tell whether a text begins in a script that is written without blanks between words."""
    return bool(_IS_UNSPACED.match(text))


def pieces_of(text: str) -> list[Piece]:
    """Return the pieces of a text, in order."""
    pieces = []
    for found in _PIECE.finditer(text):
        start = found.start()
        humps = [] if found[0].islower() else _humps(found[0], start)
        borders = [start, *humps, found.end()]
        for first, last in pairwise(borders):
            pieces.append(Piece(first, last, fold(text[first:last])))
    return pieces


def _humps(word: str, start: int) -> list[int]:
    """Return where a new word begins within `camelCase` or `XMLFile`."""
    return [
        start + at
        for at in range(1, len(word))
        if word[at].isupper()
        and (word[at - 1].islower() or (word[at + 1 : at + 2].islower() and word[at - 1].isupper()))
    ]
