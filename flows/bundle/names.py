"""Names that are to be found in texts: of which parts they consist, and where they stand."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from flows.bundle.words import Piece, fold, is_unspaced, pieces_of

REPLACEMENT: Final = "[name]"
#: A shorter number is too common in texts to be looked for.
_SHORTEST_NUMBER: Final = 4
#: One Latin letter alone is no name; 李 alone is.
_SHORTEST_WORD: Final = 2
_LONGEST_GAP: Final = 2
#: What may stand between two parts of a name: `ana.lima`, `Ana Lima`, `Lima, Ana`, `O'Neil`.
_GAP: Final = re.compile(r"[\s._'\u2019+@,-]*")
_GAP_AT_NUMBER: Final = re.compile(r"[._+@-]?")
#: Two names beside each other are one.
_REPEATED: Final = re.compile(r"\[name\](?:[\s._'\u2019+@,-]*\[name\])+")
#: Also written as one letter in German and Scandinavian names, or the other way round.
_DIGRAPHS: Final = {"ae": "a", "oe": "o", "ue": "u", "aa": "a"}
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
#: Han and Hangul names of these lengths: where the given name begins, and the family name ends.
_GIVEN_NAME_AT: Final = {3: (1,), 4: (1, 2)}
_FAMILY_NAME_TO: Final = {4: (2,)}


class KnownNames:
    """Names, the parts that each is made of, and the ways in which they are written together.

    Of `ana.lima` these are `ana`, `lima`, `analima`, `limaana` and `alima`, in any case, with
    accents or without, beside any character that is no letter, and within `anaLima`. A whole id
    such as `s-07` is found as `s07` and `s_07` too. Not looked for are one Latin letter alone and
    numbers of fewer than four digits.
    """

    def __init__(self) -> None:
        """Begin with no names."""
        self._words: set[str] = set()
        self._together: set[str] = set()
        self._within: set[str] = set()
        self._most_pieces = 1
        self._pattern: re.Pattern[str] | None = None

    def add_ids(self, ids: Iterable[str], k: int) -> None:
        """Add ids of people. What most of them have in common, as in `student-07`, is no name.

        Args:
            ids: All ids, each once.
            k: From how many on they can have something in common.
        """
        named = [(name, pieces_of(_own_part(name))) for name in ids]
        counts = Counter(word for _, pieces in named for word in {p.folded for p in pieces})
        for name, pieces in named:
            shared = {
                p.folded
                for p in pieces
                if counts[p.folded] >= k and counts[p.folded] * 2 > len(named)
            }
            self._add(name, pieces, frozenset(shared))

    def add(self, name: str) -> None:
        """Add the name of a person."""
        self._add(name, pieces_of(_own_part(name)), frozenset())

    def _add(self, name: str, pieces: list[Piece], shared: frozenset[str]) -> None:
        self._pattern = None
        folded = [piece.folded for piece in pieces]
        if not folded and not name.isascii():
            self._within.add(name)
        self._words.update(word for word in folded if word not in shared and _is_findable(word))
        for word in re.findall(r"[^\W\d_]+", _own_part(name).casefold()):
            if fold(word) not in shared:
                self._words.update(filter(_is_findable, _spellings(word)))
        for word in folded:
            if is_unspaced(word):
                self._within.update(_parts_of_unspaced(word))
        together = "".join(folded)
        if len(folded) > 1 and len(together) >= _SHORTEST_WORD:
            self._most_pieces = max(self._most_pieces, len(folded))
            self._together.add(together)
            self._together.update(_written_together([w for w in folded if not w.isdecimal()]))

    def replace(self, text: str) -> str:
        """Return the text with `[name]` for each name in it."""
        if self._within:
            self._pattern = self._pattern or _any_of(self._within)
            text = self._pattern.sub(REPLACEMENT, text)
        parts, end = [], 0
        for start, stop in self._places(text, pieces_of(text)):
            parts += [text[end:start], REPLACEMENT]
            end = stop
        if not parts:
            return _REPEATED.sub(REPLACEMENT, text)
        return _REPEATED.sub(REPLACEMENT, "".join(parts) + text[end:])

    def _places(self, text: str, pieces: list[Piece]) -> Iterator[tuple[int, int]]:
        at = 0
        while at < len(pieces):
            last = self._end_of_name(text, pieces, at)
            if last is None:
                at += 1
            else:
                yield pieces[at].start, pieces[last].end
                at = last + 1

    def _end_of_name(self, text: str, pieces: list[Piece], at: int) -> int | None:
        """Return the last piece of the longest name that begins at a piece."""
        word = pieces[at].folded
        found = at if word in self._words or word in self._together else None
        for last in range(at + 1, min(at + self._most_pieces, len(pieces))):
            before, piece = pieces[last - 1], pieces[last]
            gap = _GAP_AT_NUMBER if before.is_number or piece.is_number else _GAP
            between = text[before.end : piece.start]
            if len(between) > _LONGEST_GAP or not gap.fullmatch(between):
                break
            word += piece.folded
            if word in self._together:
                found = last
        return found


def _own_part(name: str) -> str:
    """Return an e-mail address without its host, which is no name of a person."""
    own, _, host = name.partition("@")
    return own if own and "." in host else name


def _is_findable(word: str) -> bool:
    if word.isdecimal():
        return len(word) >= _SHORTEST_NUMBER
    return len(word) >= _SHORTEST_WORD or is_unspaced(word)


def _spellings(word: str) -> set[str]:
    """Return a word with and without its umlauts, each as one letter and as two."""
    shorter = longer = fold(word)
    for two, one in _DIGRAPHS.items():
        shorter = shorter.replace(two, one)
    return {longer, shorter, fold(word.translate(_UMLAUTS))}


def _written_together(words: list[str]) -> set[str]:
    """Return first and last name together in both orders, and initial with last name."""
    if len(words) < 2 or any(map(is_unspaced, words)):  # noqa: PLR2004 - first and last
        return set()
    first, last = words[0], words[-1]
    ways = {first + last, last + first, first[0] + last, last + first[0]}
    return {way for way in ways if len(way) > _SHORTEST_WORD}


def _parts_of_unspaced(name: str) -> set[str]:
    """Return the name, and given and family name where its length tells them apart."""
    size = len(name)
    parts = {name}
    parts.update(name[at:] for at in _GIVEN_NAME_AT.get(size, ()))
    parts.update(name[:to] for to in _FAMILY_NAME_TO.get(size, ()))
    return {part for part in parts if len(part) >= _SHORTEST_WORD}


def _any_of(texts: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(texts, key=lambda t: (-len(t), t)))))
