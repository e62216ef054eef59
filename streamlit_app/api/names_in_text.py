"""Finds the names of students in what somebody wrote, however they are spelled there."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from analytics.class_view.responses import Alias

#: A word of a name, without what stands before, between and after words.
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: A shorter word of Latin letters is rather a part of a program than somebody's name.
_SHORTEST_NAME: Final = 3
#: Letters that are no accent on another one, and how they are written without a key for them.
_PLAIN: Final = str.maketrans({"\u0131": "i", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae"})
_TWO_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


@dataclass(frozen=True)
class NamesInText:
    """What is put in the place of names.

    Args:
        shown: What stands for whom, by the name as it is folded here.
        otherwise: What stands for whoever it is whose name is found and not among these.
        pattern: Finds the names; None where there are none.
    """

    shown: Mapping[str, str]
    otherwise: str
    pattern: re.Pattern[str] | None

    def hidden(self, text: str) -> str:
        """Return a text without the names."""
        if self.pattern is None:
            return text
        # A file's name may have its accents apart from the letters.
        return self.pattern.sub(self._instead, _composed(text))

    def _instead(self, found: re.Match[str]) -> str:
        return self.shown.get(_folded(found[0]), self.otherwise)


def names_in_text(
    aliases: Iterable[Alias], shown: Mapping[str, str], otherwise: str
) -> NamesInText:
    """Return what finds students in a text: ids, names, and each word of a name.

    Args:
        aliases: The students.
        shown: What stands for each, by id.
        otherwise: What stands for a name of which it can't be told whose it is.
    """
    parts = {
        part: shown[each.student_id]
        for each in aliases
        for part in (*_parts(each.display_name or ""), _composed(each.student_id))
        if len(part) >= _SHORTEST_NAME or not part.isascii()
    }
    found = {_folded(part): instead for part, instead in parts.items()}
    # To ignore case finds no letter that folds to two, as ß does: both are looked for.
    written = {*parts, *(part.casefold() for part in parts)}
    for part, instead in parts.items():
        for plain in _plain(part):
            found.setdefault(_folded(plain), instead)  # another one may be called so
            written.add(plain)
    pattern = "|".join(map(_as_a_word, sorted(written, key=lambda part: (-len(part), part))))
    return NamesInText(found, otherwise, re.compile(pattern, re.IGNORECASE) if pattern else None)


def _parts(name: str) -> Iterator[str]:
    """Yield what may stand for somebody's name in a text: its words too, apart and in one."""
    whole = _composed(name)
    words = _WORD.findall(whole)
    yield from (whole, *whole.split(), *words)
    if len(words) > 1:
        yield from ("".join(words), "".join(reversed(words)))


def _plain(part: str) -> Iterator[str]:
    """Yield a Latin name as files and variables have it: Jose for José, Mueller for Müller."""
    folded = part.casefold()
    for spelled in (folded, folded.translate(_TWO_LETTERS)):
        apart = unicodedata.normalize("NFD", spelled.translate(_PLAIN))
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
        if plain.isascii() and plain != folded and len(plain) >= _SHORTEST_NAME:
            yield plain


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    """Return a text as every way to write it in another case is; all kinds of i are one."""
    return text.casefold().replace("i\u0307", "i").replace("\u0131", "i")


def _as_a_word(name: str) -> str:
    """Return what finds a name; a Latin one only where it is a word of its own, as in `of_ada`."""
    escaped = re.escape(name)
    return rf"(?<![^\W_]){escaped}(?![^\W_])" if name.isascii() else escaped
